// SPDX-License-Identifier: Apache-2.0
// Reductions and scans. See ops.h for what holds for all operators. Dimensions
// count from the last where negative; results have the dtype of x unless said
// otherwise.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <array>
#include <optional>
#include <source_location>
#include <string_view>
#include <vector>

namespace girih::ops {

/// `out = the sum of x over dim`, all dimensions where none is given; with
/// `keepdim` these stay with size 1. x is converted to `dtype` first: by
/// default its own, i64 for integers and bool. Sums are kept in f32 (f64 for
/// f64, i64 for integers) and rounded once.
Array sum(const Array &x, const std::vector<std::int64_t> &dim = {},
          bool keepdim = false, std::optional<DType> dtype = {},
          const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void sum_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim = {}, bool keepdim = false,
             std::optional<DType> dtype = {}, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = the product of x over dim`; otherwise as sum().
Array prod(const Array &x, const std::vector<std::int64_t> &dim = {},
           bool keepdim = false, std::optional<DType> dtype = {},
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void prod_out(const Array &x, const Array &out,
              const std::vector<std::int64_t> &dim = {}, bool keepdim = false,
              std::optional<DType> dtype = {}, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = the mean of x over dim`, a float; otherwise as sum(). Integers need a
/// `dtype`. Without elements it is NaN.
Array mean(const Array &x, const std::vector<std::int64_t> &dim = {},
           bool keepdim = false, std::optional<DType> dtype = {},
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void mean_out(const Array &x, const Array &out,
              const std::vector<std::int64_t> &dim = {}, bool keepdim = false,
              std::optional<DType> dtype = {}, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = the largest of x over dim`, all dimensions where none is given; NaN
/// if any is. Dimensions without elements are an error.
Array amax(const Array &x, const std::vector<std::int64_t> &dim = {},
           bool keepdim = false, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void amax_out(const Array &x, const Array &out,
              const std::vector<std::int64_t> &dim = {}, bool keepdim = false,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = the smallest of x over dim`, all dimensions where none is given; NaN
/// if any is. Dimensions without elements are an error.
Array amin(const Array &x, const std::vector<std::int64_t> &dim = {},
           bool keepdim = false, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void amin_out(const Array &x, const Array &out,
              const std::vector<std::int64_t> &dim = {}, bool keepdim = false,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = the largest element of x`, of shape []; NaN if any is.
Array max(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void max_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `values = the largest of x along dim`, `indices` where it is (i64): the
/// first of equal ones, the first NaN if there is one.
std::array<Array, 2>
max_dim(const Array &x, std::int64_t dim, bool keepdim = false,
        const Stream &stream = {},
        std::source_location where = std::source_location::current());
/// The same into arrays.
void max_dim_out(const Array &x, const Array &values, const Array &indices,
                 std::int64_t dim, bool keepdim = false,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// `out = the smallest element of x`, of shape []; NaN if any is.
Array min(const Array &x, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void min_out(const Array &x, const Array &out, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `values = the smallest of x along dim`, `indices` where it is (i64): the
/// first of equal ones, the first NaN if there is one.
std::array<Array, 2>
min_dim(const Array &x, std::int64_t dim, bool keepdim = false,
        const Stream &stream = {},
        std::source_location where = std::source_location::current());
/// The same into arrays.
void min_dim_out(const Array &x, const Array &values, const Array &indices,
                 std::int64_t dim, bool keepdim = false,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// `out = where x is largest along dim` (i64), without `dim` the row-major
/// number of the element: the first of equal ones, the first NaN if there is
/// one.
Array argmax(const Array &x, std::optional<std::int64_t> dim = {},
             bool keepdim = false, const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void argmax_out(const Array &x, const Array &out,
                std::optional<std::int64_t> dim = {}, bool keepdim = false,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// `out = where x is smallest along dim` (i64), without `dim` the row-major
/// number of the element: the first of equal ones, the first NaN if there is
/// one.
Array argmin(const Array &x, std::optional<std::int64_t> dim = {},
             bool keepdim = false, const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void argmin_out(const Array &x, const Array &out,
                std::optional<std::int64_t> dim = {}, bool keepdim = false,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// `out = whether any of x is not 0, over dim`; bool, u8 for u8.
Array any(const Array &x, const std::vector<std::int64_t> &dim = {},
          bool keepdim = false, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void any_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim = {}, bool keepdim = false,
             const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = whether all of x are not 0, over dim`; bool, u8 for u8.
Array all(const Array &x, const std::vector<std::int64_t> &dim = {},
          bool keepdim = false, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void all_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim = {}, bool keepdim = false,
             const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = log of the sum of e^x over dim`, computed relative to the largest
/// element.
Array logsumexp(const Array &x, const std::vector<std::int64_t> &dim = {},
                bool keepdim = false, const Stream &stream = {},
                std::source_location where = std::source_location::current());
/// The same into `out`.
void logsumexp_out(
    const Array &x, const Array &out, const std::vector<std::int64_t> &dim = {},
    bool keepdim = false, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = the variance of x over dim`: squares of distances from the mean,
/// divided by `max(N - correction, 0)`.
Array var(const Array &x, const std::vector<std::int64_t> &dim = {},
          double correction = 1, bool keepdim = false,
          const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void var_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim = {}, double correction = 1,
             bool keepdim = false, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = the standard deviation of x over dim`: squares of distances from the
/// mean, divided by `max(N - correction, 0)`.
Array std(const Array &x, const std::vector<std::int64_t> &dim = {},
          double correction = 1, bool keepdim = false,
          const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void std_out(const Array &x, const Array &out,
             const std::vector<std::int64_t> &dim = {}, double correction = 1,
             bool keepdim = false, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = (the sum of |x|^p over dim)^(1/p)`; the largest or smallest |x| for p
/// = inf or -inf, the number of elements that are not 0 for p = 0. x is
/// converted to `dtype` first.
Array norm(const Array &x, double p = 2,
           const std::vector<std::int64_t> &dim = {}, bool keepdim = false,
           std::optional<DType> dtype = {}, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void norm_out(const Array &x, const Array &out, double p = 2,
              const std::vector<std::int64_t> &dim = {}, bool keepdim = false,
              std::optional<DType> dtype = {}, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = the sum of x up to each element along dim`, that included. x is
/// converted to `dtype` first: by default its own, i64 for integers and bool.
Array cumsum(const Array &x, std::int64_t dim, std::optional<DType> dtype = {},
             const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void cumsum_out(const Array &x, const Array &out, std::int64_t dim,
                std::optional<DType> dtype = {}, const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// `out = the product of x up to each element along dim`, that included. x is
/// converted to `dtype` first: by default its own, i64 for integers and bool.
Array cumprod(const Array &x, std::int64_t dim, std::optional<DType> dtype = {},
              const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void cumprod_out(const Array &x, const Array &out, std::int64_t dim,
                 std::optional<DType> dtype = {}, const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// `out = the median of all elements`, of shape []: of the two in the middle
/// the smaller. NaN if any is, and of no floats; no integers are an error.
Array median(const Array &x, const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void median_out(const Array &x, const Array &out, const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// `values = the median of x along dim`, `indices` (i64) where it is: of the
/// two in the middle the smaller; the first NaN if there is one.
std::array<Array, 2>
median_dim(const Array &x, std::int64_t dim, bool keepdim = false,
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into arrays.
void median_dim_out(
    const Array &x, const Array &values, const Array &indices, std::int64_t dim,
    bool keepdim = false, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = the element at place q * (N - 1) of x in order along dim`, or of all
/// of its elements. `interpolation` says what lies between two: "linear",
/// "lower", "higher", "nearest" or "midpoint". An array q[Q] gives results of
/// shape [Q, ...]. NaN if any is.
Array quantile(const Array &x, const ArrayOrNumber &q,
               std::optional<std::int64_t> dim = {}, bool keepdim = false,
               std::string_view interpolation = "linear",
               const Stream &stream = {},
               std::source_location where = std::source_location::current());
/// The same into `out`.
void quantile_out(const Array &x, const Array &out, const ArrayOrNumber &q,
                  std::optional<std::int64_t> dim = {}, bool keepdim = false,
                  std::string_view interpolation = "linear",
                  const Stream &stream = {},
                  std::source_location where = std::source_location::current());

/// `out[b] = how many of x[N] are b`, or the sum of their weights[N]; as many
/// bins as the largest of x asks for, `minlength` at least. Counts are i64,
/// sums f32 for f32 weights and f64 for others. The call waits for x, whose
/// values say the size.
Array bincount(const Array &x, const std::optional<Array> &weights = {},
               std::int64_t minlength = 0, const Stream &stream = {},
               std::source_location where = std::source_location::current());
/// The same into `out`.
void bincount_out(const Array &x, const Array &out,
                  const std::optional<Array> &weights = {},
                  std::int64_t minlength = 0, const Stream &stream = {},
                  std::source_location where = std::source_location::current());

} // namespace girih::ops
