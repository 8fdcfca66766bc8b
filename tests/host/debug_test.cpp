// SPDX-License-Identifier: Apache-2.0
// Printing and assertions on the host: the text of the interpreter.
#include "like_interpreter.h"

#include "girih/dsl/support/diagnostics.h"

namespace girih::testing {
namespace {

/// Expects the same lines from both.
void expect_printed(const Program &program, std::vector<TestArray *> arrays,
                    std::int64_t programs) {
  ::testing::internal::CaptureStdout();
  interpret_on(program, arrays);
  std::fflush(stdout);
  const std::string wanted = ::testing::internal::GetCapturedStdout();
  ::testing::internal::CaptureStdout();
  OnHost(program).run(parameter_block(arrays), programs);
  std::fflush(stdout);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), wanted);
  EXPECT_FALSE(wanted.empty());
}

TEST(HostPrint, LanesOfEveryProgram) {
  KernelSource source = make_source(
      "printing",
      [](Tensor x, Tensor y) {
        return arranged(x.tile({2, 2}), y.tile({2, 2}));
      },
      [](In x, Out y) {
        print("x", {x});
        print("done");
        print("twice", {x + x, x > 0.f});
        y = x;
      });
  TestArray x(f32, {2, 3}), y(f32, {2, 3});
  const double values[] = {1.5, -0.0, 1e20, std::nan(""), 0.1, -INFINITY};
  for (int i = 0; i < 6; ++i)
    x.set(i, values[i]);
  std::vector<TestArray *> arrays = {&x, &y};
  expect_printed(record_for(source, arrays), arrays, 2);
}

TEST(HostPrint, DTypesAndScalars) {
  TestArray a(u8, {}), b(b1, {}), c(i64, {}), d(f16, {3}), e(e5m2, {2}),
      y(i32, {});
  fill_random(d, 1, true);
  fill_random(e, 2, true);
  a.set(0, 200);
  b.set(0, 1);
  c.set_code(0, 0x7fffffffffffffff);
  std::vector<TestArray *> arrays = {&a, &b, &c, &d, &e, &y};
  Program program = one_tile(
      [](In a, In b, In c, In d, In e, Out y) {
        print("v", {a, b, c, d, e, Index(-3)});
        y = full({}, 0, i32);
      },
      arrays);
  expect_printed(program, arrays, 1);
}

/// What the program throws on the host, or nothing.
std::optional<Diagnostic> failure(const Program &program,
                                  std::vector<TestArray *> arrays,
                                  std::int64_t programs) {
  OnHost(program).run(parameter_block(std::move(arrays)), programs);
  std::exception_ptr thrown = compiler::take_host_failure();
  if (!thrown)
    return {};
  try {
    std::rethrow_exception(thrown);
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::device_assert);
    return error.diagnostic();
  }
}

TEST(HostAssert, NamesLineMessageProgramAndLane) {
  unsigned line = 0;
  KernelSource source = make_source(
      "asserting",
      [](Tensor x, Tensor y) { return arranged(x.tile({40}), y.tile({40})); },
      [&line](In x, Out y) {
        line = __LINE__ + 1;
        device_assert(x < 100, "small enough");
        y = x;
      });
  TestArray x(i32, {110}), y(i32, {110});
  for (int i = 0; i < 110; ++i)
    x.set(i, i);
  std::vector<TestArray *> arrays = {&x, &y};
  Program program = record_for(source, arrays);
  auto diagnostic = failure(program, arrays, 3);
  ASSERT_TRUE(diagnostic);
  EXPECT_EQ(diagnostic->where.line, line);
  EXPECT_NE(diagnostic->where.file.find("debug_test.cpp"), std::string::npos);
  EXPECT_EQ(diagnostic->message,
            "kernel asserting: small enough: not so in program 2, lane [20]");
  EXPECT_EQ(y.get(79), 79);
  EXPECT_FALSE(compiler::take_host_failure()); // it was taken
  for (int i = 100; i < 110; ++i)
    x.set(i, 3);
  EXPECT_FALSE(failure(program, arrays, 3));
}

TEST(HostAssert, ScalarsAndColumns) {
  TestArray x(f32, {3, 50}), y(f32, {3, 50});
  fill_random(x, 1);
  x.set(73, 1000);
  std::vector<TestArray *> arrays = {&x, &y};
  Program program = one_tile(
      [](In x, Out y) {
        device_assert(transpose(x) < 100.f, "transposed");
        y = x;
      },
      arrays);
  auto diagnostic = failure(program, arrays, 1);
  ASSERT_TRUE(diagnostic);
  EXPECT_EQ(diagnostic->message, "kernel one_tile: transposed: not so in "
                                 "program 0, lane [23, 1]");
  program = one_tile(
      [](In x, Out y) {
        device_assert(max(x) < 100.f, "whole");
        y = x;
      },
      arrays);
  diagnostic = failure(program, arrays, 1);
  ASSERT_TRUE(diagnostic);
  EXPECT_EQ(diagnostic->message, "kernel one_tile: whole: not so in program 0");
}

} // namespace
} // namespace girih::testing
