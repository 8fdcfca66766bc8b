// SPDX-License-Identifier: Apache-2.0
// Every elementwise function and cast on the host against the interpreter: bit
// for bit where the result is exact or rounded once, else by ulps.
#include "like_interpreter.h"

#include "girih/dsl/program_text.h"
#include "girih/tests/elementary/functions.h"
#include "girih/tests/interpreter/folded_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace girih::testing {
namespace {

constexpr std::int64_t block = 48;
constexpr double inf = std::numeric_limits<double>::infinity();

/// Zeros, limits, ties, denormals, infinities, NaN, and some of the rest.
std::vector<double> values_for(DType dtype) {
  std::vector<double> values = {0, 1, 2, 3, 7, 100, 127};
  if (dtype == b1)
    return {0, 1, 0, 1, 1};
  if (!is_float(dtype)) {
    if (is_signed(dtype))
      values.insert(values.end(), {-1, -2, -7, -128});
    else
      values.insert(values.end(), {128, 200, 255});
    if (bits(dtype) >= 32)
      values.insert(values.end(), {2147483647, -2147483648., 16777217, 33554435,
                                   -16777219, 65535, 257, 1025, 100000007});
    return values;
  }
  values.insert(values.end(),
                {-0.0,       0.5,        -1.5,      2.5,   1.0625,      1.1875,
                 1.00390625, 1.01171875, 1.0004884, 0.1,   -0.3,        0.7,
                 5.5,        -20,        88.5,      447,   449,         464,
                 480,        57343,      61440,     65504, 65520,       70000,
                 -1e30,      3e38,       1e-3,      1e-8,  6e-8,        1e-40,
                 -1e-45,     9.2e18,     inf,       -inf,  std::nan("")});
  return values;
}

struct Outcome {
  std::vector<std::uint64_t> host, reference;
  std::vector<double> host_values, reference_values, inputs;
};

Outcome run(const Program &program, DType in, DType out) {
  const std::vector<double> values = values_for(in);
  const auto n = static_cast<std::int64_t>(values.size());
  TestArray x(in, {n}), y(out, {n}), z(out, {n});
  for (std::int64_t i = 0; i < n; ++i)
    x.set(i, values[static_cast<std::size_t>(i)]);
  OnHost(program).run(parameter_block({&x, &y}), (n + block - 1) / block);
  compiler::interpret(program, parameter_block({&x, &z}).data(), false);
  EXPECT_TRUE(y.untouched_outside());
  Outcome outcome;
  for (std::int64_t i = 0; i < n; ++i) {
    outcome.host.push_back(y.code(i));
    outcome.reference.push_back(z.code(i));
    outcome.host_values.push_back(y.get(i));
    outcome.reference_values.push_back(z.get(i));
    outcome.inputs.push_back(x.get(i));
  }
  return outcome;
}

void expect_equal(const Outcome &outcome, const std::string &what) {
  for (std::size_t i = 0; i < outcome.host.size(); ++i)
    if (!std::isnan(outcome.host_values[i]) ||
        !std::isnan(outcome.reference_values[i]))
      EXPECT_EQ(outcome.host[i], outcome.reference[i])
          << what << " of " << outcome.inputs[i] << " is "
          << outcome.host_values[i] << ", not " << outcome.reference_values[i];
}

/// Distance in units of the last place of `dtype`.
double ulps(DType dtype, double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b)))
    return 0;
  const int digits = dtype == f64   ? 53
                     : dtype == f32 ? 24
                     : dtype == f16 ? 11
                                    : 8;
  const int lowest = dtype == f64 ? -1074 : dtype == f16 ? -24 : -149;
  int exponent = 0;
  std::frexp(b, &exponent);
  return std::abs(a - b) / std::ldexp(1.0, std::max(exponent - digits, lowest));
}

const DType floats[] = {f64, f32, f16, bf16};

TEST(HostElementwise, Casts) {
  const DType all[] = {f64, f32, f16, bf16, e4m3, e5m2,
                       i64, i32, i16, i8,   u8,   b1};
  for (DType in : all)
    for (DType out : all) {
      if (in == out)
        continue;
      const std::string type(name(out));
      const Program program =
          elementwise(in, out, block, "  %result = cast %x : " + type + "[#]");
      expect_equal(run(program, in, out),
                   "cast " + std::string(name(in)) + " to " + type);
    }
}

void unary(const std::string &function, DType dtype, double most_ulps) {
  const std::string body = "  %result = unary " + function +
                           " %x : " + std::string(name(dtype)) + "[#]";
  const Outcome outcome =
      run(elementwise(dtype, dtype, block, body), dtype, dtype);
  if (most_ulps == 0)
    return expect_equal(outcome, function + " " + std::string(name(dtype)));
  for (std::size_t i = 0; i < outcome.host.size(); ++i)
    EXPECT_LE(ulps(dtype, outcome.host_values[i], outcome.reference_values[i]),
              most_ulps)
        << function << " " << name(dtype) << " of " << outcome.inputs[i]
        << " is " << outcome.host_values[i] << ", not "
        << outcome.reference_values[i];
}

TEST(HostElementwise, ExactUnaryFunctions) {
  for (DType dtype : floats)
    for (const char *function :
         {"neg", "abs", "sqrt", "floor", "ceil", "round", "trunc"})
      unary(function, dtype, 0);
  for (DType dtype : {i64, i32, i16, i8})
    for (const char *function : {"neg", "abs"})
      unary(function, dtype, 0);
}

TEST(HostElementwise, Functions) {
  for (DType dtype : floats)
    for (const char *function :
         {"exp",  "exp2", "expm1", "log",   "log2",  "log1p", "rsqrt",
          "sin",  "cos",  "tan",   "asin",  "acos",  "atan",  "sinh",
          "cosh", "tanh", "asinh", "acosh", "atanh", "erf"})
      unary(function, dtype, dtype == f32 ? 2 : 1);
}

/// Bit for bit the algorithm that tests/elementary measures, or on CPUs that do
/// not fuse the one that rounds twice.
void same_as_native(const UnaryFunction &function,
                    const compiler::Target &target, bool fused) {
  const std::vector<float> values = every_exponent<float>(8, 3);
  const auto n = static_cast<std::int64_t>(values.size());
  TestArray x(f32, {n}), y(f32, {n});
  for (std::int64_t i = 0; i < n; ++i)
    x.set(i, values[static_cast<std::size_t>(i)]);
  const Program program = elementwise(
      f32, f32, block,
      "  %result = unary " + std::string(function.name) + " %x : f32[#]");
  OnHost(program, target)
      .run(parameter_block({&x, &y}), (n + block - 1) / block);
  for (std::int64_t i = 0; i < n; ++i) {
    const float value = values[static_cast<std::size_t>(i)];
    const float wanted =
        fused ? function.single(value) : function.unfused(value);
    ASSERT_EQ(girih::testing::ulps(static_cast<float>(y.get(i)), wanted), 0)
        << function.name << " of " << value;
  }
}

TEST(HostElementwise, FunctionsAreTheElementaryOnes) {
  const compiler::Target target = compiler::host_target();
  const bool fused = target.features.find("+fma") != std::string::npos;
  for (const UnaryFunction &function : unary_functions()) {
    same_as_native(function, target, fused);
    same_as_native(function, host_without("avx2"), false);
  }
}

TEST(HostElementwise, FunctionsOfTwo) {
  std::vector<double> left, right;
  for (float a : special_values<float>())
    for (float b : special_values<float>()) {
      left.push_back(a);
      right.push_back(b);
    }
  std::mt19937 random(5);
  const std::vector<float> some = every_exponent<float>(2, 6);
  for (int i = 0; i < 4000; ++i) {
    left.push_back(some[random() % some.size()]);
    right.push_back(some[random() % some.size()]);
  }
  const auto n = static_cast<std::int64_t>(left.size());
  for (DType dtype : floats)
    for (const char *function : {"pow", "atan2", "rem"}) {
      const std::string type(name(dtype));
      Program program = vector_add(dtype, block);
      program.body.nodes[2].function = *parse_function(function);
      TestArray x(dtype, {n}), y(dtype, {n}), z(dtype, {n}), wanted(dtype, {n});
      for (std::int64_t i = 0; i < n; ++i) {
        x.set(i, left[static_cast<std::size_t>(i)]);
        y.set(i, right[static_cast<std::size_t>(i)]);
      }
      OnHost(program).run(parameter_block({&x, &y, &z}),
                          (n + block - 1) / block);
      compiler::interpret(program, parameter_block({&x, &y, &wanted}).data(),
                          false);
      const double most = function == std::string("rem") ? 0 : 2;
      for (std::int64_t i = 0; i < n; ++i)
        ASSERT_LE(ulps(dtype, z.get(i), wanted.get(i)), most)
            << function << " " << type << " of " << x.get(i) << ", "
            << y.get(i);
    }
}

void binary(const std::string &function, DType dtype, const std::string &other,
            double most_ulps = 0) {
  const std::string type(name(dtype));
  const std::string body = "  %10 = constant " + other + " : " + type +
                           "[#]\n  %result = binary " + function +
                           " %x, %10 : " + type + "[#]";
  const Outcome outcome =
      run(elementwise(dtype, dtype, block, body), dtype, dtype);
  if (most_ulps == 0)
    return expect_equal(outcome, function + " " + type + " by " + other);
  for (std::size_t i = 0; i < outcome.host.size(); ++i)
    EXPECT_LE(ulps(dtype, outcome.host_values[i], outcome.reference_values[i]),
              most_ulps)
        << function << " " << type << " of " << outcome.inputs[i];
}

TEST(HostElementwise, BinaryFunctions) {
  for (DType dtype : floats)
    for (const char *other : {"3", "-0.5", "0"})
      for (const char *function :
           {"add", "sub", "mul", "div", "mod", "floordiv", "min", "max"})
        binary(function, dtype, other);
  for (DType dtype : {i64, i32, i16, i8, u8})
    for (const char *other : {"3", "1", "0", "7"})
      for (const char *function :
           {"add", "sub", "mul", "mod", "floordiv", "min", "max", "bit_and",
            "bit_or", "bit_xor", "shl", "shr"})
        binary(function, dtype, other);
  for (DType dtype : {i64, i32, i16, i8})
    for (const char *function : {"mod", "floordiv"})
      for (const char *other : {"-1", "-3"})
        binary(function, dtype, other);
  for (DType dtype : floats)
    binary("pow", dtype, "2.5", 2);
}

TEST(HostElementwise, FusedMultiplyAddRoundsOnce) {
  std::mt19937 random(9);
  for (DType dtype : floats) {
    const std::string type(name(dtype));
    constexpr std::int64_t n = 20000;
    TestArray x(dtype, {n}), y(dtype, {n}), z(dtype, {n});
    // Near 1, where sums lie half-way between numbers, and of any size.
    for (std::int64_t i = 0; i < n; ++i)
      x.set(i, std::ldexp(1 + static_cast<double>(random()) * 0x1p-32,
                          static_cast<int>(i % 2 ? random() % 24 : 0) - 12));
    for (const char *constants :
         {"1 3", "-1 1", "1.0078125 6e-8", "0.001 -0.001", "-1.5 1e-30"}) {
      const std::string text(constants);
      const auto space = text.find(' ');
      const Program program = elementwise(
          dtype, dtype, block,
          "  %10 = constant " + text.substr(0, space) + " : " + type +
              "[#]\n  %11 = constant " + text.substr(space + 1) + " : " + type +
              "[#]\n  %12 = ternary fma %x, %x, %11 : " + type +
              "[#]\n  %result = ternary fma %12, %10, %x : " + type + "[#]");
      OnHost(program).run(parameter_block({&x, &y}), (n + block - 1) / block);
      compiler::interpret(program, parameter_block({&x, &z}).data(), false);
      for (std::int64_t i = 0; i < n; ++i)
        ASSERT_EQ(y.code(i), z.code(i))
            << type << " " << text << " of " << x.get(i);
    }
  }
}

TEST(HostElementwise, Bitcasts) {
  const std::pair<DType, DType> pairs[] = {
      {f64, i64}, {i64, f64},  {f32, i32},  {i32, f32},  {f16, i16},
      {i16, f16}, {i16, bf16}, {bf16, i16}, {f16, bf16}, {i8, e5m2}};
  for (auto [in, out] : pairs) {
    const std::string type(name(out));
    const Program program =
        elementwise(in, out, block, "  %result = bitcast %x : " + type + "[#]");
    expect_equal(run(program, in, out), "bitcast to " + type);
  }
}

TEST(HostElementwise, ComparisonsAndSelect) {
  for (DType dtype : {f64, f32, f16, bf16, i64, i32, i16, i8, u8})
    for (const char *function : {"eq", "ne", "lt", "le", "gt", "ge"}) {
      const std::string type(name(dtype));
      const std::string body =
          "  %10 = constant 2 : " + type + "[#]\n  %11 = compare " + function +
          " %x, %10 : bool[#]\n  %result = select %11, %x, %10 : " + type +
          "[#]";
      expect_equal(run(elementwise(dtype, dtype, block, body), dtype, dtype),
                   function);
    }
}

TEST(HostElementwise, WhatCanonicalisationMakes) {
  for (const FoldedKernel &kernel : folded_kernels())
    for (std::int64_t n : {1, 21, 1000}) {
      SCOPED_TRACE(kernel.name);
      TestArray x(kernel.in, {n}), y(kernel.in, {n}), z(kernel.out, {n});
      fill_chosen_bits(x, 1);
      fill_chosen_bits(y, 2);
      expect_one_tile_like_interpreter(kernel.apply, {&x, &y, &z});
    }
}

TEST(HostElementwise, AChainIsOneLoop) {
  // The value in the middle is used twice and must not be kept in memory.
  const std::string body = "  %10 = binary mul %x, %x : f32[#]\n"
                           "  %11 = unary exp %10 : f32[#]\n"
                           "  %12 = binary add %11, %10 : f32[#]\n"
                           "  %13 = binary div %12, %11 : f32[#]\n"
                           "  %result = binary sub %13, %x : f32[#]";
  OnHost code(elementwise(f32, f32, block, body));
  EXPECT_EQ(code.artifact().scratch_bytes, 0);
}

} // namespace
} // namespace girih::testing
