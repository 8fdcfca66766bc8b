// SPDX-License-Identifier: Apache-2.0
// What elementwise functions and casts do at the edges: NaN, overflow, division
// by zero, saturation, ties. Expected values are written out.
#include "girih/tests/interpreter/programs.h"

#include "girih/compiler/compiler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace girih::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

/// Runs `body` (see elementwise()) over `xs`, one tile that they do not fill.
std::vector<double> apply(DType in, DType out, const std::string &body,
                          const std::vector<double> &xs) {
  auto n = static_cast<std::int64_t>(xs.size());
  TestArray x(in, {n}), y(out, {n});
  for (std::int64_t i = 0; i < n; ++i)
    x.set(i, xs[static_cast<std::size_t>(i)]);
  auto params = parameter_block({&x, &y});
  compiler::interpret(elementwise(in, out, 32, body), params.data(), false);
  EXPECT_TRUE(y.untouched_outside());
  std::vector<double> result;
  for (std::int64_t i = 0; i < n; ++i)
    result.push_back(y.get(i));
  return result;
}

void expect_same(const std::vector<double> &got,
                 const std::vector<double> &wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(wanted[i]))
      EXPECT_TRUE(std::isnan(got[i])) << i << ": " << got[i];
    else
      EXPECT_EQ(got[i], wanted[i]) << "element " << i;
  }
}

TEST(InterpreterCast, FloatToInteger) {
  std::vector<double> xs = {0.9,   -0.9, 127.9, 128, -128.9,
                            -1e30, inf,  -inf,  nan};
  expect_same(apply(f32, i8, "  %result = cast %x : i8[#]", xs),
              {0, 0, 127, 127, -128, -128, 127, -128, 0});
  expect_same(apply(f32, u8, "  %result = cast %x : u8[#]", xs),
              {0, 0, 127, 128, 0, 0, 255, 0, 0});
  expect_same(apply(f16, i32, "  %result = cast %x : i32[#]",
                    {65504, -65504, inf, -inf, nan}),
              {65504, -65504, 2147483647., -2147483648., 0});
  expect_same(apply(f64, i32, "  %result = cast %x : i32[#]",
                    {2147483647.5, -2147483648.5, 2147483648.}),
              {2147483647., -2147483648., 2147483647.});
}

TEST(InterpreterCast, FloatToFp8Saturates) {
  expect_same(apply(f32, e4m3, "  %result = cast %x : e4m3[#]",
                    {1, 1.0625, 1.1875, 448, 464, 1e9, -1e9, inf, -inf, nan}),
              {1, 1, 1.25, 448, 448, 448, -448, 448, -448, nan});
  expect_same(apply(bf16, e5m2, "  %result = cast %x : e5m2[#]",
                    {1.125, 1.375, 57344, 65536, inf, nan}),
              {1, 1.5, 57344, 57344, 57344, nan});
  expect_same(apply(e5m2, e4m3, "  %result = cast %x : e4m3[#]",
                    {57344, -57344, 0.25, nan}),
              {448, -448, 0.25, nan});
  expect_same(
      apply(i32, e4m3, "  %result = cast %x : e4m3[#]", {7, 1000000, -1000000}),
      {7, 448, -448});
}

TEST(InterpreterCast, Integers) {
  expect_same(
      apply(i32, i8, "  %result = cast %x : i8[#]", {127, 128, 256, -129}),
      {127, -128, 0, 127});
  expect_same(apply(u8, i32, "  %result = cast %x : i32[#]", {0, 127, 255}),
              {0, 127, 255});
  expect_same(apply(u8, f32, "  %result = cast %x : f32[#]", {0, 128, 255}),
              {0, 128, 255});
  expect_same(apply(i8, bf16, "  %result = cast %x : bf16[#]", {-128, 127}),
              {-128, 127});
  expect_same(
      apply(f32, b1, "  %result = cast %x : bool[#]", {0, -0.0, 0.1, nan}),
      {0, 0, 1, 1});
  expect_same(apply(b1, f32, "  %result = cast %x : f32[#]", {0, 1}), {0, 1});
}

TEST(InterpreterElementwise, Remainders) {
  std::string by3 = "  %10 = constant 3 : i32[#]\n";
  std::string byMinus3 = "  %10 = constant -3 : i32[#]\n";
  std::vector<double> xs = {7, -7, 6, -6, 0};
  std::string mod = "  %result = binary mod %x, %10 : i32[#]";
  std::string div = "  %result = binary floordiv %x, %10 : i32[#]";
  expect_same(apply(i32, i32, by3 + mod, xs), {1, 2, 0, 0, 0});
  expect_same(apply(i32, i32, byMinus3 + mod, xs), {-2, -1, 0, 0, 0});
  expect_same(apply(i32, i32, by3 + div, xs), {2, -3, 2, -2, 0});
  expect_same(apply(i32, i32, byMinus3 + div, xs), {-3, 2, -2, 2, 0});
  expect_same(apply(f32, f32,
                    "  %10 = constant -3 : f32[#]\n"
                    "  %result = binary mod %x, %10 : f32[#]",
                    {7, -7, 0.5}),
              {-2, -1, -2.5});
}

TEST(InterpreterElementwise, DivisionByZeroAndOverflowAreDefined) {
  // The divisor is computed, so that nothing folds: 0 for every x.
  std::string zero = "  %10 = binary sub %x, %x : i32[#]\n";
  std::vector<double> xs = {7, -7, 0};
  expect_same(apply(i32, i32,
                    zero + "  %result = binary floordiv %x, %10 : i32[#]", xs),
              {0, 0, 0});
  expect_same(
      apply(i32, i32, zero + "  %result = binary mod %x, %10 : i32[#]", xs),
      {7, -7, 0});
  std::string minusOne = "  %10 = constant -1 : i32[#]\n";
  expect_same(apply(i32, i32,
                    minusOne + "  %result = binary floordiv %x, %10 : i32[#]",
                    {-2147483648., 5}),
              {-2147483648., -5});
  expect_same(apply(i32, i32,
                    minusOne + "  %result = binary mod %x, %10 : i32[#]",
                    {-2147483648., 5}),
              {0, 0});
}

/// Zeros of each sign are told apart.
void expect_function(const std::string &function, const std::vector<double> &xs,
                     const std::vector<double> &wanted) {
  for (DType dtype : {f64, f32, f16, bf16}) {
    SCOPED_TRACE(function + " of " + std::string(name(dtype)));
    const std::vector<double> got =
        apply(dtype, dtype,
              "  %result = unary " + function +
                  " %x : " + std::string(name(dtype)) + "[#]",
              xs);
    std::vector<double> rounded;
    for (double value : wanted)
      rounded.push_back(round_to(dtype, value));
    expect_same(got, rounded);
    for (std::size_t i = 0; i < got.size(); ++i)
      if (!std::isnan(got[i]))
        EXPECT_EQ(std::signbit(got[i]), std::signbit(wanted[i])) << xs[i];
  }
}

TEST(InterpreterElementwise, FunctionsAtSpecialValues) {
  const std::vector<double> xs = {0, -0.0, 1, -1, inf, -inf, nan};
  const double e = std::exp(1), pi = std::acos(-1.0);
  auto odd = [&](const char *function, double one, double end) {
    expect_function(function, xs, {0, -0.0, one, -one, end, -end, nan});
  };
  auto even = [&](const char *function, double one, double end) {
    expect_function(function, xs, {1, 1, one, one, end, end, nan});
  };
  expect_function("exp", xs, {1, 1, e, 1 / e, inf, 0, nan});
  expect_function("exp2", xs, {1, 1, 2, 0.5, inf, 0, nan});
  expect_function("expm1", xs, {0, -0.0, e - 1, 1 / e - 1, inf, -1, nan});
  expect_function("log", xs, {-inf, -inf, 0, nan, inf, nan, nan});
  expect_function("log2", xs, {-inf, -inf, 0, nan, inf, nan, nan});
  expect_function("log1p", xs, {0, -0.0, std::log(2), -inf, inf, nan, nan});
  expect_function("acos", xs, {pi / 2, pi / 2, 0, pi, nan, nan, nan});
  expect_function("acosh", xs, {nan, nan, 0, nan, inf, nan, nan});
  expect_function("rsqrt", xs, {inf, -inf, 1, nan, 0, nan, nan});
  odd("sin", std::sin(1), nan);
  odd("tan", std::tan(1), nan);
  odd("asin", pi / 2, nan);
  odd("atan", pi / 4, pi / 2);
  odd("sinh", std::sinh(1), inf);
  odd("tanh", std::tanh(1), 1);
  odd("asinh", std::asinh(1), inf);
  odd("atanh", inf, nan);
  odd("erf", std::erf(1), 1);
  odd("round", 1, inf);
  odd("trunc", 1, inf);
  even("cos", std::cos(1), nan);
  even("cosh", std::cosh(1), inf);
}

TEST(InterpreterElementwise, RoundingToIntegers) {
  const std::vector<double> xs = {0.5, 1.5, 2.5, -0.5, -2.5, 1.75, -1.75};
  expect_function("round", xs, {0, 2, 2, -0.0, -2, 2, -2});
  expect_function("trunc", xs, {0, 1, 2, -0.0, -2, 1, -1});
  expect_function("floor", xs, {0, 1, 2, -1, -3, 1, -2});
  expect_function("ceil", xs, {1, 2, 3, -0.0, -2, 2, -1});
}

TEST(InterpreterElementwise, RemaindersAndAngles) {
  const std::string three = "  %10 = constant -3 : f32[#]\n";
  expect_same(apply(f32, f32, three + "  %result = binary rem %x, %10 : f32[#]",
                    {7, -7, 3, inf, nan, 0.5}),
              {1, -1, 0, nan, nan, 0.5});
  const double pi = std::acos(-1.0);
  std::vector<double> angles;
  for (double y : {0.0, -0.0, 3.0, -3.0, inf})
    angles.push_back(round_to(f32, std::atan2(y, -3)));
  EXPECT_EQ(angles[0], round_to(f32, pi));
  expect_same(apply(f32, f32,
                    three + "  %result = binary atan2 %x, %10 : f32[#]",
                    {0, -0.0, 3, -3, inf}),
              angles);
}

TEST(InterpreterElementwise, NaNPropagatesAndComparesUnequal) {
  std::string one = "  %10 = constant 1 : f32[#]\n";
  std::vector<double> xs = {nan, 0, 2};
  expect_same(
      apply(f32, f32, one + "  %result = binary min %x, %10 : f32[#]", xs),
      {nan, 0, 1});
  expect_same(
      apply(f32, f32, one + "  %result = binary max %x, %10 : f32[#]", xs),
      {nan, 1, 2});
  expect_same(
      apply(f32, b1, one + "  %result = compare ne %x, %10 : bool[#]", xs),
      {1, 1, 1});
  expect_same(
      apply(f32, b1, one + "  %result = compare le %x, %10 : bool[#]", xs),
      {0, 1, 0});
  expect_same(apply(f32, b1, "  %result = compare eq %x, %x : bool[#]", xs),
              {0, 1, 1});
}

TEST(InterpreterElementwise, UnsignedOrderAndShifts) {
  std::string hundred = "  %10 = constant 100 : u8[#]\n";
  std::vector<double> xs = {5, 100, 200};
  expect_same(
      apply(u8, u8, hundred + "  %result = binary max %x, %10 : u8[#]", xs),
      {100, 100, 200});
  expect_same(
      apply(u8, b1, hundred + "  %result = compare gt %x, %10 : bool[#]", xs),
      {0, 0, 1});
  auto shift = [](const char *function, int amount) {
    return "  %10 = constant " + std::to_string(amount) +
           " : i8[#]\n  %result = binary " + function + " %x, %10 : i8[#]";
  };
  expect_same(apply(i8, i8, shift("shl", 1), {3, 64, -1}), {6, -128, -2});
  expect_same(apply(i8, i8, shift("shl", 8), {3, 64, -1}), {0, 0, 0});
  expect_same(apply(i8, i8, shift("shr", 1), {3, -4, -1}), {1, -2, -1});
  expect_same(apply(i8, i8, shift("shr", 9), {3, -4, 64}), {0, -1, 0});
}

TEST(InterpreterElementwise, ScalarsSpread) {
  expect_same(apply(f32, f32,
                    "  %10 = constant 3 : f32[]\n"
                    "  %11 = binary mul %10, %x : f32[#]\n"
                    "  %12 = compare gt %11, %10 : bool[#]\n"
                    "  %result = select %12, %11, %10 : f32[#]",
                    {0, 1, 2}),
              {3, 3, 6});
}

// A tie of bf16 once it is an f32, and beyond it before.
TEST(InterpreterElementwise, EachCastRounds) {
  std::string body = "  %10 = cast %x : f32[#]\n"
                     "  %result = cast %10 : bf16[#]";
  expect_same(apply(i32, bf16, body, {1077936129, -1077936129}),
              {1073741824, -1073741824});
}

// The upper half of a product, by way of a wider type.
TEST(InterpreterElementwise, HighHalfOfAProduct) {
  std::string wide = "  %10 = cast %x : i64[#]\n"
                     "  %11 = binary mul %10, %10 : i64[#]\n"
                     "  %12 = constant 32 : i64[#]\n"
                     "  %13 = binary shr %11, %12 : i64[#]\n"
                     "  %result = cast %13 : i32[#]";
  expect_same(apply(i32, i32, wide, {2147483647, -2147483648., 65536, -3}),
              {1073741823, 1073741824, 1, 0});
  std::string narrow = "  %10 = cast %x : i32[#]\n"
                       "  %11 = binary mul %10, %10 : i32[#]\n"
                       "  %12 = constant 8 : i32[#]\n"
                       "  %13 = binary shr %11, %12 : i32[#]\n"
                       "  %result = cast %13 : u8[#]";
  expect_same(apply(u8, u8, narrow, {255, 16, 200}), {254, 1, 156});
}

} // namespace
} // namespace girih::testing
