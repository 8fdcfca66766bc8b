// SPDX-License-Identifier: Apache-2.0
// grouped_fp8_gemm. Whole numbers and scales that are powers of two are
// compared bit for bit.
#include "operands.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <cmath>

namespace girih::testing {
namespace {

class GroupedFp8GemmTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(GroupedFp8GemmTest);

/// Powers of two from 1/2 to 2.
std::vector<double> powers(std::int64_t count, std::mt19937_64 &random) {
  std::uniform_int_distribution<int> exponent(-1, 1);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double &value : values)
    value = std::ldexp(1.0, exponent(random));
  return values;
}

void check(const std::vector<std::int64_t> &ends, std::int64_t rows,
           std::int64_t n, std::int64_t k, Device device, DType dtype = bf16,
           DType offsets = i32) {
  SCOPED_TRACE("rows " + std::to_string(rows) + " n " + std::to_string(n) +
               " k " + std::to_string(k));
  auto random = random_engine();
  const auto groups = static_cast<std::int64_t>(ends.size()),
             blocks = (k + 127) / 128, bands = (n + 127) / 128;
  const Operand a({rows, k}, e4m3, device, Layout::contiguous, Values::integers,
                  random);
  const Operand b({groups, n, k}, e4m3, device, Layout::contiguous,
                  Values::integers, random);
  const Operand out({rows, n}, dtype, device, Layout::padded);
  const auto a_scales = powers(rows * blocks, random),
             b_scales = powers(groups * bands * blocks, random);
  ops::grouped_fp8_gemm_out(
      a.array(), Array::from(a_scales, {rows, blocks}, f32, device), b.array(),
      Array::from(b_scales, {groups, bands, blocks}, f32, device),
      Array::from(std::vector<double>(ends.begin(), ends.end()), {groups},
                  offsets, device),
      out.array());
  const auto x = a.values(), w = b.values();
  const auto at = [](const std::vector<double> &values, std::int64_t index) {
    return values[static_cast<std::size_t>(index)];
  };
  std::vector<double> expected(static_cast<std::size_t>(rows * n));
  for (std::int64_t row = 0, group = 0; row < rows; ++row) {
    while (group < groups && row >= ends[static_cast<std::size_t>(group)])
      ++group;
    if (group == groups)
      break;
    for (std::int64_t j = 0; j < n; ++j)
      for (std::int64_t l = 0; l < k; ++l)
        expected[static_cast<std::size_t>(row * n + j)] +=
            at(x, row * k + l) * at(w, (group * n + j) * k + l) *
            at(a_scales, row * blocks + l / 128) *
            at(b_scales, (group * bands + j / 128) * blocks + l / 128);
  }
  EXPECT_TRUE(same_values(out.values(), rounded(expected, dtype)));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(GroupedFp8GemmTest, EveryGrouping) {
  check({2, 5}, 5, 5, 128, device());
  check({0, 0, 4, 4, 5}, 5, 3, 130, device(), f32, i64);
  check({3, 3}, 6, 5, 7, device(), f16); // rows that nobody has
  check({0}, 2, 5, 16, device());
  check({1}, 1, 1, 1, device());
  if (on_interpreter())
    return;
  check({30, 31, 90, 90, 161}, 170, 260, 400, device());
  check({40, 300}, 300, 131, 256, device(), f32);
}

TEST_P(GroupedFp8GemmTest, WrongArguments) {
  const auto zeros = [&](std::initializer_list<std::int64_t> shape,
                         DType dtype) {
    return Array::zeros(shape, dtype, device());
  };
  const Array a = zeros({3, 130}, e4m3), a_scales = zeros({3, 2}, f32),
              b = zeros({2, 5, 130}, e4m3), b_scales = zeros({2, 1, 2}, f32),
              offs = zeros({2}, i32);
  const auto id_of = [&](const Array &first, const Array &second,
                         const Array &third, const Array &fourth,
                         const Array &ends) {
    try {
      ops::grouped_fp8_gemm(first, second, third, fourth, ends);
    } catch (const RuntimeError &error) {
      return error.id();
    }
    return ErrorId::internal;
  };
  EXPECT_EQ(id_of(a, a_scales, b, b_scales, offs), ErrorId::internal);
  EXPECT_EQ(id_of(zeros({3, 130}, f32), a_scales, b, b_scales, offs),
            ErrorId::dtype);
  EXPECT_EQ(id_of(a, zeros({3, 1}, f32), b, b_scales, offs), ErrorId::shape);
  EXPECT_EQ(id_of(a, a_scales, zeros({2, 5, 131}, e4m3), b_scales, offs),
            ErrorId::shape);
  EXPECT_EQ(id_of(a, a_scales, b, zeros({2, 2, 2}, f32), offs), ErrorId::shape);
  EXPECT_EQ(id_of(a, a_scales, b, b_scales, zeros({3}, i32)), ErrorId::shape);
  EXPECT_EQ(id_of(a, a_scales, b, b_scales, zeros({2}, f32)), ErrorId::dtype);
}

} // namespace
} // namespace girih::testing
