// SPDX-License-Identifier: Apache-2.0
// What the reference of tile operations calls `show` and `show_update`.
#pragma once

#include "girih/tests/host/run_on_host.h"
#include "girih/tests/interpreter/one_tile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

namespace girih::testing {

/// `f32 [[1, 2, 3], [4, 5, 6]]`
inline std::string tile_text(const TestArray &array) {
  const Shape &shape = array.shape();
  std::string out = std::string(name(array.dtype())) + " ";
  for (std::int64_t i = 0; i < array.numel(); ++i) {
    // A bracket for each dimension that begins, and ends, here.
    std::string opened, closed;
    std::int64_t below = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      below *= shape[d];
      opened += i % below == 0 ? "[" : "";
      closed += (i + 1) % below == 0 ? "]" : "";
    }
    char number[32];
    std::snprintf(number, sizeof number, "%g", array.get(i));
    std::string text = number;
    if (std::isnan(array.get(i))) // the sign of a NaN means nothing
      text = "nan";
    if (array.dtype() == b1)
      text = array.get(i) != 0 ? "true" : "false";
    out += (i ? ", " : "") + opened + text + closed;
  }
  return out;
}

/// x: f32 [[1, 2, 3], [4, 5, 6]].
inline TestArray shown_input() {
  TestArray x(f32, {2, 3});
  for (int i = 0; i < 6; ++i)
    x.set(i, i + 1);
  return x;
}

/// Expects this of the last array after a run on the interpreter and on the
/// host; `reset` makes the arrays anew.
inline void expect_shown(const Program &program,
                         const std::function<std::vector<TestArray>()> &reset,
                         const std::string &expected) {
  for (bool on_host : {false, true}) {
    std::vector<TestArray> arrays = reset();
    std::vector<TestArray *> pointers;
    for (TestArray &each : arrays)
      pointers.push_back(&each);
    if (on_host)
      OnHost(program).run(parameter_block(pointers), 1);
    else
      interpret_on(program, pointers);
    EXPECT_EQ(tile_text(arrays.back()), expected)
        << (on_host ? "on the host" : "on the interpreter");
  }
}

/// Expects that the tile which `make` gives of `x` is this.
template <class Make> void show(Make make, const std::string &expected) {
  TestArray x = shown_input();
  Shape shape;
  DType dtype = f32;
  one_tile(
      [&](In a, InOut) {
        Tile made = make(a);
        shape = made.shape();
        dtype = made.dtype();
      },
      {&x, &x});
  TestArray y(dtype, shape);
  Program program = one_tile([&](In a, Out b) { b = make(a); }, {&x, &y});
  expect_shown(
      program,
      [&] {
        return std::vector<TestArray>{shown_input(), TestArray(dtype, shape)};
      },
      expected);
}

/// Expects that y, zeros of x's shape, is this after `update` of x and y.
template <class Update>
void show_update(Update update, const std::string &expected) {
  auto arrays = [] {
    std::vector<TestArray> out{shown_input(), TestArray(f32, {2, 3})};
    for (int i = 0; i < 6; ++i)
      out[1].set(i, 0);
    return out;
  };
  std::vector<TestArray> given = arrays();
  Program program =
      one_tile([&](In a, InOut b) { update(a, b); }, {&given[0], &given[1]});
  expect_shown(program, arrays, expected);
}

} // namespace girih::testing
