// SPDX-License-Identifier: Apache-2.0
// Whether views of memory share an element. Not installed.
#pragma once

#include "girih/runtime/array.h"

#include <cstdint>
#include <span>

namespace girih {

/// Bytes from an Array's data pointer: [begin, end).
struct ByteRange {
  std::int64_t begin = 0, end = 0;
};

/// The bytes between the first and the last element, both included; empty for
/// an Array without elements.
ByteRange byte_range(const Array &array);

/// Whether two elements of different index share memory. Exact but for views
/// of many odd strides, for which a doubt counts as yes.
bool overlaps_itself(const Array &array);

/// Whether an element of one shares memory with an element of the other, on
/// the same device. As exact as overlaps_itself.
bool overlap(const Array &lhs, const Array &rhs);

/// A term coefficient * x with 0 <= x <= most, coefficient > 0.
struct BoundedTerm {
  std::int64_t coefficient = 0, most = 0;
};

/// Whether the terms can sum to `target`. Gives up after `effort` steps, with
/// the answer yes.
bool can_sum_to(std::span<const BoundedTerm> terms, std::int64_t target,
                std::int64_t effort = 20000);

} // namespace girih
