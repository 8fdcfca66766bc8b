// SPDX-License-Identifier: Apache-2.0
// What tables of elementwise operators are checked with: references in long
// double, element by element, and inputs of a range.
#pragma once

#include "operands.h"

#include "girih/dsl/dtype.h"

#include <span>
#include <vector>

namespace girih::testing {

/// How far elements may be from their reference.
struct Allowed {
  double units = 2; // in the last place of f32, or of f64
  /// Of the largest input of an element, where it cancels on the way; 0 where
  /// nothing does.
  double cancelling = 0;
};

/// The dtypes that a table's row is run with.
enum class Takes { floats, numbers, numbers_and_bool, integers_and_bool };
std::span<const DType> dtypes_of(Takes takes);
/// Those, or with `few` one of each kind: what the interpreter has time for,
/// which goes over whole tiles whatever the size of the arrays.
std::vector<DType> dtypes_of(Takes takes, bool few);

/// What comes out of a dtype.
enum class Gives { same, real, mask };
DType result_of(Gives gives, DType dtype);

/// `value` as an element of `dtype`: integers wrap, floats stay exact.
double wrapped(double value, DType dtype);

/// Compares elements of `dtype` with exact ones: what rounding them gives is
/// right, and so is what is within `allowed`. `sizes` are those of the inputs.
::testing::AssertionResult near_exact(const std::vector<double> &actual,
                                      const std::vector<double> &exact,
                                      const std::vector<double> &sizes,
                                      DType dtype, Allowed allowed);

/// Numbers of a dtype where functions change their minds: zeros of both signs,
/// infinities, NaN, one, halves, the smallest and the largest.
std::vector<double> special_values(DType dtype);

/// `count` numbers between two, as `dtype` holds them; whole ones of a small
/// size for integers, 0 and 1 for bool.
std::vector<double> random_values(std::size_t count, DType dtype, double low,
                                  double high, std::mt19937_64 &random);

/// An array of those values whose last dimension has twice the elements of the
/// view in memory, so that it is not contiguous.
Array stepped(const std::vector<double> &values, std::int64_t rows, DType dtype,
              Device device);

/// A poisoned array, and the elements of one.
Array poisoned(std::span<const std::int64_t> shape, DType dtype, Device device);
std::vector<double> elements(const Array &array);

} // namespace girih::testing
