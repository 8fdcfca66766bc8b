// SPDX-License-Identifier: Apache-2.0
// Programs on the host against the interpreter: for all that the machine has,
// and now and then without AVX-512 or AVX2.
#pragma once

#include "run_on_host.h"

#include "girih/tests/interpreter/one_tile.h"

#include <gtest/gtest.h>

#include <cmath>

namespace girih::testing {

/// How far a number may be from the interpreter's, relative to it or to 1.
inline bool is_near(double got, double wanted, double tolerance) {
  if (same_number(got, wanted))
    return true;
  return std::abs(got - wanted) <= tolerance * std::max(1.0, std::abs(wanted));
}

/// Expects that all of `arrays` end up the same on both; with a tolerance,
/// floats nearly so.
inline void expect_like_interpreter(const Program &program,
                                    const std::vector<TestArray *> &arrays,
                                    std::int64_t programs = 1,
                                    double tolerance = 0) {
  auto copies = [&] {
    std::vector<TestArray> made;
    for (TestArray *array : arrays)
      made.push_back(*array);
    return made;
  };
  auto pointers = [](std::vector<TestArray> &made) {
    std::vector<TestArray *> all;
    for (TestArray &array : made)
      all.push_back(&array);
    return all;
  };
  std::vector<TestArray> wanted = copies();
  interpret_on(program, pointers(wanted));
  // Each lesser machine gets a share of the calls: compiling takes its time.
  static unsigned calls = 0;
  const char *lesser = ++calls % 4 == 0 ? "avx2" : "avx512";
  for (const char *without : {"", lesser}) {
    if (*without && calls % 2 != 0)
      continue;
    std::vector<TestArray> got = copies();
    OnHost(program, *without ? host_without(without) : compiler::host_target())
        .run(parameter_block(pointers(got)), programs);
    for (std::size_t number = 0; number < arrays.size(); ++number) {
      ASSERT_TRUE(got[number].untouched_outside()) << "operand " << number;
      for (std::int64_t i = 0; i < got[number].numel(); ++i)
        ASSERT_TRUE(
            is_near(got[number].get(i), wanted[number].get(i), tolerance))
            << "operand " << number << " element " << i << " is "
            << got[number].get(i) << ", not " << wanted[number].get(i)
            << (*without ? " without " : "") << without;
    }
  }
}

/// Recorded for arrays whose last dimensions are contiguous.
inline Program with_unit_strides(const KernelSource &source,
                                 const std::vector<TestArray *> &arrays) {
  std::vector<DType> dtypes;
  std::vector<int> ranks;
  std::vector<OperandClass> classes;
  for (const TestArray *array : arrays) {
    const auto rank = static_cast<int>(array->shape().size());
    dtypes.push_back(array->dtype());
    ranks.push_back(rank);
    classes.push_back({.unit_stride = rank > 0 ? 1U << (rank - 1) : 0});
  }
  return record(source, dtypes, ranks, classes, {});
}

/// The same for a kernel of one program whose tiles are the arrays.
template <class Apply>
void expect_one_tile_like_interpreter(Apply apply,
                                      const std::vector<TestArray *> &arrays,
                                      double tolerance = 0) {
  expect_like_interpreter(one_tile(apply, arrays), arrays, 1, tolerance);
}

/// And of arrays whose last dimensions are contiguous.
template <class Apply>
void expect_rows_like_interpreter(Apply apply,
                                  const std::vector<TestArray *> &arrays,
                                  double tolerance = 0) {
  expect_like_interpreter(
      with_unit_strides(one_tile_source(apply, arrays), arrays), arrays, 1,
      tolerance);
}

} // namespace girih::testing
