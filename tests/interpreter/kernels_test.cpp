// SPDX-License-Identifier: Apache-2.0
// Vector add and matmul against loops written here.
#include "girih/tests/interpreter/programs.h"

#include "girih/compiler/compiler.h"

#include <gtest/gtest.h>

#include <cmath>

namespace girih::testing {
namespace {

using compiler::interpret;

class InterpreterAdd : public ::testing::TestWithParam<DType> {};

TEST_P(InterpreterAdd, EqualsALoop) {
  DType dtype = GetParam();
  Program program = vector_add(dtype, 16);
  for (std::int64_t n : {0, 1, 2, 15, 16, 17, 31, 97}) {
    TestArray a(dtype, {n}), b(dtype, {n}), c(dtype, {n});
    fill_exact(a, 1);
    fill_exact(b, 2);
    auto params = parameter_block({&a, &b, &c});
    interpret(program, params.data(), false);
    for (std::int64_t i = 0; i < n; ++i)
      ASSERT_EQ(c.code(i), rounded(dtype, a.get(i) + b.get(i)))
          << "n=" << n << " i=" << i;
    EXPECT_TRUE(c.untouched_outside()) << n;
  }
}

INSTANTIATE_TEST_SUITE_P(DTypes, InterpreterAdd,
                         ::testing::Values(f64, f32, f16, bf16, i64, i32, i16,
                                           i8),
                         [](const auto &info) {
                           return std::string(name(info.param));
                         });

TEST(Interpreter, AddWithStrides) {
  Program program = vector_add(f32, 8);
  TestArray a(f32, {21}, {3}), b(f32, {21}, {0}), c(f32, {21}, {5});
  for (std::int64_t i = 0; i < 21; ++i)
    a.set(i, 0.5 * static_cast<double>(i));
  b.set(0, 7);
  auto params = parameter_block({&a, &b, &c});
  interpret(program, params.data(), false);
  for (std::int64_t i = 0; i < 21; ++i)
    EXPECT_EQ(c.get(i), a.get(i) + 7);
  EXPECT_TRUE(c.untouched_outside());
}

TEST(Interpreter, RoundsOnlyWhenStoredInF64Mode) {
  // 1 + 2^-12 does not fit bf16: kept in double, the small part survives the
  // subtraction; rounded after each operation, it does not.
  Program program = elementwise(bf16, f32, 4,
                                "  %10 = constant 0.000244140625 : bf16[#]\n"
                                "  %11 = binary add %x, %10 : bf16[#]\n"
                                "  %12 = binary sub %11, %x : bf16[#]\n"
                                "  %result = cast %12 : f32[#]");
  TestArray x(bf16, {4}), y(f32, {4});
  for (int i = 0; i < 4; ++i)
    x.set(i, 1);
  auto params = parameter_block({&x, &y});
  interpret(program, params.data(), false);
  EXPECT_EQ(y.get(0), 0);
  interpret(program, params.data(), true);
  EXPECT_EQ(y.get(0), 0.000244140625);
}

struct MatmulCase {
  DType in, out;
};

class InterpreterMatmul : public ::testing::TestWithParam<MatmulCase> {};

TEST_P(InterpreterMatmul, EqualsALoop) {
  auto [in, out] = GetParam();
  Program program = matmul(in, out, 8, 16, 4);
  struct Size {
    std::int64_t m, n, k;
  };
  for (auto [m, n, k] :
       {Size{0, 3, 3}, Size{1, 1, 1}, Size{8, 16, 4}, Size{7, 17, 5},
        Size{9, 15, 3}, Size{13, 31, 11}, Size{3, 5, 0}}) {
    // a by columns, b with a gap after each row, c by rows.
    TestArray a(in, {m, k}, {1, m + 1}), b(in, {k, n}, {n + 3, 1}),
        c(out, {m, n});
    fill_exact(a, 3);
    fill_exact(b, 4);
    auto params = parameter_block({&a, &b, &c});
    interpret(program, params.data(), false);
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::int64_t l = 0; l < k; ++l)
          sum += a.get(i * k + l) * b.get(l * n + j);
        ASSERT_EQ(c.code(i * n + j), rounded(out, sum))
            << m << "x" << n << "x" << k << " at " << i << "," << j;
      }
    EXPECT_TRUE(c.untouched_outside());
  }
}

INSTANTIATE_TEST_SUITE_P(
    DTypes, InterpreterMatmul,
    ::testing::Values(MatmulCase{f64, f64}, MatmulCase{f32, f32},
                      MatmulCase{f16, f16}, MatmulCase{bf16, bf16},
                      MatmulCase{bf16, f32}, MatmulCase{e4m3, f32},
                      MatmulCase{e5m2, f32}, MatmulCase{i8, i32}),
    [](const auto &info) {
      return std::string(name(info.param.in)) + "_" +
             std::string(name(info.param.out));
    });

TEST(Interpreter, UnsignedDot) {
  Program program = matmul(u8, i32, 4, 4, 4);
  TestArray a(u8, {4, 4}), b(u8, {4, 4}), c(i32, {4, 4});
  for (std::int64_t i = 0; i < 16; ++i) {
    a.set(i, 200);
    b.set(i, 255);
  }
  auto params = parameter_block({&a, &b, &c});
  interpret(program, params.data(), false);
  EXPECT_EQ(c.get(5), 4 * 200 * 255);
}

// Tiles of rank 0, an index turned into a number, a loop-carried index, and a
// level index computed from it: y[p] = s * sum over k < 5 of x[2 k], k + p.
TEST(Interpreter, ScalarsAndIndices) {
  Program program = parse_program(R"(program "scalars" index32
config ""
operand x in f32 rank 1 other 9
  class 0 0 0 0
  grid [y.n0]
  level [x.n0]
  tile []
  index [i0]
  bound i0 < x.n0
operand s in f32 rank 0 other 0
  class 0 0 0 0
  grid [y.n0]
  tile []
  index []
operand y out f32 rank 1 other 0
  class 0 0 0 0
  grid [y.n0]
  tile []
  index [p0]
body {
  %0 = load s[] : f32[]
  %1 = constant 0 : f32[]
  %2 = index 0 : index
  %3 = index 5 : index
  %4 = index 2 : index
  %12, %13 = loop %3 (%5, %6: f32[] = %1, %7: index = %2) {
    %8 = load x[%7] : f32[]
    %9 = binary mul %0, %8 : f32[]
    %10 = binary add %6, %9 : f32[]
    %11 = index_binary add %7, %4 : index
    yield %10, %11
  }
  %14 = index p0 : index
  %15 = index_binary add %13, %14 : index
  %16 = index_to_tile %15 : i32[]
  %17 = cast %16 : f32[]
  %18 = binary add %12, %17 : f32[]
  store %18, y[]
}
)");
  TestArray x(f32, {7}), s(f32, {}), y(f32, {3});
  for (int i = 0; i < 7; ++i)
    x.set(i, i);
  s.set(0, 2);
  auto params = parameter_block({&x, &s, &y});
  interpret(program, params.data(), false);
  // 0 + 2 + 4 + 6, and x[8] is out of bounds: 9.
  for (int p = 0; p < 3; ++p)
    EXPECT_EQ(y.get(p), 2 * (0 + 2 + 4 + 6 + 9) + 10 + p);
  EXPECT_TRUE(y.untouched_outside());
}

class InterpreterOrder : public ::testing::TestWithParam<ProgramOrder> {};

TEST_P(InterpreterOrder, RunsEveryProgramOnce) {
  Program program = matmul(f32, f32, 4, 4, 4);
  program.config.order = GetParam();
  TestArray a(f32, {29, 6}), b(f32, {6, 22}), c(f32, {29, 22});
  fill_exact(a, 5);
  fill_exact(b, 6);
  auto params = parameter_block({&a, &b, &c});
  interpret(program, params.data(), false);
  for (std::int64_t i = 0; i < 29; ++i)
    for (std::int64_t j = 0; j < 22; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < 6; ++l)
        sum += a.get(i * 6 + l) * b.get(l * 22 + j);
      ASSERT_EQ(c.get(i * 22 + j), sum);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Orders, InterpreterOrder,
    ::testing::Values(ProgramOrder{ProgramOrder::Kind::grouped, 3},
                      ProgramOrder{ProgramOrder::Kind::descending, 0},
                      ProgramOrder{ProgramOrder::Kind::descending, 3}));

} // namespace
} // namespace girih::testing
