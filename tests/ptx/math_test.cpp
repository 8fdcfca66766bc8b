// SPDX-License-Identifier: Apache-2.0
// Elementary functions and conversions that the nvptx back end computes itself,
// run on the CPU, against the C library and LLVM's arbitrary floats.
#include "emulator.h"

#include "girih/dsl/support/float_formats.h"
#include "girih/tests/elementary/functions.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

using namespace girih;
using namespace girih::testing;

namespace {

constexpr std::int64_t block = 256;

/// c = body(x, y), elementwise; `body` defines %z.
std::string kernelText(const std::string &from, const std::string &to,
                       const std::string &body, int warps) {
  // Whole vectors where a warp has all, so that a thread has lanes in a row.
  std::string view = "!tile.view<element = {0}, sizes = [" +
                     std::string(warps == 1 ? "8" : "1") +
                     "], strides = [1], unit = 0, align = 16>";
  bool integer = from[0] == 'i';
  return llvm::formatv(
      R"(#map = affine_map<(d0)[s0] -> (s0 * 256 + d0)>
#set = affine_set<(d0)[s0, s1] : (s1 - s0 * 256 - d0 - 1 >= 0)>
#map2 = affine_map<(d0)[s0, s1] -> (s0 * 256 + d0)>
!V = {0}
!W = {1}
func.func @f(%a: !V, %b: !V, %c: !W) attributes {{tile.kernel,
  tile.config = "num_warps={6}", tile.index_bits = 32 : i64,
  tile.order = #tile.order<row_major, 1>, tile.directions = ["in", "in", "out"],
  tile.grid = affine_map<()[s0, s1, s2] -> (s2 ceildiv 256)>} {{
  %p = tile.program_id 0
  %n = tile.size %c, 0 : !W
  %x = tile.load %a[%p, %n] map #map2 bounds #set other {2} : {3} : !V -> tensor<256x{3}>
  %y = tile.load %b[%p, %n] map #map2 bounds #set other {2} : {3} : !V -> tensor<256x{3}>
  {4}
  tile.store %z, %c[%p, %n] map #map2 bounds #set : tensor<256x{5}>, !W
  return
}
)",
      llvm::formatv(view.c_str(), from).str(),
      llvm::formatv(view.c_str(), to).str(), integer ? "0" : "0.0", from, body,
      to, warps);
}

template <typename To, typename From>
std::vector<To> evaluate(const std::string &from, const std::string &to,
                         const std::string &body, const std::vector<From> &x,
                         const std::vector<From> &y, int warps = 4) {
  EmulatedKernel kernel(kernelText(from, to, body, warps), 80);
  auto size = static_cast<std::int64_t>(x.size());
  alignas(16) static thread_local std::vector<To> z;
  z.assign(x.size(), To());
  auto address = [](const void *p) {
    return reinterpret_cast<std::int64_t>(p);
  };
  kernel.run({address(x.data()), size, 1, address(y.data()), size, 1,
              address(z.data()), size, 1},
             (size + block - 1) / block);
  return z;
}

std::vector<float> samples(float low, float high) {
  std::vector<float> values{0.0f,     -0.0f,     1.0f,    -1.0f,    0.5f,
                            2.0f,     1e-40f,    1e-30f,  3e38f,    -3e38f,
                            INFINITY, -INFINITY, NAN,     88.7f,    -103.9f,
                            -87.5f,   127.9f,    -149.5f, 0.99999f, 1.00001f};
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(low, high);
  while (values.size() < 1000)
    values.push_back(uniform(random));
  return values;
}

std::string tileOf(const std::string &type) {
  return "tensor<256x" + type + ">";
}

/// What the hardware's power of two makes (exponentials.cpp).
template <typename Real> bool isOfHardware(const UnaryFunction &function) {
  const std::string name = function.name;
  return std::is_same_v<Real, float> &&
         (name == "exp" || name == "exp2" || name == "tanh" || name == "erf");
}

/// The emitted function must be the algorithm that tests/elementary measures,
/// bit for bit, unless it is the hardware's, and close to the C library's.
template <typename Real>
void expectUnary(const UnaryFunction &function, const std::string &type,
                 Real (*native)(Real), const std::vector<Real> &x) {
  SCOPED_TRACE(function.name + (" " + type));
  std::vector<Real> z = evaluate<Real>(
      type, type,
      "%z = math." + std::string(function.name) + " %x : " + tileOf(type), x,
      x);
  for (size_t i = 0; i < x.size(); ++i) {
    if (!isOfHardware<Real>(function))
      ASSERT_EQ(ulps(z[i], native(x[i])), 0) << x[i];
    ASSERT_LE(ulps(z[i], static_cast<Real>(function.exact(x[i]))), 2) << x[i];
  }
}

TEST(DeviceMath, UnaryFunctions) {
  std::vector<float> singles = every_exponent<float>(3, 7);
  std::vector<double> doubles = every_exponent<double>(1, 8);
  for (const UnaryFunction &function : unary_functions()) {
    expectUnary(function, "f32", function.single, singles);
    expectUnary(function, "f64", function.doubled, doubles);
  }
}

TEST(DeviceMath, FunctionsOfOneInstruction) {
  using F = double (*)(double);
  const std::pair<const char *, F> functions[] = {
      {"sqrt", std::sqrt},           {"floor", std::floor},
      {"ceil", std::ceil},           {"trunc", std::trunc},
      {"roundeven", std::nearbyint}, {"absf", std::fabs}};
  std::vector<float> x = every_exponent<float>(3, 9);
  for (auto [name, exact] : functions) {
    std::vector<float> z = evaluate<float>(
        "f32", "f32",
        "%z = math." + std::string(name) + " %x : " + tileOf("f32"), x, x);
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(ulps(z[i], static_cast<float>(exact(x[i]))), 0)
          << name << " of " << x[i];
  }
  auto root = evaluate<float>("f32", "f32",
                              "%z = math.rsqrt %x : " + tileOf("f32"), x, x);
  auto sum = evaluate<float>(
      "f32", "f32", "%z = math.fma %x, %x, %x : " + tileOf("f32"), x, x);
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_LE(ulps(root[i], static_cast<float>(1 / std::sqrt(double(x[i])))), 2)
        << x[i];
    ASSERT_EQ(ulps(sum[i], std::fma(x[i], x[i], x[i])), 0) << x[i];
  }
}

/// Pairs of special values, then random ones of any exponents.
template <typename Real>
void pairs(std::vector<Real> &x, std::vector<Real> &y) {
  for (Real left : special_values<Real>())
    for (Real right : special_values<Real>()) {
      x.push_back(left);
      y.push_back(right);
    }
  std::vector<Real> some = every_exponent<Real>(1, 11);
  std::mt19937 random(12);
  for (int i = 0; i < 3000; ++i) {
    x.push_back(some[random() % some.size()]);
    y.push_back(some[random() % some.size()]);
  }
  for (int i = 0; i < 500; ++i) { // of similar size
    x.push_back(some[random() % some.size()]);
    y.push_back(x.back() * static_cast<Real>(random() % 1000) / 777);
  }
}

/// Halves are computed in f32 and rounded, by the functions that
/// tests/elementary measures for every number, directly and on the way from and
/// to f32.
TEST(DeviceMath, NarrowFloats) {
  for (DType dtype : {DType::f16, DType::bf16}) {
    const std::string type = dtype == DType::f16 ? "f16" : "bf16";
    const std::string narrow = tileOf(type), wide = tileOf("f32");
    std::vector<std::uint16_t> x;
    for (int code = 0; code < 65536; code += 29)
      x.push_back(static_cast<std::uint16_t>(code));
    x.push_back(0x8000); // -0
    for (const HalfFunction &function : half_functions()) {
      const std::string name = std::string("math.") + function.name;
      const auto direct = evaluate<std::uint16_t>(
          type, type, "%z = " + name + " %x : " + narrow, x, x);
      const auto around = evaluate<std::uint16_t>(
          type, type,
          "%w = arith.extf %x : " + narrow + " to " + wide + " %v = " + name +
              " %w : " + wide + " %z = arith.truncf %v : " + wide + " to " +
              narrow,
          x, x);
      for (size_t i = 0; i < x.size(); ++i) {
        const auto wide_x = static_cast<float>(decode(dtype, x[i]));
        const double exact = round_to(dtype, function.single(wide_x));
        ASSERT_EQ(ulps(decode(dtype, direct[i]), exact), 0)
            << function.name << " of " << wide_x << " as " << type;
        ASSERT_EQ(ulps(decode(dtype, around[i]), exact), 0)
            << function.name << " of " << wide_x << " as " << type;
      }
    }
  }
}

/// The same of pairs.
TEST(DeviceMath, PowersOfNarrowFloats) {
  std::vector<float> x, y;
  pairs(x, y);
  for (DType dtype : {DType::f16, DType::bf16}) {
    const std::string type = dtype == DType::f16 ? "f16" : "bf16";
    const std::string wide = tileOf("f32"), narrow = tileOf(type);
    const auto z = evaluate<std::uint16_t>(
        "f32", type,
        "%w = math.powf %x, %y : " + wide + " %z = arith.truncf %w : " + wide +
            " to " + narrow,
        x, y);
    Native<float> native;
    for (size_t i = 0; i < x.size(); ++i) {
      const auto made = compiler::elementary::halves::pow(native, x[i], y[i]);
      const float power = made.isRight
                              ? made.value
                              : compiler::elementary::pow(native, x[i], y[i]);
      ASSERT_EQ(ulps(decode(dtype, z[i]), round_to(dtype, power)), 0)
          << x[i] << " ^ " << y[i] << " as " << type;
    }
  }
}

template <typename Real> void expectBinary(const std::string &type) {
  SCOPED_TRACE(type);
  std::vector<Real> x, y;
  pairs(x, y);
  auto run = [&](const std::string &op) {
    return evaluate<Real>(type, type,
                          "%z = " + op + " %x, %y : " + tileOf(type), x, y);
  };
  auto power = run("math.powf"), angle = run("math.atan2"),
       rest = run("arith.remf");
  Native<Real> native;
  for (size_t i = 0; i < x.size(); ++i) {
    SCOPED_TRACE(llvm::formatv("{0}, {1}", x[i], y[i]).str());
    namespace elementary = girih::compiler::elementary;
    ASSERT_EQ(ulps(power[i], elementary::pow(native, x[i], y[i])), 0);
    ASSERT_EQ(ulps(angle[i], elementary::atan2(native, x[i], y[i])), 0);
    ASSERT_EQ(ulps(rest[i], std::fmod(x[i], y[i])), 0);
  }
}

TEST(DeviceMath, FunctionsOfTwo) {
  expectBinary<float>("f32");
  expectBinary<double>("f64");
}

/// Which four a lane is of, and which of them: known to the compiler but for
/// the thread, which has eight in a row.
TEST(DeviceMath, PlacesInGroups) {
  const std::string type = tileOf("i32");
  const std::vector<std::int8_t> x(1000, 7);
  const auto z = evaluate<std::int8_t>(
      "i8", "i8",
      "%two = arith.constant dense<2> : " + type +
          " %three = arith.constant dense<3> : " + type +
          " %i = tile.coordinate[%p, %n] map #map2 : " + type +
          " %q = arith.shrsi %i, %two : " + type +
          " %r = arith.andi %i, %three : " + type +
          " %s = arith.muli %q, %three : " + type +
          " %t = arith.addi %s, %r : " + type +
          " %v = arith.trunci %t : " + type + " to " + tileOf("i8") +
          " %z = arith.addi %v, %x : " + tileOf("i8"),
      x, x, /*warps=*/1);
  for (std::int64_t i = 0; i < 1000; ++i)
    ASSERT_EQ(z[static_cast<std::size_t>(i)],
              static_cast<std::int8_t>(i / 4 * 3 + i % 4 + 7))
        << i;
}

const llvm::fltSemantics &semantics(const std::string &type) {
  return type == "f8E4M3FN" ? llvm::APFloat::Float8E4M3FN()
                            : llvm::APFloat::Float8E5M2();
}

/// Quotients that are rounded to 16 bits, one divisor for each dividend: by the
/// short division, at most one number off.
TEST(DeviceMath, QuotientsOfSixteenBits) {
  std::vector<float> x, y;
  pairs(x, y);
  const std::string wide = tileOf("f32"), narrow = tileOf("bf16");
  const std::string product =
      "%q = arith.divf %x, %y : " + wide + " %w = arith.mulf %q, %x : " + wide +
      " %z = arith.truncf %w : " + wide + " to " + narrow;
  const auto z = evaluate<std::uint16_t>("f32", "bf16", product, x, y);
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_LE(
        ulps(static_cast<float>(decode(DType::bf16, z[i])),
             static_cast<float>(round_to(DType::bf16, x[i] / y[i] * x[i]))),
        1 << 16)
        << x[i] << " / " << y[i];
}

/// By the divisor's reciprocal, and correctly rounded for all numbers.
TEST(DeviceMath, QuotientsByOne) {
  const std::vector<float> x = every_exponent<float>(3, 11);
  for (float divisor : {3.0F, 448.0F, 0.99999994F, 0x1p-60F, 1e-39F, -7.0F,
                        0.0F, 3e38F, INFINITY}) {
    const std::string wide = tileOf("f32"),
                      number = llvm::formatv("{0:x8}",
                                             llvm::bit_cast<uint32_t>(divisor));
    const auto z = evaluate<float>(
        "f32", "f32",
        "%s = arith.constant dense<0x" + number.substr(number.size() - 8) +
            "> : " + wide + " %z = arith.divf %x, %s : " + wide,
        x, x, /*warps=*/1);
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(ulps(z[i], x[i] / divisor), 0) << x[i] << " / " << divisor;
      ASSERT_TRUE(std::isnan(z[i]) ||
                  std::signbit(z[i]) == std::signbit(x[i] / divisor))
          << x[i] << " / " << divisor;
    }
  }
}

// By approximations, and correctly rounded all the same.
TEST(DeviceMath, RootsAndReciprocalsOfBf16) {
  std::vector<std::uint16_t> codes(1 << 16);
  std::iota(codes.begin(), codes.end(), std::uint16_t{0});
  const std::string wide = tileOf("f32"), narrow = tileOf("bf16");
  const auto of = [&](const std::string &operation) {
    return evaluate<std::uint16_t>(
        "bf16", "bf16",
        "%u = arith.extf %x : " + narrow + " to " + wide + " " + operation +
            " %z = arith.truncf %r : " + wide + " to " + narrow,
        codes, codes);
  };
  const auto roots = of("%r = math.sqrt %u : " + wide),
             inverses = of("%one = arith.constant dense<1.0> : " + wide +
                           " %r = arith.divf %one, %u : " + wide);
  for (size_t i = 0; i < codes.size(); ++i) {
    const double x = decode(DType::bf16, codes[i]);
    const auto check = [&](std::uint16_t got, double exact) {
      const double value = decode(DType::bf16, got);
      ASSERT_TRUE(std::isnan(exact) ? std::isnan(value)
                                    : value == round_to(DType::bf16, exact))
          << value << ", not " << exact << ", of " << x;
    };
    check(roots[i], std::sqrt(x));
    check(inverses[i], 1 / x);
  }
}

TEST(DeviceMath, Fp8WithoutInstructions) {
  for (std::string type : {"f8E4M3FN", "f8E5M2"}) {
    SCOPED_TRACE(type);
    std::vector<std::uint8_t> codes(256);
    for (int i = 0; i < 256; ++i)
      codes[i] = static_cast<std::uint8_t>(i);
    auto wide = evaluate<float>(type, "f32",
                                "%z = arith.extf %x : tensor<256x" + type +
                                    "> to tensor<256xf32>",
                                codes, codes);
    for (int i = 0; i < 256; ++i) {
      llvm::APFloat exact(semantics(type), llvm::APInt(8, i));
      EXPECT_EQ(ulps(wide[i], exact.convertToFloat()), 0) << i;
    }
    float largest = type == "f8E4M3FN" ? 448 : 57344;
    std::vector<float> x = samples(-largest, largest);
    std::mt19937 random(3);
    std::uniform_real_distribution<float> small(-0.05f, 0.05f);
    for (int i = 0; i < 2000; ++i)
      x.push_back(i % 2 ? small(random) : wide[i % 256] * 1.0625f);
    for (float &value : x)
      if (std::fabs(value) > largest)
        value = std::copysign(largest, value); // as the frontend does
    auto narrow = evaluate<std::uint8_t>(
        "f32", type,
        "%z = arith.truncf %x : tensor<256xf32> to tensor<256x" + type + ">", x,
        x);
    for (size_t i = 0; i < x.size(); ++i) {
      if (std::isnan(x[i]))
        continue;
      llvm::APFloat exact(x[i]);
      bool lost;
      exact.convert(semantics(type), llvm::APFloat::rmNearestTiesToEven, &lost);
      EXPECT_EQ(narrow[i], exact.bitcastToAPInt().getZExtValue()) << x[i];
    }
  }
}

} // namespace
