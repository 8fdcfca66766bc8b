// SPDX-License-Identifier: Apache-2.0
// Random applications: elementwise chains, loops over levels, dots.
#pragma once

#include "random_arrangement.h"

#include "girih/dsl/make.h"

namespace girih::testing {

/// An expression of two tiles. Records the same thing each time it is called.
struct RandomExpression {
  std::uint64_t seed = 0;
  int most = 4;        // operations
  bool linear = false; // x * 3 + y, in the dtype of both
  Tile operator()(const Tile &x, const Tile &y) const;
};

/// A kernel, its operands' shapes and what it is in words.
struct RandomKernel {
  KernelSource source;
  Config config;
  std::vector<DType> dtypes; // two inputs, one output
  std::vector<Sizes> shapes;
  std::string text;
  bool linear = false;    // every output element is 3 x + y of the tables
  bool has_tables = true; // an operand's sizes are all that its table needs
  bool integers = false;  // operands hold small integers only
};

RandomKernel random_elementwise(Dice &dice);
/// c[m] = sum over k of f(a[m, k], b[m, k]), the sum carried by a loop.
RandomKernel random_reduction(Dice &dice);
RandomKernel random_dot(Dice &dice);
/// Of tiles that matrix units take, most by warp groups.
RandomKernel random_large_dot(Dice &dice);
/// Chains of operations on whole tiles.
RandomKernel random_tiles(Dice &dice); // random_tiles.cpp

} // namespace girih::testing
