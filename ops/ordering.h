// SPDX-License-Identifier: Apache-2.0
// Sorting and selection. See ops.h for what holds for all operators.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <array>
#include <source_location>

namespace girih::ops {

/// `values = x in order along dim`, `indices` (i64) where each comes from.
/// Equal elements stay in their order, whatever `stable` says; NaN comes after
/// all numbers.
std::array<Array, 2>
sort(const Array &x, std::int64_t dim = -1, bool descending = false,
     bool stable = false, const Stream &stream = {},
     std::source_location where = std::source_location::current());
/// The same into arrays.
void sort_out(const Array &x, const Array &values, const Array &indices,
              std::int64_t dim = -1, bool descending = false,
              bool stable = false, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = where the elements in order along dim come from` (i64): sort()'s
/// indices.
Array argsort(const Array &x, std::int64_t dim = -1, bool descending = false,
              bool stable = false, const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void argsort_out(const Array &x, const Array &out, std::int64_t dim = -1,
                 bool descending = false, bool stable = false,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// `out = x in order along its first dimension`: sort()'s values.
Array msort(const Array &x, const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void msort_out(const Array &x, const Array &out, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// `values = the k largest of x along dim`, or the smallest, in order,
/// `indices` (i64) where they are: of equal ones the first.
std::array<Array, 2>
topk(const Array &x, std::int64_t k, std::int64_t dim = -1, bool largest = true,
     bool sorted = true, const Stream &stream = {},
     std::source_location where = std::source_location::current());
/// The same into arrays.
void topk_out(const Array &x, const Array &values, const Array &indices,
              std::int64_t k, std::int64_t dim = -1, bool largest = true,
              bool sorted = true, const Stream &stream = {},
              std::source_location where = std::source_location::current());

} // namespace girih::ops
