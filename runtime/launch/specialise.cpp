// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/launch/specialise.h"

#include <fmt/format.h>

#include <algorithm>

namespace girih {
namespace {

/// Indices run past a size by less than a tile, and a tile is smaller than
/// this.
constexpr std::int64_t edge = std::int64_t{1} << 24;
constexpr std::int64_t limit = (std::int64_t{1} << 31) - edge;

bool fits(const Array &array) {
  std::int64_t count = 1, reach = 0;
  for (std::size_t dim = 0; dim < array.shape().size(); ++dim) {
    const std::int64_t size = std::max<std::int64_t>(array.shape()[dim], 1);
    std::int64_t far = 0;
    // Sizes count even where the stride is 0: flattened indices grow with them.
    if (__builtin_mul_overflow(count, size, &count) ||
        __builtin_mul_overflow(size - 1, std::abs(array.strides()[dim]),
                               &far) ||
        __builtin_add_overflow(reach, far, &reach) ||
        std::abs(array.strides()[dim]) >= limit)
      return false;
  }
  return count < limit && reach < limit;
}

/// Whether 8 elements of a row are a whole vector. Of one dimension, and of
/// those that are not rows, sizes differ from call to call: there each class
/// would be one more compilation.
bool has_eighths(const Array &array) {
  return array.rank() > 1 && bits(array.dtype()) >= 16;
}

/// Dimensions of one place, which nobody goes along, so that any stride will
/// do. The last one says how elements lie in its own way: of one place by 1,
/// too.
std::uint32_t single_places(const Array &array) {
  std::uint32_t mask = 0;
  for (int dim = 0; dim + 1 < array.rank(); ++dim)
    if (array.shape()[static_cast<std::size_t>(dim)] == 1)
      mask |= std::uint32_t{1} << dim;
  return mask;
}

std::string dims_of(std::uint32_t mask) {
  std::string text;
  for (int dim = 0; mask != 0; ++dim, mask >>= 1)
    if ((mask & 1) != 0)
      text += fmt::format("{}{}", text.empty() ? "" : ",", dim);
  return text;
}

} // namespace

OperandClass classify(const Array &array) {
  OperandClass known;
  known.by_value = array.by_value();
  if (known.by_value)
    return known;
  known.settled = is_settled(array.access());
  // No access reaches an empty array, so its pointer may be anything.
  known.aligned = array.numel() == 0 ||
                  reinterpret_cast<std::uintptr_t>(array.data()) % 16 == 0;
  const std::uint32_t single = single_places(array);
  known.stride_div16 = single;
  for (int dim = 0; dim < array.rank(); ++dim) {
    const auto at = static_cast<std::size_t>(dim);
    const std::uint32_t bit = std::uint32_t{1} << dim;
    if ((single & bit) != 0)
      continue;
    known.unit_stride |= array.strides()[at] == 1 ? bit : 0;
    known.size_div16 |= array.shape()[at] % 16 == 0 ? bit : 0;
    known.stride_div16 |= array.strides()[at] % 16 == 0 ? bit : 0;
    if (!has_eighths(array))
      continue;
    known.size_div8 |=
        array.shape()[at] % 16 == 8 && array.strides()[at] == 1 ? bit : 0;
    known.stride_div8 |= std::abs(array.strides()[at]) % 16 == 8 ? bit : 0;
  }
  return known;
}

bool has_class(const Array &array, const OperandClass &needed) {
  const OperandClass known = classify(array);
  const std::uint32_t any = single_places(array);
  return known.by_value == needed.by_value &&
         (known.aligned || !needed.aligned) &&
         (known.settled || !needed.settled) &&
         (needed.size_div16 & ~known.size_div16) == 0 &&
         (needed.unit_stride & ~(known.unit_stride | any)) == 0 &&
         (needed.stride_div16 & ~known.stride_div16) == 0 &&
         (needed.size_div8 & ~(known.size_div8 | known.size_div16)) == 0 &&
         (needed.stride_div8 & ~(known.stride_div8 | known.stride_div16)) == 0;
}

bool fits_index32(std::span<const Array *const> arrays) {
  return std::ranges::all_of(arrays,
                             [](const Array *array) { return fits(*array); });
}

std::string to_string(const OperandClass &known) {
  if (known.by_value)
    return "by value";
  std::string text = known.aligned ? "aligned" : "";
  auto add = [&](const char *what, std::uint32_t mask) {
    if (mask != 0)
      text += fmt::format("{}{}={{{}}}", text.empty() ? "" : " ", what,
                          dims_of(mask));
  };
  add("size%16", known.size_div16);
  add("unit", known.unit_stride);
  add("stride%16", known.stride_div16);
  add("size%8", known.size_div8);
  add("stride%8", known.stride_div8);
  if (known.settled)
    text += text.empty() ? "settled" : " settled";
  return text.empty() ? "-" : text;
}

} // namespace girih
