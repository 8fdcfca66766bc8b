// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/capi/conversions.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/capi/failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace girih::capi {

static_assert(static_cast<int>(DType::f64) == GIRIH_F64 &&
              static_cast<int>(DType::bf16) == GIRIH_BF16 &&
              static_cast<int>(DType::e5m2) == GIRIH_E5M2 &&
              static_cast<int>(DType::i64) == GIRIH_I64 &&
              static_cast<int>(DType::b1) == GIRIH_BOOL &&
              static_cast<int>(DType::ue8m0) == GIRIH_UE8M0 &&
              dtype_count == GIRIH_UE8M0 + 1);

DType dtype_of(std::int32_t dtype) {
  if (dtype < 0 || dtype >= dtype_count)
    bad_argument(fmt::format("{} is not the number of a dtype", dtype));
  return static_cast<DType>(dtype);
}

Device device_of(girih_device device) {
  if (device.kind == GIRIH_HOST)
    return host_device;
  if (device.kind != GIRIH_CUDA || device.index < 0)
    bad_argument(fmt::format("there is no device of kind {}, index {}",
                             device.kind, device.index));
  return cuda_device(device.index);
}

Stream stream_of(void *native, Device device) {
  if (!native || device.kind == Device::Kind::host)
    return {};
  return Stream::wrap(native, device);
}

namespace {

/// Nothing for what is neither true, false nor a number.
std::optional<ConstantValue> constant_of(std::string_view text) {
  if (text == "true" || text == "false")
    return ConstantValue(text == "true");
  const char *end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto read = std::from_chars(text.data(), end, integer);
      read.ec == std::errc() && read.ptr == end)
    return ConstantValue(integer);
  double number = 0;
  // An integer that does not fit is not silently made a float.
  if (text.find_first_not_of("-0123456789") == std::string_view::npos)
    return std::nullopt;
  if (const auto read = std::from_chars(text.data(), end, number);
      read.ec == std::errc() && read.ptr == end)
    return ConstantValue(number);
  return std::nullopt;
}

Array array_at(const girih_array &array, void *data) {
  if (array.flags & GIRIH_ARRAY_BY_VALUE)
    return number_at(data, array.dtype, array.rank);
  if (array.rank < 0 || array.rank > max_rank)
    throw RuntimeError(ErrorId::shape,
                       {fmt::format("an array of rank {}: ranks are 0 to {}",
                                    array.rank, max_rank)});
  if (array.rank > 0)
    require(array.shape, "the shape of an array");
  const auto rank = static_cast<std::size_t>(array.rank);
  const std::span<const std::int64_t> shape(array.shape, rank);
  const std::span<const std::int64_t> strides(array.strides,
                                              array.strides ? rank : 0);
  const Array made(data, shape, dtype_of(array.dtype), device_of(array.device),
                   strides);
  return made.with_access(access_of(array.flags));
}

} // namespace

Access access_of(std::uint32_t flags) {
  if (flags & GIRIH_ARRAY_CONSTANT)
    return Access::constant;
  return flags & GIRIH_ARRAY_READ_ONLY ? Access::read_only : Access::write;
}

std::uint32_t flags_of(Access access) {
  switch (access) {
  case Access::write:
  case Access::settled:
    return 0;
  case Access::read_only:
    return GIRIH_ARRAY_READ_ONLY;
  case Access::constant:
    return GIRIH_ARRAY_READ_ONLY | GIRIH_ARRAY_CONSTANT;
  }
  return 0;
}

Array number_at(const void *data, std::int32_t dtype, std::int32_t rank) {
  require(data, "the memory of a number");
  if (rank != 0)
    throw RuntimeError(
        ErrorId::shape,
        {fmt::format("a number passed by value of rank {}: it has rank 0",
                     rank)});
  const Array read(const_cast<void *>(data), std::span<const std::int64_t>(),
                   dtype_of(dtype));
  // i64 is the one dtype that a double does not hold.
  if (read.dtype() == i64)
    return Array::scalar(*static_cast<const std::int64_t *>(data), i64);
  return Array::scalar(read.to_vector().front(), read.dtype());
}

Array array_of(const girih_array &array) { return array_at(array, array.data); }

std::vector<Array> arrays_of(const girih_array *arrays, std::int32_t count,
                             bool placeholders) {
  if (count < 0)
    bad_argument(fmt::format("{} arrays", count));
  if (count > 0)
    require(arrays, "the list of arrays");
  std::vector<Array> made;
  made.reserve(static_cast<std::size_t>(count));
  // Far apart and aligned, as an allocation would look; never read.
  std::uintptr_t address = std::uintptr_t{1} << 44;
  for (const girih_array &each :
       std::span(arrays, static_cast<std::size_t>(count))) {
    void *data = each.data;
    if (placeholders && !data)
      data = reinterpret_cast<void *>(address);
    address += std::uintptr_t{1} << 42;
    made.push_back(array_at(each, data));
  }
  return made;
}

Constants constants_of(std::string_view text) {
  constexpr std::string_view space = " \t\n\r";
  Constants constants;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find_first_of(space));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    if (item.empty())
      continue;
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos)
      bad_argument(fmt::format("'{}' is not of the form NAME=value", item));
    const std::string name(item.substr(0, equals));
    const auto value = constant_of(item.substr(equals + 1));
    if (!value)
      bad_argument(fmt::format("constant {} cannot be '{}'", name,
                               item.substr(equals + 1)),
                   "a value is true, false, an integer of 64 bits or a float");
    if (!constants.emplace(name, *value).second)
      bad_argument(fmt::format("constant {} is given twice", name));
  }
  return constants;
}

LaunchOptions options_of(const girih_launch_options *options, Device device) {
  const auto given = read_options(options, "girih_launch_options");
  LaunchOptions result;
  if (given.config)
    result.config = parse_config(given.config, {});
  result.stream = stream_of(given.stream, device);
  return result;
}

std::vector<const Array *> pointers_to(std::span<const Array> arrays) {
  std::vector<const Array *> pointers;
  pointers.reserve(arrays.size());
  for (const Array &each : arrays)
    pointers.push_back(&each);
  return pointers;
}

void check_size(std::uint64_t size, const char *what) {
  if (size < sizeof(size) || size > 4096)
    bad_argument(fmt::format("{}: size is {}", what, size),
                 "set it to sizeof the struct");
}

std::size_t checked_size(const void *given, std::size_t known,
                         const char *what) {
  std::uint64_t size = 0;
  std::memcpy(&size, given, sizeof(size));
  check_size(size, what);
  const auto *bytes = static_cast<const unsigned char *>(given);
  if (size > known && std::any_of(bytes + known, bytes + size,
                                  [](unsigned char byte) { return byte != 0; }))
    bad_argument(
        fmt::format("{}: a field is set that this library does not know", what),
        "use a newer libgirih.so");
  return std::min<std::size_t>(size, known);
}

} // namespace girih::capi
