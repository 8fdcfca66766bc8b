// SPDX-License-Identifier: Apache-2.0
// Every elementwise function and cast on the host against the interpreter: bit
// for bit where the result is exact or rounded once, else by ulps.
#include "run_on_host.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

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
    for (const char *function : {"neg", "abs", "sqrt", "floor", "ceil"})
      unary(function, dtype, 0);
  for (DType dtype : {i64, i32, i16, i8})
    for (const char *function : {"neg", "abs"})
      unary(function, dtype, 0);
}

TEST(HostElementwise, Functions) {
  for (DType dtype : floats)
    for (const char *function :
         {"exp", "exp2", "log", "log2", "rsqrt", "sin", "cos", "tanh", "erf"})
      unary(function, dtype, dtype == f32 ? 2 : 1);
}

TEST(HostElementwise, FunctionsOverTheirRange) {
  constexpr std::int64_t n = 20000;
  const struct {
    const char *function;
    double low, high;
  } cases[] = {{"exp", -104, 89},  {"exp2", -150, 128}, {"log", 1e-3, 5},
               {"log", 0, 1e6},    {"log2", 1e-3, 5},   {"log2", 0, 1e-38},
               {"tanh", -10, 10},  {"tanh", -1, 1},     {"erf", -4.5, 4.5},
               {"erf", -1.2, 1.2}, {"rsqrt", 0, 100}};
  for (const auto &[function, low, high] : cases) {
    const Program program = elementwise(
        f32, f32, block,
        "  %result = unary " + std::string(function) + " %x : f32[#]");
    TestArray x(f32, {n}), y(f32, {n}), z(f32, {n});
    for (std::int64_t i = 0; i < n; ++i)
      x.set(i, low + (high - low) * static_cast<double>(i) / n);
    OnHost(program).run(parameter_block({&x, &y}), (n + block - 1) / block);
    compiler::interpret(program, parameter_block({&x, &z}).data(), false);
    double worst = 0, at = 0;
    for (std::int64_t i = 0; i < n; ++i)
      if (const double off = ulps(f32, y.get(i), z.get(i)); off > worst) {
        worst = off;
        at = x.get(i);
      }
    EXPECT_LE(worst, 2) << function << " at " << at;
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
