// SPDX-License-Identifier: Apache-2.0
// Elementary functions and conversions that the nvptx back end computes itself,
// run on the CPU, against the C library and LLVM's arbitrary floats.
#include "emulator.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <random>

using namespace girih::testing;

namespace {

constexpr std::int64_t block = 256;

/// c = body(x, y), elementwise; `body` defines %z.
std::string kernelText(const std::string &from, const std::string &to,
                       const std::string &body) {
  std::string view = "!tile.view<element = {0}, sizes = [1], strides = [1], "
                     "unit = 0, align = 16>";
  bool integer = from[0] == 'i';
  return llvm::formatv(
      R"(#map = affine_map<(d0)[s0] -> (s0 * 256 + d0)>
#set = affine_set<(d0)[s0, s1] : (s1 - s0 * 256 - d0 - 1 >= 0)>
#map2 = affine_map<(d0)[s0, s1] -> (s0 * 256 + d0)>
!V = {0}
!W = {1}
func.func @f(%a: !V, %b: !V, %c: !W) attributes {{tile.kernel,
  tile.config = "num_warps=4", tile.index_bits = 32 : i64,
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
      to);
}

template <typename To, typename From>
std::vector<To> evaluate(const std::string &from, const std::string &to,
                         const std::string &body, const std::vector<From> &x,
                         const std::vector<From> &y) {
  EmulatedKernel kernel(kernelText(from, to, body), 80);
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

/// Distance in representable values.
std::int64_t ulps(float a, float b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b) ? 0 : INT32_MAX;
  auto order = [](float value) -> std::int64_t {
    auto bits = llvm::bit_cast<std::int32_t>(value);
    return bits < 0 ? std::int64_t(INT32_MIN) - bits : bits;
  };
  return std::abs(order(a) - order(b));
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

void expectUnary(const std::string &op, std::function<double(double)> reference,
                 float low, float high, std::int64_t most) {
  SCOPED_TRACE(op);
  std::vector<float> x = samples(low, high);
  std::vector<float> z = evaluate<float>(
      "f32", "f32", "%z = math." + op + " %x : tensor<256xf32>", x, x);
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_LE(ulps(z[i], static_cast<float>(reference(x[i]))), most)
        << op << "(" << x[i] << ") is " << z[i];
}

TEST(DeviceMath, UnaryFunctions) {
  expectUnary("exp", [](double x) { return std::exp(x); }, -110, 95, 2);
  expectUnary("exp2", [](double x) { return std::exp2(x); }, -155, 130, 2);
  expectUnary("log", [](double x) { return std::log(x); }, 0, 5, 2);
  expectUnary("log2", [](double x) { return std::log2(x); }, 0, 5, 2);
  expectUnary("sqrt", [](double x) { return std::sqrt(x); }, -1, 1e4, 0);
  expectUnary("rsqrt", [](double x) { return 1 / std::sqrt(x); }, 0, 1e4, 2);
  expectUnary("tanh", [](double x) { return std::tanh(x); }, -12, 12, 2);
  expectUnary("erf", [](double x) { return std::erf(x); }, -5, 5, 2);
  expectUnary("floor", [](double x) { return std::floor(x); }, -9, 9, 0);
  expectUnary("ceil", [](double x) { return std::ceil(x); }, -9, 9, 0);
  expectUnary("absf", [](double x) { return std::fabs(x); }, -9, 9, 0);
}

TEST(DeviceMath, SineAndCosine) {
  std::vector<float> x = samples(-1e5f, 1e5f);
  for (float &value : x)
    if (std::fabs(value) > 1e9f && std::isfinite(value))
      value = 1e9f; // what the reduction is made for
  for (bool cosine : {false, true}) {
    std::string op = cosine ? "cos" : "sin";
    std::vector<float> z = evaluate<float>(
        "f32", "f32", "%z = math." + op + " %x : tensor<256xf32>", x, x);
    for (size_t i = 0; i < x.size(); ++i) {
      double wide = x[i], exact = cosine ? std::cos(wide) : std::sin(wide);
      EXPECT_LE(ulps(z[i], static_cast<float>(exact)), 2) << op << x[i];
    }
  }
}

TEST(DeviceMath, PowerAndRemainder) {
  std::vector<float> base = samples(-20, 20), x, y;
  for (float left : base)
    for (float right : {0.0f, 1.0f, -1.0f, 2.0f, 3.0f, -3.0f, 0.5f, 17.25f,
                        INFINITY, -INFINITY, NAN, 1e-38f}) {
      x.push_back(left);
      y.push_back(right);
    }
  auto power = evaluate<float>("f32", "f32",
                               "%z = math.powf %x, %y : tensor<256xf32>", x, y);
  auto rest = evaluate<float>("f32", "f32",
                              "%z = arith.remf %x, %y : tensor<256xf32>", x, y);
  for (size_t i = 0; i < x.size(); ++i) {
    double wide = x[i];
    EXPECT_LE(ulps(power[i], static_cast<float>(std::pow(wide, y[i]))), 2)
        << x[i] << " ^ " << y[i];
    EXPECT_EQ(ulps(rest[i], std::fmod(x[i], y[i])), 0) << x[i] << " % " << y[i];
  }
}

const llvm::fltSemantics &semantics(const std::string &type) {
  return type == "f8E4M3FN" ? llvm::APFloat::Float8E4M3FN()
                            : llvm::APFloat::Float8E5M2();
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
