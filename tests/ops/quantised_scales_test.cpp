// SPDX-License-Identifier: Apache-2.0
// Quantisation and its inverse. References are the formulas in f32, operation
// by operation: elements are compared bit for bit.
#include "operands.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <bit>
#include <cmath>
#include <limits>

namespace girih::testing {
namespace {

constexpr DType wide[] = {f32, f16, bf16, f64}, results[] = {f32, f16, bf16};
constexpr DType narrow[] = {i8, e4m3, e5m2};

class QuantiseTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(QuantiseTest);
class ActQuantTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(ActQuantTest);
class DequantiseTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(DequantiseTest);

double largest_of(DType dtype) {
  return dtype == i8 ? 127 : dtype == e4m3 ? 448 : 57344;
}

/// A quotient as an element of the dtype.
double element(float quotient, DType dtype) {
  if (std::isnan(quotient))
    return dtype == i8 ? 0 : quotient;
  const double low = dtype == i8 ? -128 : -largest_of(dtype);
  const double inside =
      std::min(std::max<double>(quotient, low), largest_of(dtype));
  return dtype == i8 ? std::nearbyint(inside) : rounded({inside}, dtype)[0];
}

float largest(const double *x, std::size_t count) {
  float found = 0;
  for (std::size_t i = 0; i < count; ++i)
    found = std::isnan(x[i]) || std::isnan(found)
                ? std::numeric_limits<float>::quiet_NaN()
                : std::max(found, std::abs(static_cast<float>(x[i])));
  return found;
}

struct Quantised {
  std::vector<double> out, scales;
};

/// Groups of `group` of each row of `length`, the last of a row short.
Quantised reference(const std::vector<double> &x, std::size_t length,
                    std::size_t group, DType dtype, float least,
                    bool powers = false) {
  Quantised made;
  for (std::size_t row = 0; row < x.size(); row += length)
    for (std::size_t at = 0; at < length; at += group) {
      const double *first = x.data() + row + at;
      const std::size_t count = std::min(group, length - at);
      const float top = largest(first, count);
      float scale = (std::isnan(top) ? top : std::max(top, least)) /
                    static_cast<float>(largest_of(dtype));
      if (powers && std::isfinite(scale))
        scale = static_cast<float>(
            std::exp2(std::ceil(std::log2(static_cast<double>(scale)))));
      made.scales.push_back(scale);
      for (std::size_t i = 0; i < count; ++i)
        made.out.push_back(
            element(static_cast<float>(first[i]) / scale, dtype));
    }
  return made;
}

std::vector<std::int64_t> without_last(std::vector<std::int64_t> shape) {
  shape.pop_back();
  return shape;
}

void check_rows(const std::vector<std::int64_t> &shape, DType from, DType to,
                Device device, Layout in = Layout::contiguous,
                Layout result = Layout::contiguous) {
  SCOPED_TRACE(std::string(name(from)) + " -> " + std::string(name(to)) + " " +
               name(in) + " -> " + name(result) + " last " +
               std::to_string(shape.back()));
  auto random = random_engine();
  const Operand x(shape, from, device, in, Values::reals, random);
  const Operand out(shape, to, device, result);
  const Operand scales(without_last(shape), f32, device, Layout::stepped);
  ops::quantize_per_row_out(x.array(), out.array(), scales.array());
  const auto length = static_cast<std::size_t>(shape.back());
  const Quantised expected = reference(x.values(), length, length, to, 1e-8F);
  EXPECT_TRUE(same_values(scales.values(), expected.scales));
  EXPECT_TRUE(same_values(out.values(), expected.out));
  EXPECT_TRUE(out.untouched_outside());
  EXPECT_TRUE(scales.untouched_outside());
}

TEST_P(QuantiseTest, RowsOfEveryDtype) {
  for (const DType from : wide)
    for (const DType to : narrow)
      check_rows({3, 67}, from, to, device());
}

TEST_P(QuantiseTest, RowsOfEveryLength) {
  const std::vector<std::int64_t> lengths =
      on_interpreter()
          ? std::vector<std::int64_t>{1, 5, 33}
          : std::vector<std::int64_t>{1, 2, 31, 128, 129, 1021, 7168, 16384};
  for (const std::int64_t length : lengths)
    for (const std::int64_t rows : {1, 7})
      check_rows({rows, length}, bf16, i8, device());
}

TEST_P(QuantiseTest, LongRows) {
  if (on_interpreter())
    GTEST_SKIP() << "too many elements";
  for (const DType to : narrow)
    check_rows({3, 20483}, f32, to, device());
}

TEST_P(QuantiseTest, EveryLayout) {
  for (const Layout in : all_layouts)
    for (const Layout out : {Layout::contiguous, Layout::transposed})
      check_rows({2, 3, 19}, f32, e4m3, device(), in, out);
}

TEST_P(QuantiseTest, Tensors) {
  const std::vector<std::vector<std::int64_t>> shapes =
      on_interpreter() ? std::vector<std::vector<std::int64_t>>{{}, {2, 3, 5}}
                       : std::vector<std::vector<std::int64_t>>{
                             {}, {1}, {2, 3, 5}, {129, 127}, {77, 1031}};
  for (const auto &shape : shapes)
    for (const DType to : narrow)
      for (const Layout layout : {Layout::contiguous, Layout::transposed}) {
        auto random = random_engine();
        const Operand x(shape, bf16, device(), layout, Values::reals, random);
        const Operand out(shape, to, device(), Layout::padded);
        const Operand scale(std::vector<std::int64_t>{}, f32, device(),
                            Layout::contiguous);
        ops::quantize_per_tensor_out(x.array(), out.array(), scale.array());
        const auto values = x.values();
        const Quantised expected =
            reference(values, values.size(), values.size(), to, 1e-8F);
        EXPECT_TRUE(same_values(scale.values(), expected.scales));
        EXPECT_TRUE(same_values(out.values(), expected.out));
        EXPECT_TRUE(out.untouched_outside());
      }
}

// Of zeros the smallest scale; a NaN or an infinity has its row to itself.
TEST_P(QuantiseTest, OddRows) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               inf = std::numeric_limits<double>::infinity();
  const std::vector<double> values{0, 0,     -0.0, 1,    nan,  2,
                                   3, inf,   -4,   -inf, 5,    nan,
                                   1, -1e-9, 1e-9, 127,  63.5, -0.5};
  const Array x = Array::from(values, {6, 3}, f32, device());
  for (const DType to : narrow) {
    const auto [out, scales] = ops::quantize_per_row(x, to);
    const Quantised expected = reference(values, 3, 3, to, 1e-8F);
    EXPECT_TRUE(
        same_values(scales.to(host_device).to_vector(), expected.scales));
    EXPECT_TRUE(same_values(out.to(host_device).to_vector(), expected.out));
  }
}

TEST_P(QuantiseTest, EmptyRowsHaveScales) {
  const auto [out, scales] =
      ops::quantize_per_row(Array::zeros({3, 0}, bf16, device()), i8);
  EXPECT_EQ(out.numel(), 0);
  const float least = 1e-8F / 127;
  EXPECT_TRUE(
      same_values(scales.to(host_device).to_vector(), {least, least, least}));
  EXPECT_EQ(ops::quantize_per_row(Array::zeros({0, 5}, bf16, device()), i8)[1]
                .numel(),
            0);
}

// Every number of bf16 by every kind of scale.
TEST_P(QuantiseTest, EveryNumber) {
  const std::int64_t rows = on_interpreter() ? 16 : 256;
  std::vector<double> values;
  for (std::int64_t code = 0; code < rows * 256; ++code) {
    const auto bits = static_cast<std::uint32_t>(code * (256 / rows)) << 16;
    values.push_back(std::bit_cast<float>(bits));
  }
  const Array x = Array::from(values, {rows, 256}, bf16, device());
  std::vector<double> row(static_cast<std::size_t>(rows)), column(256);
  for (std::size_t i = 0; i < row.size(); ++i)
    row[i] = static_cast<float>(0.01 * static_cast<double>(i + 1));
  for (std::size_t i = 0; i < column.size(); ++i)
    column[i] = static_cast<float>(3.0 / static_cast<double>(i + 1));
  const auto expected = [&](DType to, auto scale) {
    std::vector<double> out;
    for (std::size_t i = 0; i < values.size(); ++i)
      out.push_back(element(
          static_cast<float>(values[i]) / static_cast<float>(scale(i)), to));
    return out;
  };
  for (const DType to : narrow) {
    const auto check = [&](const ops::ArrayOrNumber &scale, auto of) {
      const Array out = ops::quantize_static(x, scale, to);
      EXPECT_TRUE(
          same_values(out.to(host_device).to_vector(), expected(to, of)));
    };
    check(1.0, [](std::size_t) { return 1.0; });
    check(Array::from(std::vector<double>{0.37}, {}, f32, device()),
          [](std::size_t) { return 0.37; });
    check(Array::from(row, {rows, 1}, f32, device()),
          [&](std::size_t i) { return row[i / 256]; });
    check(Array::from(column, {256}, f32, device()),
          [&](std::size_t i) { return column[i % 256]; });
  }
}

/// All codes of an 8-bit dtype as an array of `shape`, and what they are.
struct Codes {
  Codes(const std::vector<std::int64_t> &shape, DType dtype, Device device) {
    std::int64_t count = 1;
    for (std::int64_t size : shape)
      count *= size;
    std::vector<double> numbers;
    for (std::int64_t i = 0; i < count; ++i)
      numbers.push_back(static_cast<double>(i * 7 % 256));
    memory = Array::from(numbers, {count}, u8, device);
    array = Array(memory.data(), shape, dtype, device);
    const Array host = memory.to(host_device);
    values = Array(host.data(), shape, dtype, host_device).to_vector();
  }
  Array memory, array;
  std::vector<double> values;
};

TEST_P(DequantiseTest, EveryNumber) {
  for (const DType from : narrow)
    for (const DType to : results) {
      const Codes codes({16, 16}, from, device());
      std::vector<double> scales, expected;
      for (int row = 0; row < 16; ++row)
        scales.push_back(static_cast<float>(0.3 * (row + 1)));
      for (std::size_t i = 0; i < 256; ++i)
        expected.push_back(static_cast<float>(codes.values[i]) *
                           static_cast<float>(scales[i / 16]));
      const Array out = ops::dequantize(
          codes.array, Array::from(scales, {16, 1}, f32, device()), to);
      EXPECT_TRUE(
          same_values(out.to(host_device).to_vector(), rounded(expected, to)));
      for (double &value : expected)
        value = 0;
      const Array zeros = ops::dequantize(codes.array, 0.5, to);
      for (std::size_t i = 0; i < 256; ++i)
        expected[i] = codes.values[i] / 2;
      EXPECT_TRUE(same_values(zeros.to(host_device).to_vector(),
                              rounded(expected, to)));
    }
}

void check_weight(const std::vector<std::int64_t> &shape, DType from, DType to,
                  Device device, bool turned = false) {
  SCOPED_TRACE(std::string(name(from)) + " " + std::to_string(shape.back()));
  auto random = random_engine();
  const auto m = shape[shape.size() - 2], n = shape.back();
  const auto blocks = [](std::int64_t size) { return (size + 127) / 128; };
  std::vector<std::int64_t> scale_shape = shape;
  scale_shape[shape.size() - 2] = blocks(m);
  scale_shape.back() = blocks(n);
  std::vector<std::int64_t> memory = shape;
  if (turned)
    std::swap(memory[shape.size() - 2], memory.back());
  const Codes codes(memory, from, device);
  const int rank = static_cast<int>(shape.size());
  const Array x =
      turned ? codes.array.transpose(rank - 2, rank - 1) : codes.array;
  const Operand scales(scale_shape, f32, device,
                       turned ? Layout::transposed : Layout::padded,
                       Values::reals, random);
  const Operand out(shape, to, device, Layout::padded);
  ops::weight_dequant_out(x, scales.array(), out.array());
  const auto factors = scales.values();
  std::vector<double> expected;
  const std::int64_t count = shape.size() == 3 ? shape[0] : 1;
  for (std::int64_t e = 0; e < count; ++e)
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        const auto at = turned ? (e * n + j) * m + i : (e * m + i) * n + j;
        const auto of = (e * blocks(m) + i / 128) * blocks(n) + j / 128;
        expected.push_back(
            static_cast<float>(codes.values[static_cast<std::size_t>(at)]) *
            static_cast<float>(factors[static_cast<std::size_t>(of)]));
      }
  EXPECT_TRUE(same_values(out.values(), rounded(expected, to)));
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(DequantiseTest, Weights) {
  for (const DType from : narrow)
    for (const DType to : results)
      check_weight({3, 131}, from, to, device());
  check_weight({130, 5}, e4m3, bf16, device());
  check_weight({2, 129, 7}, e4m3, bf16, device());
  check_weight({131, 130}, e4m3, bf16, device(), true);
  if (on_interpreter())
    return;
  check_weight({257, 513}, e4m3, f32, device());
  check_weight({3, 128, 256}, e5m2, bf16, device());
}

void check_blocks(const std::vector<std::int64_t> &shape, DType from,
                  Device device, std::int64_t block = 128, bool powers = false,
                  Layout in = Layout::contiguous,
                  Layout result = Layout::contiguous) {
  SCOPED_TRACE(std::string(name(from)) + " " + name(in) + " -> " +
               name(result) + " last " + std::to_string(shape.back()) +
               " block " + std::to_string(block));
  auto random = random_engine();
  const Operand x(shape, from, device, in, Values::reals, random);
  const Operand out(shape, e4m3, device, result);
  std::vector<std::int64_t> scale_shape = shape;
  scale_shape.back() = (shape.back() + block - 1) / block;
  const Operand scales(scale_shape, f32, device,
                       result == Layout::contiguous ? Layout::contiguous
                                                    : Layout::transposed);
  std::optional<std::string_view> format;
  if (powers)
    format = "ue8m0";
  ops::act_quant_out(x.array(), out.array(), scales.array(), block, format);
  const Quantised expected =
      reference(x.values(), static_cast<std::size_t>(shape.back()),
                static_cast<std::size_t>(block), e4m3, 1e-4F, powers);
  EXPECT_TRUE(same_values(scales.values(), expected.scales));
  EXPECT_TRUE(same_values(out.values(), expected.out));
  EXPECT_TRUE(out.untouched_outside());
  EXPECT_TRUE(scales.untouched_outside());
}

TEST_P(ActQuantTest, EveryDtypeAndBlock) {
  for (const DType from : wide)
    for (const bool powers : {false, true})
      check_blocks({3, 256}, from, device(), 128, powers);
  for (const std::int64_t block : {32, 64, 256})
    for (const bool powers : {false, true})
      check_blocks({3, 512}, bf16, device(), block, powers);
}

TEST_P(ActQuantTest, EveryShape) {
  check_blocks({128}, bf16, device());
  check_blocks({1, 128}, bf16, device());
  check_blocks({1, 1}, bf16, device());
  check_blocks({131}, bf16, device());
  check_blocks({5, 130}, f32, device());
  check_blocks({2, 3, 384}, f32, device());
  if (on_interpreter())
    return;
  check_blocks({67, 7168}, bf16, device());
  check_blocks({129, 1031}, bf16, device());
  check_blocks({2, 2, 2, 2, 2, 2, 128}, f32, device());
}

TEST_P(ActQuantTest, EveryLayout) {
  for (const Layout in : all_layouts)
    for (const Layout out : {Layout::contiguous, Layout::transposed})
      for (const std::int64_t length : {256, 150})
        check_blocks({2, 3, length}, bf16, device(), 128, false, in, out);
}

TEST_P(ActQuantTest, OddBlocks) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               inf = std::numeric_limits<double>::infinity();
  std::vector<double> values(5 * 128, 1);
  for (std::size_t i = 0; i < 128; ++i)
    values[i] = 0; // the smallest scale
  values[130] = nan;
  values[270] = inf;
  values[400] = -inf;
  values[401] = nan;
  values[512] = -448; // a scale of 1 exactly: a power of two already
  const Array x = Array::from(values, {5 * 128}, f32, device());
  for (const bool powers : {false, true}) {
    std::optional<std::string_view> format;
    if (powers)
      format = "ue8m0";
    const auto [out, scales] = ops::act_quant(x, 128, format);
    const Quantised expected = reference(values, 640, 128, e4m3, 1e-4F, powers);
    EXPECT_TRUE(
        same_values(scales.to(host_device).to_vector(), expected.scales));
    EXPECT_TRUE(same_values(out.to(host_device).to_vector(), expected.out));
  }
}

TEST_P(ActQuantTest, Empty) {
  const auto [out, scales] =
      ops::act_quant(Array::zeros({3, 0}, bf16, device()));
  EXPECT_EQ(out.numel() + scales.numel(), 0);
  EXPECT_EQ(ops::act_quant(Array::zeros({0, 256}, bf16, device()))[1].numel(),
            0);
}

template <class Mistake>
void expect_error(ErrorId id, std::string_view says, Mistake mistake) {
  try {
    mistake();
    ADD_FAILURE() << "no error; expected " << says;
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(says), std::string_view::npos)
        << error.what();
  }
}

TEST(QuantiseErrorsTest, NameTheArgument) {
  const auto zeros = [](std::initializer_list<std::int64_t> shape,
                        DType dtype) {
    return Array::zeros(shape, dtype, host_device);
  };
  const Array x = zeros({3, 256}, bf16);
  expect_error(ErrorId::dtype, "act_quant: x cannot be i32",
               [&] { ops::act_quant(zeros({4}, i32)); });
  expect_error(ErrorId::argument, "act_quant: block_size must be 32",
               [&] { ops::act_quant(x, 100); });
  expect_error(ErrorId::argument, "act_quant: scale_fmt must be",
               [&] { ops::act_quant(x, 128, "e4m3"); });
  expect_error(ErrorId::shape, "act_quant",
               [&] { ops::act_quant(zeros({}, bf16)); });
  expect_error(ErrorId::dtype, "quantize_per_row: x cannot be quantised to f32",
               [&] { ops::quantize_per_row(x, f32); });
  expect_error(ErrorId::dtype, "quantize_per_tensor: x cannot be i8",
               [&] { ops::quantize_per_tensor(zeros({3}, i8), i8); });
  expect_error(ErrorId::shape, "quantize_static: scale does not broadcast to x",
               [&] { ops::quantize_static(x, zeros({3}, f32), i8); });
  expect_error(ErrorId::dtype, "quantize_static: scale cannot be bf16",
               [&] { ops::quantize_static(x, zeros({}, bf16), i8); });
  expect_error(ErrorId::dtype, "dequantize: the result cannot be i8",
               [&] { ops::dequantize(zeros({3}, i8), 1.0, i8); });
  expect_error(
      ErrorId::shape, "weight_dequant: scales must have shape [2, 1]",
      [&] { ops::weight_dequant(zeros({129, 5}, e4m3), zeros({1, 1}, f32)); });
}

} // namespace
} // namespace girih::testing
