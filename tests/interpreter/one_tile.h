// SPDX-License-Identifier: Apache-2.0
// Kernels of one program that sees each operand as one tile: for tests of what
// operations do with tiles.
#pragma once

#include "girih/tests/interpreter/programs.h"

#include "girih/dsl/dsl.h"
#include "girih/dsl/record.h"

#include <random>

namespace girih::testing {

/// A kernel whose tiles have the arrays' shapes; several programs, where an
/// array has more elements, share the first dimension. `Apply` takes In, Out
/// and InOut.
KernelSource one_tile_source(std::vector<Direction> directions,
                             std::function<void(Recorder &)> application,
                             std::vector<Shape> tiles);
Program record_for(const KernelSource &source,
                   const std::vector<TestArray *> &arrays);

/// For tiles that hold these arrays.
template <class Apply>
KernelSource one_tile_source(Apply application,
                             const std::vector<TestArray *> &arrays) {
  using Operands = typename signature::Of<Apply>::Tuple;
  std::vector<Shape> tiles;
  for (const TestArray *array : arrays)
    tiles.push_back(array->shape());
  return one_tile_source(
      signature::Check<Operands>::directions(),
      [application](Recorder &recorder) {
        signature::Check<Operands>::apply(application, recorder);
      },
      tiles);
}

/// Records `application` for them.
template <class Apply>
Program one_tile(Apply application, const std::vector<TestArray *> &arrays) {
  return record_for(one_tile_source(application, arrays), arrays);
}

/// Runs it on the interpreter, with the program's own rounding.
void interpret_on(const Program &program, std::vector<TestArray *> arrays,
                  bool all_f64 = false);

template <class Apply>
void run_one_tile(Apply application, const std::vector<TestArray *> &arrays) {
  interpret_on(one_tile(application, arrays), arrays);
}

/// Small whole numbers with many ties; floats also NaN, -0 and infinities
/// where `specials` says so.
void fill_random(TestArray &array, unsigned seed, bool specials = false);

/// Indices into a dimension of `size`, some of them outside.
void fill_indices(TestArray &array, std::int64_t size, unsigned seed);

/// Whether two elements are the same number; all NaNs are, -0 and 0 are not.
bool same_number(double a, double b);

/// The row-major number of an element, and back.
std::vector<std::int64_t> unravel(std::int64_t number, const Shape &shape);
std::int64_t ravel(const std::vector<std::int64_t> &index, const Shape &shape);

} // namespace girih::testing
