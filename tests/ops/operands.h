// SPDX-License-Identifier: Apache-2.0
// Inputs and poisoned outputs of operator tests, on any device.
#pragma once

#include "girih/runtime/array.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace girih::testing {

/// How an operand lies in memory.
enum class Layout {
  contiguous,
  transposed, // the last two dimensions swapped in memory
  stepped,    // every second element of the last dimension
  shifted,    // starts one element into its memory: not 16-byte aligned
  padded,     // rows longer than the last dimension, by 3 elements
};
inline constexpr Layout all_layouts[] = {Layout::contiguous, Layout::transposed,
                                         Layout::stepped, Layout::shifted,
                                         Layout::padded};
const char *name(Layout layout);

/// Random numbers seeded by the running test's full name: every run of a test
/// sees the same data, no two tests share it.
std::mt19937_64 random_engine();

/// What values an input takes.
enum class Values {
  integers, // whole numbers of small magnitude: sums are exact in any order
  reals,    // normally distributed; for integer dtypes the same as `integers`
};

/// One operand: a view with a layout over a larger, poisoned piece of memory.
class Operand {
public:
  /// An input. Values are rounded to `dtype`; around them lies poison.
  Operand(std::vector<std::int64_t> shape, DType dtype, Device device,
          Layout layout, Values values, std::mt19937_64 &random);
  /// An output: poison everywhere.
  Operand(std::vector<std::int64_t> shape, DType dtype, Device device,
          Layout layout);

  const Array &array() const { return view_; }
  /// Row-major elements of the view, read back from the device.
  std::vector<double> values() const;
  /// Checks that everything outside of the view still is poison.
  ::testing::AssertionResult untouched_outside() const;

private:
  void place(std::vector<std::int64_t> shape, DType dtype, Layout layout);
  void fill(DType dtype, Device device, const std::vector<double> *values);

  std::vector<std::int64_t> shape_, strides_;
  std::int64_t offset_ = 0, extent_ = 0; // in elements
  Array memory_, view_;
};

/// Calls `visit(offset, index)` for each element of a strided view, row-major;
/// `offset` is in elements from the first one.
template <class Visit>
void for_each_offset(const std::vector<std::int64_t> &shape,
                     const std::vector<std::int64_t> &strides, Visit visit) {
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  for (std::int64_t flat = 0; flat < count; ++flat) {
    std::int64_t offset = 0;
    for (std::size_t dim = shape.size(), rest = std::size_t(flat); dim-- > 0;) {
      const auto size = static_cast<std::size_t>(shape[dim]);
      offset += static_cast<std::int64_t>(rest % size) * strides[dim];
      rest /= size;
    }
    visit(offset, flat);
  }
}

/// `values` as they are after rounding to `dtype`, round to nearest even.
std::vector<double> rounded(const std::vector<double> &values, DType dtype);

/// Compares element by element; equal NaNs are equal. Names the first
/// difference and counts the rest.
::testing::AssertionResult same_values(const std::vector<double> &actual,
                                       const std::vector<double> &expected);

/// The parameter block of a kernel for host arrays: pointer, sizes, strides.
std::vector<std::int64_t> parameters(const std::vector<Array> &arrays);

/// A test that runs once per executor. The "cuda" instance is skipped, with the
/// reason, where there is no usable GPU; the "interpreter" one in processes
/// without GIRIH_DEBUG=bounds, by which launches on the host are interpreted.
/// The build adds such a process for each program of operator tests.
class OnDevice : public ::testing::TestWithParam<const char *> {
protected:
  void SetUp() override;
  Device device() const { return device_; }
  /// The interpreter is slow: give it small shapes only.
  bool on_interpreter() const {
    return std::string(GetParam()) == "interpreter";
  }

private:
  Device device_;
};

#define GIRIH_ON_EACH_DEVICE(Suite)                                            \
  INSTANTIATE_TEST_SUITE_P(                                                    \
      , Suite, ::testing::Values("host", "interpreter", "cuda"),               \
      [](const auto &information) { return std::string(information.param); })

} // namespace girih::testing
