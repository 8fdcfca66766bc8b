// SPDX-License-Identifier: Apache-2.0
// Printing, assertions, and what stands in for inline PTX.
#include "girih/tests/interpreter/kernels.h"

#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace girih::testing {
namespace {

std::string printed(const Program &program, std::vector<TestArray *> arrays) {
  ::testing::internal::CaptureStdout();
  interpret_on(program, std::move(arrays));
  return ::testing::internal::GetCapturedStdout();
}

TEST(InterpreterPrint, LanesOfEveryProgram) {
  KernelSource source = make_source(
      "printing",
      [](Tensor x, Tensor y) {
        return arranged(x.tile({2, 2}), y.tile({2, 2}));
      },
      [](In x, Out y) {
        print("x", {x});
        print("done");
        y = x;
      });
  TestArray x(f32, {2, 3}), y(f32, {2, 3});
  const double values[] = {1.5, -0.0, 1e20, std::nan(""), 0.1, -INFINITY};
  for (int i = 0; i < 6; ++i)
    x.set(i, values[i]);
  std::vector<TestArray *> arrays = {&x, &y};
  EXPECT_EQ(printed(record_for(source, arrays), arrays),
            "program 0, lane [0, 0]: x = 1.5\n"
            "program 0, lane [0, 1]: x = -0\n"
            "program 0, lane [1, 0]: x = nan\n"
            "program 0, lane [1, 1]: x = 0.100000001\n"
            "program 0: done\n"
            "program 1, lane [0, 0]: x = 1.00000002e+20\n"
            "program 1, lane [0, 1]: x = 0\n"
            "program 1, lane [1, 0]: x = -inf\n"
            "program 1, lane [1, 1]: x = 0\n"
            "program 1: done\n");
}

TEST(InterpreterPrint, DTypesAndScalars) {
  TestArray a(u8, {}), b(b1, {}), c(i64, {}), d(f16, {}), y(i32, {});
  a.set(0, 200);
  b.set(0, 1);
  c.set_code(0, 0x7fffffffffffffff);
  d.set(0, 0.1);
  std::vector<TestArray *> arrays = {&a, &b, &c, &d, &y};
  Program program = one_tile(
      [](In a, In b, In c, In d, Out y) {
        print("v", {a, b, c, d, Index(-3)});
        y = full({}, 0, i32);
      },
      arrays);
  EXPECT_EQ(printed(program, arrays), "program 0: v = 200\n"
                                      "program 0: v = true\n"
                                      "program 0: v = 9223372036854775807\n"
                                      "program 0: v = 0.099976\n"
                                      "program 0: v = -3\n");
}

TEST(InterpreterAssert, NamesLineMessageProgramAndLane) {
  unsigned line = 0;
  KernelSource source = make_source(
      "asserting",
      [](Tensor x, Tensor y) { return arranged(x.tile({4}), y.tile({4})); },
      [&line](In x, Out y) {
        line = __LINE__ + 1;
        device_assert(x < 10, "small enough");
        y = x;
      });
  TestArray x(i32, {11}), y(i32, {11});
  for (int i = 0; i < 11; ++i)
    x.set(i, i);
  std::vector<TestArray *> arrays = {&x, &y};
  Program program = record_for(source, arrays);
  try {
    interpret_on(program, arrays);
    FAIL() << "the assertion passed";
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::device_assert);
    EXPECT_EQ(error.where().line, line);
    EXPECT_NE(error.where().file.find("debug_test.cpp"), std::string::npos);
    EXPECT_EQ(error.diagnostic().message,
              "kernel asserting: small enough: not so in program 2, lane [2]");
  }
  x.set(10, 3);
  interpret_on(program, arrays); // and with all below 10 it passes
}

TEST(InterpreterInlinePtx, OtherwiseIsWhatRuns) {
  TestArray x(f32, {3, 5}), s(f32, {}), y(f32, {3, 5}), z(f32, {});
  fill_random(x, 1);
  s.set(0, 3);
  run_one_tile(fma_by_ptx, {&x, &s, &y, &z});
  for (int i = 0; i < 15; ++i)
    EXPECT_EQ(y.get(i), x.get(i) * 3 + 1);
  EXPECT_EQ(z.get(0), 10);
}

} // namespace
} // namespace girih::testing
