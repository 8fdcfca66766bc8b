// SPDX-License-Identifier: Apache-2.0
#include "operands.h"
#include "tolerance.h"

#include "girih/compiler/compiler.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

namespace girih::testing {
namespace {

constexpr DType dtypes[] = {f64, f32, f16, bf16, i64, i32, i16, i8, u8};

class AddTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(AddTest);

std::vector<double> sums(const std::vector<double> &a,
                         const std::vector<double> &b, DType dtype) {
  std::vector<double> result(a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    result[i] = a[i] + b[i];
  // One rounding: the sum of two values of at most 24 bits that are near each
  // other in magnitude is exact in f64, or rounds twice without harm.
  return rounded(result, dtype);
}

// Runs one case into a poisoned output and compares bit for bit.
void check(const std::vector<std::int64_t> &shape, DType dtype, Device device,
           Layout a_layout, Layout b_layout, Layout out_layout,
           Values values = Values::reals) {
  auto random = random_engine();
  const Operand a(shape, dtype, device, a_layout, values, random);
  const Operand b(shape, dtype, device, b_layout, values, random);
  const Operand out(shape, dtype, device, out_layout);
  ops::add_out(a.array(), b.array(), out.array());
  EXPECT_TRUE(same_values(out.values(), sums(a.values(), b.values(), dtype)));
  EXPECT_TRUE(out.untouched_outside());
}

std::string text(const std::vector<std::int64_t> &shape) {
  std::string result = "shape";
  for (std::int64_t size : shape)
    result += " " + std::to_string(size);
  return result;
}

TEST_P(AddTest, EveryDtype) {
  for (DType dtype : dtypes) {
    SCOPED_TRACE(girih::name(dtype));
    check({1031}, dtype, device(), Layout::contiguous, Layout::contiguous,
          Layout::contiguous);
    check({37, 29}, dtype, device(), Layout::contiguous, Layout::transposed,
          Layout::contiguous);
  }
}

TEST_P(AddTest, EverySize) {
  for (std::int64_t size :
       {0,    1,    2,    3,    7,    31,   127,  128,  129,  1021,
        1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 65537}) {
    SCOPED_TRACE(size);
    for (DType dtype : {f32, bf16})
      check({size}, dtype, device(), Layout::contiguous, Layout::contiguous,
            Layout::contiguous);
  }
}

TEST_P(AddTest, EveryRank) {
  const std::vector<std::int64_t> shapes[] = {{},
                                              {1},
                                              {5, 0, 3},
                                              {1, 1, 1},
                                              {63, 65},
                                              {64, 64},
                                              {3, 5, 7},
                                              {2, 3, 33, 31},
                                              {2, 1, 3, 1, 5},
                                              {1, 127, 129},
                                              {2, 2, 2, 2, 2, 2, 2, 3}};
  for (const auto &shape : shapes) {
    SCOPED_TRACE(text(shape));
    if (on_interpreter() && shape.size() == 8)
      continue;
    for (Layout layout : {Layout::contiguous, Layout::transposed})
      check(shape, f32, device(), layout, Layout::contiguous,
            Layout::contiguous);
  }
}

TEST_P(AddTest, EveryLayout) {
  const std::int64_t rows = on_interpreter() ? 3 : 35;
  for (Layout a : all_layouts)
    for (Layout b : all_layouts)
      for (Layout out : all_layouts) {
        SCOPED_TRACE(std::string(name(a)) + " + " + name(b) + " -> " +
                     name(out));
        check({rows, 67}, bf16, device(), a, b, out);
        check({131}, f32, device(), a, b, out);
      }
}

TEST_P(AddTest, Broadcasts) {
  auto random = random_engine();
  const Operand a({3, 1, 5}, f32, device(), Layout::contiguous, Values::reals,
                  random);
  const Operand b({4, 1}, f32, device(), Layout::contiguous, Values::reals,
                  random);
  const Array result = ops::add(a.array(), b.array());
  ASSERT_EQ(
      std::vector<std::int64_t>(result.shape().begin(), result.shape().end()),
      (std::vector<std::int64_t>{3, 4, 5}));
  const auto x = a.values(), y = b.values();
  std::vector<double> expected;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 4; ++j)
      for (std::size_t k = 0; k < 5; ++k)
        expected.push_back(x[i * 5 + k] + y[j]);
  EXPECT_TRUE(same_values(result.to_vector(), rounded(expected, f32)));
}

TEST_P(AddTest, Promotes) {
  const double values[] = {1, 2, 3};
  const Array whole = Array::from(values, {3}, i32, device());
  const Array real = Array::from(values, {3}, bf16, device());
  const Array half = Array::from(values, {3}, f16, device());
  EXPECT_EQ(ops::add(whole, real).dtype(), bf16);
  EXPECT_EQ(ops::add(half, real).dtype(), f32);
  EXPECT_TRUE(same_values(ops::add(whole, real).to_vector(), {2.0, 4.0, 6.0}));
}

TEST_P(AddTest, IntegersWrap) {
  const double large[] = {127, -128, 100}, step[] = {1, -1, 100};
  const Array a = Array::from(large, {3}, i8, device());
  const Array b = Array::from(step, {3}, i8, device());
  EXPECT_TRUE(same_values(ops::add(a, b).to_vector(), {-128, 127, -56}));
}

TEST_P(AddTest, SpecialValues) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double x[] = {inf, inf, nan, -inf, 0, -0.0};
  const double y[] = {1, -inf, 1, -inf, -0.0, -0.0};
  for (DType dtype : {f64, f32, f16, bf16}) {
    const Array a = Array::from(x, {6}, dtype, device());
    const Array b = Array::from(y, {6}, dtype, device());
    const auto sum = ops::add(a, b).to_vector();
    EXPECT_TRUE(same_values(sum, {inf, nan, nan, -inf, 0, 0}));
    EXPECT_FALSE(std::signbit(sum[4]));
    EXPECT_TRUE(std::signbit(sum[5]));
  }
}

// The host's compiled code against the interpreter, in the program's own
// dtypes and in f64.
TEST(AddInterpreterTest, AgreesBitForBit) {
  const Kernel &kernel = ops::find_kernel("add").kernel;
  const LaunchOptions options{.config = parse_config("BM=8 BN=32"),
                              .stream = {}};
  for (DType dtype : dtypes)
    for (Layout layout : all_layouts) {
      SCOPED_TRACE(std::string(girih::name(dtype)) + " " + name(layout));
      auto random = random_engine();
      const std::vector<std::int64_t> shape{13, 77};
      const Operand a(shape, dtype, host_device, layout, Values::reals, random);
      const Operand b(shape, dtype, host_device, Layout::contiguous,
                      Values::reals, random);
      const Operand out(shape, dtype, host_device, Layout::padded);
      const std::vector<Array> arrays{a.array(), b.array(), out.array()};
      const auto block = parameters(arrays);
      for (bool all_f64 : {false, true}) {
        const Operand again(shape, dtype, host_device, Layout::padded);
        auto copy = block;
        copy[2 * 5] = reinterpret_cast<std::intptr_t>(again.array().data());
        compiler::interpret(kernel.program(arrays, options), copy.data(),
                            all_f64);
        kernel.launch(arrays, options);
        EXPECT_TRUE(same_values(out.values(), again.values()));
        EXPECT_TRUE(again.untouched_outside());
      }
    }
}

} // namespace
} // namespace girih::testing
