// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/weights/safetensors.h"

#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/files/utf8.h"
#include "girih/examples/llm/weights/safetensors_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace girih::llm {
namespace {

using Kind = SafetensorsErrorKind;

constexpr std::uint64_t length_bytes = 8, most_header = 100'000'000;

// Little-endian, whatever the machine is.
std::uint64_t header_length(std::span<const std::byte> file) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i)
    length |= std::to_integer<std::uint64_t>(file[i]) << (8 * i);
  return length;
}

std::string_view header_text(std::span<const std::byte> file,
                             const std::string &name) {
  auto check = [&](bool holds, Kind kind, const std::string &message) {
    if (!holds)
      throw SafetensorsError(kind, name, "header", message);
  };
  check(file.size() >= length_bytes, Kind::header_too_small,
        fmt::format("the file has {} bytes, less than the 8 of the header's "
                    "length",
                    file.size()));
  const std::uint64_t length = header_length(file);
  check(length <= most_header, Kind::header_too_large,
        fmt::format("its length is {}, more than {}", length, most_header));
  check(length <= file.size() - length_bytes, Kind::invalid_header_length,
        fmt::format("its length is {}, but only {} bytes follow", length,
                    file.size() - length_bytes));
  const std::string_view text(
      reinterpret_cast<const char *>(file.data()) + length_bytes, length);
  check(text.starts_with('{'), Kind::invalid_header_start,
        "it does not begin with '{'");
  const std::optional<std::size_t> invalid = first_invalid_utf8(text);
  check(!invalid, Kind::invalid_header,
        fmt::format("it is not UTF-8 at byte {}", invalid.value_or(0)));
  return text;
}

// Bytes that shape and dtype need.
std::uint64_t checked_bytes(const SafetensorsTensor &tensor,
                            const std::string &file) {
  std::uint64_t bits = 1;
  bool fits = true;
  auto times = [&](std::int64_t size) {
    fits =
        fits && size >= 0 &&
        !__builtin_mul_overflow(bits, static_cast<std::uint64_t>(size), &bits);
  };
  for (std::int64_t size : tensor.shape)
    times(size);
  times(tensor.type->bits);
  if (!fits)
    throw SafetensorsError(Kind::validation_overflow, file,
                           printable(tensor.name),
                           "the product of its sizes is too large");
  if (bits % 8 != 0)
    throw SafetensorsError(Kind::misaligned_slice, file, printable(tensor.name),
                           fmt::format("its {} bits end within a byte", bits));
  return bits / 8;
}

void check_tensor(const SafetensorsTensor &tensor, std::uint64_t begin,
                  const std::string &file) {
  if (tensor.begin != begin || tensor.end < tensor.begin)
    throw SafetensorsError(
        Kind::invalid_offset, file, printable(tensor.name),
        fmt::format("its data_offsets are {} and {}, but the tensor before it "
                    "ends at {}",
                    tensor.begin, tensor.end, begin));
  const std::uint64_t needed = checked_bytes(tensor, file);
  if (tensor.end - tensor.begin != needed)
    throw SafetensorsError(
        Kind::tensor_invalid_info, file, printable(tensor.name),
        fmt::format("{} of shape [{}] takes {} bytes, its data_offsets are {} "
                    "apart",
                    tensor.type->name, fmt::join(tensor.shape, ", "), needed,
                    tensor.end - tensor.begin));
}

} // namespace

std::string_view name(SafetensorsErrorKind kind) {
  switch (kind) {
  case Kind::header_too_small:
    return "HeaderTooSmall";
  case Kind::header_too_large:
    return "HeaderTooLarge";
  case Kind::invalid_header_length:
    return "InvalidHeaderLength";
  case Kind::invalid_header_start:
    return "InvalidHeaderStart";
  case Kind::invalid_header:
    return "InvalidHeader";
  case Kind::invalid_header_deserialization:
    return "InvalidHeaderDeserialization";
  case Kind::invalid_offset:
    return "InvalidOffset";
  case Kind::validation_overflow:
    return "ValidationOverflow";
  case Kind::misaligned_slice:
    return "MisalignedSlice";
  case Kind::tensor_invalid_info:
    return "TensorInvalidInfo";
  case Kind::metadata_incomplete_buffer:
    return "MetadataIncompleteBuffer";
  case Kind::tensor_not_found:
    return "TensorNotFound";
  }
  return "";
}

SafetensorsError::SafetensorsError(SafetensorsErrorKind kind,
                                   const std::string &file,
                                   const std::string &field,
                                   std::string_view message)
    : ModelError(file, field, fmt::format("[{}] {}", llm::name(kind), message)),
      kind_(kind) {}

SafetensorsHeader parse_safetensors(std::span<const std::byte> file,
                                    const std::string &name) {
  const std::string_view text = header_text(file, name);
  SafetensorsHeader header;
  if (std::optional<HeaderProblem> problem =
          read_safetensors_json(text, header))
    throw SafetensorsError(Kind::invalid_header_deserialization, name,
                           problem->field, problem->message);
  std::sort(header.tensors.begin(), header.tensors.end(),
            [](const SafetensorsTensor &a, const SafetensorsTensor &b) {
              return std::tie(a.begin, a.end, a.name) <
                     std::tie(b.begin, b.end, b.name);
            });
  std::uint64_t end = 0;
  for (const SafetensorsTensor &each : header.tensors) {
    check_tensor(each, end, name);
    end = each.end;
  }
  header.data_begin = length_bytes + text.size();
  if (end != file.size() - header.data_begin)
    throw SafetensorsError(
        Kind::metadata_incomplete_buffer, name, "",
        fmt::format("the tensors have {} bytes, the file {} after its header",
                    end, file.size() - header.data_begin));
  return header;
}

} // namespace girih::llm
