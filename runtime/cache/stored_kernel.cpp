// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cache/stored_kernel.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <type_traits>

namespace girih {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view magic = "GIRIHKC\n";
constexpr std::size_t header_bytes = 8 + 4 + 4 + 8 + 16;

XXH128_hash_t hash_of(std::string_view bytes) {
  return XXH3_128bits(bytes.data(), bytes.size());
}

class Writer {
public:
  template <class T> void number(T value) {
    static_assert(std::is_integral_v<T>);
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number<std::uint64_t>(value.size());
    bytes.append(value);
  }
  std::string bytes;
};

/// Reads what Writer wrote. After a read past the end everything reads as zero
/// and `ok` is false.
class Reader {
public:
  explicit Reader(std::string_view bytes) : rest(bytes) {}

  template <class T> T number() {
    T value{};
    if (rest.size() < sizeof value) {
      ok = false;
      return value;
    }
    std::memcpy(&value, rest.data(), sizeof value);
    rest.remove_prefix(sizeof value);
    return value;
  }
  std::string_view text() {
    const auto length = number<std::uint64_t>();
    if (length > rest.size()) {
      ok = false;
      return {};
    }
    const std::string_view value = rest.substr(0, length);
    rest.remove_prefix(length);
    return value;
  }
  std::string_view rest;
  bool ok = true;
};

std::string payload_of(const StoredKernel &kernel, std::string_view key_text) {
  Writer out;
  out.text(key_text);
  out.text(kernel.target);
  out.number(static_cast<std::uint8_t>(kernel.form));
  out.text(kernel.entry);
  out.text(kernel.code);
  out.number(kernel.shared_bytes);
  out.number(kernel.scratch_bytes);
  out.number(kernel.threads);
  out.number(kernel.blocks);
  out.number(static_cast<std::uint8_t>(kernel.persistent));
  out.number(kernel.stream_bytes);
  out.number(kernel.stream_flags);
  out.number(kernel.spill_bytes);
  out.number(static_cast<std::uint8_t>(kernel.pdl));
  out.number(static_cast<std::uint32_t>(kernel.parameters.size()));
  for (const auto &parameter : kernel.parameters) {
    out.number(parameter.bytes);
    out.number(parameter.alignment);
  }
  out.number(static_cast<std::uint32_t>(kernel.tensor_maps.size()));
  for (const compiler::TensorMap &map : kernel.tensor_maps) {
    out.number<std::int32_t>(map.operand);
    out.number<std::int32_t>(map.element_bytes);
    out.number<std::int32_t>(map.swizzle_bytes);
    out.number(static_cast<std::uint32_t>(map.dims.size()));
    for (std::size_t dim = 0; dim < map.dims.size(); ++dim) {
      out.number<std::int32_t>(map.dims[dim]);
      out.number<std::int32_t>(map.box[dim]);
    }
  }
  out.number(static_cast<std::uint32_t>(kernel.remarks.size()));
  for (const compiler::Remark &remark : kernel.remarks) {
    out.text(remark.pass);
    out.text(remark.text);
    out.text(remark.line.file);
    out.number<std::uint32_t>(remark.line.line);
  }
  return std::move(out.bytes);
}

std::optional<StoredKernel> kernel_of(Reader &in) {
  StoredKernel kernel;
  const auto form = in.number<std::uint8_t>();
  kernel.form = static_cast<StoredKernel::Form>(form);
  kernel.entry = in.text();
  kernel.code = in.text();
  kernel.shared_bytes = in.number<std::int64_t>();
  kernel.scratch_bytes = in.number<std::int64_t>();
  kernel.threads = in.number<std::int32_t>();
  kernel.blocks = in.number<std::int32_t>();
  kernel.persistent = in.number<std::uint8_t>() != 0;
  kernel.stream_bytes = in.number<std::int64_t>();
  kernel.stream_flags = in.number<std::int32_t>();
  kernel.spill_bytes = in.number<std::int32_t>();
  kernel.pdl = in.number<std::uint8_t>() != 0;
  const auto parameters = in.number<std::uint32_t>();
  for (std::uint32_t at = 0; in.ok && at < parameters; ++at) {
    const auto bytes = in.number<std::uint32_t>();
    kernel.parameters.push_back({bytes, in.number<std::uint32_t>()});
  }
  const auto maps = in.number<std::uint32_t>();
  for (std::uint32_t at = 0; in.ok && at < maps; ++at) {
    compiler::TensorMap map;
    map.operand = in.number<std::int32_t>();
    map.element_bytes = in.number<std::int32_t>();
    map.swizzle_bytes = in.number<std::int32_t>();
    const auto dims = in.number<std::uint32_t>();
    for (std::uint32_t dim = 0; in.ok && dim < dims; ++dim) {
      map.dims.push_back(in.number<std::int32_t>());
      map.box.push_back(in.number<std::int32_t>());
    }
    kernel.tensor_maps.push_back(std::move(map));
  }
  const auto remarks = in.number<std::uint32_t>();
  for (std::uint32_t at = 0; in.ok && at < remarks; ++at) {
    compiler::Remark remark;
    remark.pass = in.text();
    remark.text = in.text();
    remark.line.file = in.text();
    remark.line.line = in.number<std::uint32_t>();
    kernel.remarks.push_back(std::move(remark));
  }
  const bool sane = form <= static_cast<int>(StoredKernel::Form::cubin) &&
                    kernel.shared_bytes >= 0 && kernel.scratch_bytes >= 0 &&
                    kernel.threads > 0 && kernel.blocks > 0;
  if (!in.ok || !in.rest.empty() || !sane)
    return std::nullopt;
  return kernel;
}

} // namespace

std::string write_entry(const StoredKernel &kernel, std::string_view key_text) {
  const std::string payload = payload_of(kernel, key_text);
  const XXH128_hash_t hash = hash_of(payload);
  Writer out;
  out.bytes.reserve(header_bytes + payload.size());
  out.bytes.append(magic);
  out.number(entry_version);
  out.number<std::uint32_t>(0);
  out.number<std::uint64_t>(payload.size());
  out.number<std::uint64_t>(hash.low64);
  out.number<std::uint64_t>(hash.high64);
  out.bytes.append(payload);
  return std::move(out.bytes);
}

std::optional<StoredKernel> read_entry(std::string_view bytes,
                                       std::string_view key_text,
                                       std::string_view target) {
  if (!bytes.starts_with(magic))
    return std::nullopt;
  Reader in(bytes.substr(magic.size()));
  const auto version = in.number<std::uint32_t>();
  const auto reserved = in.number<std::uint32_t>();
  const auto length = in.number<std::uint64_t>();
  const auto low = in.number<std::uint64_t>();
  const auto high = in.number<std::uint64_t>();
  if (!in.ok || version != entry_version || reserved != 0 ||
      length != in.rest.size())
    return std::nullopt;
  const XXH128_hash_t hash = hash_of(in.rest);
  if (hash.low64 != low || hash.high64 != high)
    return std::nullopt;
  if (in.text() != key_text || in.text() != target || !in.ok)
    return std::nullopt;
  std::optional<StoredKernel> kernel = kernel_of(in);
  if (kernel)
    kernel->target = target;
  return kernel;
}

std::string entry_name(std::string_view key_text) {
  const XXH128_hash_t hash = hash_of(key_text);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

} // namespace girih
