// SPDX-License-Identifier: Apache-2.0
// Matrix products on the host. Small integers make every sum exact, so that all
// dtypes compare bit for bit with a plain triple loop.
#include "run_on_host.h"

#include <gtest/gtest.h>

#include <random>

namespace girih::testing {
namespace {

struct Shape {
  std::int64_t m, n, k;
};

/// Where a matrix has its unit stride; -1: nowhere.
enum class Order { rows, columns, neither };

struct Blocks {
  std::int64_t m, n, k;
};

std::vector<std::int64_t> strides(Order order, std::int64_t rows,
                                  std::int64_t columns) {
  switch (order) {
  case Order::rows:
    return {columns + 3, 1};
  case Order::columns:
    return {1, rows + 5};
  default:
    return {2 * columns + 4, 2};
  }
}

void fill(TestArray &array, unsigned seed, bool natural) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> values(natural ? 0 : -4,
                                            natural ? 255 : 4);
  for (std::int64_t i = 0; i < array.numel(); ++i)
    array.set(i, values(random));
}

void expect_product(OnHost &code, DType in, DType out, Blocks blocks,
                    Shape shape, Order a_order, Order b_order, Order c_order) {
  const auto [m, n, k] = shape;
  TestArray a(in, {m, k}, strides(a_order, m, k));
  TestArray b(in, {k, n}, strides(b_order, k, n));
  TestArray c(out, {m, n}, strides(c_order, m, n));
  fill(a, 1, in == u8);
  fill(b, 2, in == u8);
  const std::int64_t programs =
      (m + blocks.m - 1) / blocks.m * ((n + blocks.n - 1) / blocks.n);
  code.run(parameter_block({&a, &b, &c}), programs);
  TestArray one(out, {1});
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < k; ++l)
        sum += a.get(i * k + l) * b.get(l * n + j);
      one.set(0, sum);
      ASSERT_EQ(c.code(i * n + j), one.code(0))
          << m << "x" << n << "x" << k << " at " << i << ", " << j << ": "
          << c.get(i * n + j) << ", not " << sum;
    }
  EXPECT_TRUE(c.untouched_outside()) << m << "x" << n << "x" << k;
}

const Shape shapes[] = {{1, 1, 1},    {0, 5, 3},    {5, 0, 3},    {5, 3, 0},
                        {7, 13, 5},   {32, 48, 16}, {31, 49, 17}, {33, 47, 15},
                        {64, 97, 61}, {67, 50, 33}};

DType sum_of(DType in) { return in == f64 ? f64 : is_float(in) ? f32 : i32; }

class HostMatmul : public ::testing::TestWithParam<DType> {};

TEST_P(HostMatmul, EveryShape) {
  const DType in = GetParam(), out = sum_of(in);
  constexpr Blocks blocks{32, 48, 16};
  OnHost code(matmul(in, out, blocks.m, blocks.n, blocks.k));
  for (const Shape &shape : shapes)
    expect_product(code, in, out, blocks, shape, Order::rows, Order::rows,
                   Order::rows);
}

TEST_P(HostMatmul, EveryOrder) {
  const DType in = GetParam(), out = sum_of(in);
  constexpr Blocks blocks{16, 32, 24};
  // Unit strides known at compile time choose other ways of packing.
  const std::pair<Order, std::uint32_t> orders[] = {
      {Order::rows, 2}, {Order::columns, 1}, {Order::neither, 0}};
  for (auto [order, unit] : orders) {
    OnHost code(
        matmul(in, out, blocks.m, blocks.n, blocks.k, {.unit_stride = unit}));
    for (const Shape &shape : {Shape{33, 35, 49}, Shape{16, 32, 24}})
      expect_product(code, in, out, blocks, shape, order, order, order);
  }
  OnHost any(matmul(in, out, blocks.m, blocks.n, blocks.k));
  expect_product(any, in, out, blocks, {33, 35, 49}, Order::columns,
                 Order::rows, Order::neither);
}

TEST_P(HostMatmul, OddBlocks) {
  const DType in = GetParam(), out = sum_of(in);
  for (const Blocks &blocks :
       {Blocks{17, 19, 5}, Blocks{2, 3, 64}, Blocks{15, 96, 1}}) {
    OnHost code(
        matmul(in, out, blocks.m, blocks.n, blocks.k, {.unit_stride = 2}));
    expect_product(code, in, out, blocks, {21, 101, 13}, Order::rows,
                   Order::rows, Order::rows);
  }
}

TEST_P(HostMatmul, Vectors) {
  const DType in = GetParam(), out = sum_of(in);
  for (const Blocks &blocks :
       {Blocks{13, 1, 37}, Blocks{1, 37, 13}, Blocks{8, 1, 64},
        Blocks{1, 64, 64}, Blocks{1, 1, 13}, Blocks{1, 1, 1}})
    for (std::uint32_t unit : {1U, 2U}) {
      OnHost code(
          matmul(in, out, blocks.m, blocks.n, blocks.k, {.unit_stride = unit}));
      const Order order = unit == 2 ? Order::rows : Order::columns;
      expect_product(code, in, out, blocks, {26, 39, 75}, order, order, order);
    }
}

TEST_P(HostMatmul, OnLesserMachines) {
  const DType in = GetParam(), out = sum_of(in);
  constexpr Blocks blocks{32, 48, 16};
  for (const char *family : {"avx512", "avx2"}) {
    OnHost code(
        matmul(in, out, blocks.m, blocks.n, blocks.k, {.unit_stride = 2}),
        host_without(family));
    expect_product(code, in, out, blocks, {33, 49, 35}, Order::rows,
                   Order::rows, Order::rows);
  }
}

INSTANTIATE_TEST_SUITE_P(DTypes, HostMatmul,
                         ::testing::Values(f64, f32, f16, bf16, e4m3, e5m2, i8,
                                           u8),
                         [](const auto &info) {
                           return std::string(name(info.param));
                         });

TEST(HostMatmulRounding, NarrowResults) {
  constexpr Blocks blocks{32, 32, 32};
  for (DType dtype : {f16, bf16, e4m3}) {
    OnHost code(matmul(dtype, dtype, blocks.m, blocks.n, blocks.k));
    expect_product(code, dtype, dtype, blocks, {40, 41, 70}, Order::rows,
                   Order::rows, Order::rows);
  }
}

TEST(HostMatmulProgram, RunsAnyRangeOfPrograms) {
  // Programs one by one, backwards, give what all at once give.
  constexpr Blocks blocks{16, 16, 16};
  const compiler::Artifact artifact = compiler::compile(
      matmul(f32, f32, blocks.m, blocks.n, blocks.k), compiler::host_target());
  const auto code = compiler::load_host(artifact);
  TestArray a(f32, {50, 20}), b(f32, {20, 35}), c(f32, {50, 35}),
      d(f32, {50, 35});
  fill(a, 3, false);
  fill(b, 4, false);
  std::vector<char> memory(static_cast<std::size_t>(artifact.scratch_bytes) +
                           64);
  const auto bits = reinterpret_cast<std::uintptr_t>(memory.data());
  char *scratch = memory.data() + (64 - bits % 64) % 64;
  constexpr std::int64_t programs = 4 * 3;
  code->entry()(parameter_block({&a, &b, &c}).data(), 0, programs, scratch);
  const auto params = parameter_block({&a, &b, &d});
  for (std::int64_t program = programs; program-- > 0;)
    code->entry()(params.data(), program, program + 1, scratch);
  for (std::int64_t i = 0; i < c.numel(); ++i)
    ASSERT_EQ(c.code(i), d.code(i)) << i;
}

} // namespace
} // namespace girih::testing
