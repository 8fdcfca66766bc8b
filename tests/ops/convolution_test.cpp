// SPDX-License-Identifier: Apache-2.0
// conv1d to conv3d and their transposes against sums of products by definition.
#include "tolerance.h"
#include "windows_reference.h"

#include "girih/ops/ops.h"

#include <optional>

namespace girih::testing {
namespace {

class ConvolutionTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(ConvolutionTest);

struct ConvolutionCase {
  Sizes x;      // [N, C, ...]
  Sizes weight; // [K, C / groups, ...], transposed [C, K / groups, ...]
  Sizes stride{1}, padding{0}, dilation{1};
  std::int64_t groups = 1;
  bool bias = false;
  DType dtype = f32;
  WindowLayout x_layout = {}, weight_layout = {}, out_layout = {};
  Values values = Values::reals;
  Sizes output_padding{0};
  bool transposed = false;
  bool tf32 = false;
};

/// A sum of products and that of their absolute values.
struct Sum {
  double exact = 0, absolute = 0;
  void add(double product) {
    exact += product;
    absolute += std::abs(product);
  }
};

/// Everything as numbers of three dimensions.
struct Geometry {
  explicit Geometry(const ConvolutionCase &c)
      : dims(static_cast<int>(c.x.size()) - 2),
        stride(triple(c.stride, dims, 1)), padding(triple(c.padding, dims, 0)),
        dilation(triple(c.dilation, dims, 1)) {
    const Triple more = triple(c.output_padding, dims, 0);
    for (std::size_t i = 0; i < 3; ++i) {
      const bool there = i < static_cast<std::size_t>(dims);
      in[i] = there ? c.x[2 + i] : 1;
      window[i] = there ? c.weight[2 + i] : 1;
      const std::int64_t reach = dilation[i] * (window[i] - 1) + 1;
      out[i] = c.transposed
                   ? (in[i] - 1) * stride[i] - 2 * padding[i] + reach + more[i]
                   : (in[i] + 2 * padding[i] - reach) / stride[i] + 1;
    }
    channels = c.x[1];
    filters = c.transposed ? c.weight[1] * c.groups : c.weight[0];
    shape = {c.x[0], filters};
    for (int i = 0; i < dims; ++i)
      shape.push_back(out[static_cast<std::size_t>(i)]);
  }
  int dims;
  Triple stride, padding, dilation, in{}, window{}, out{};
  std::int64_t channels, filters;
  Sizes shape;
};

std::int64_t flat(const Triple &at, const Triple &sizes) {
  return (at[0] * sizes[1] + at[1]) * sizes[2] + at[2];
}

template <class F> void for_each(const Triple &sizes, F visit) {
  for (Triple at{}; at[0] < sizes[0]; ++at[0])
    for (at[1] = 0; at[1] < sizes[1]; ++at[1])
      for (at[2] = 0; at[2] < sizes[2]; ++at[2])
        visit(at);
}

// Each element of x at each place of the window goes to one output: of the
// transposed by definition; of the other where the strides divide.
std::vector<Sum> sums(const ConvolutionCase &c, const Geometry &g,
                      const std::vector<double> &x,
                      const std::vector<double> &weight) {
  std::vector<Sum> out(static_cast<std::size_t>(product_of(g.shape)));
  const std::int64_t planes = g.in[0] * g.in[1] * g.in[2],
                     places = g.window[0] * g.window[1] * g.window[2],
                     positions = g.out[0] * g.out[1] * g.out[2];
  const std::int64_t from = g.channels / c.groups, to = g.filters / c.groups;
  const auto add = [&](std::int64_t n, std::int64_t channel,
                       std::int64_t filter, const Triple &h, const Triple &r,
                       const Triple &p) {
    const std::int64_t row = c.transposed ? channel : filter,
                       column = c.transposed ? filter % to : channel % from,
                       columns = c.transposed ? to : from;
    const double a = x[static_cast<std::size_t>(
                     (n * g.channels + channel) * planes + flat(h, g.in))],
                 b = weight[static_cast<std::size_t>(
                     (row * columns + column) * places + flat(r, g.window))];
    out[static_cast<std::size_t>((n * g.filters + filter) * positions +
                                 flat(p, g.out))]
        .add(a * b);
  };
  for_each(g.in, [&](const Triple &h) {
    for_each(g.window, [&](const Triple &r) {
      Triple p;
      for (std::size_t i = 0; i < 3; ++i) {
        const std::int64_t at =
            c.transposed
                ? h[i] * g.stride[i] + r[i] * g.dilation[i] - g.padding[i]
                : h[i] + g.padding[i] - r[i] * g.dilation[i];
        if (at < 0 || (!c.transposed && at % g.stride[i] != 0))
          return;
        p[i] = c.transposed ? at : at / g.stride[i];
        if (p[i] >= g.out[i])
          return;
      }
      for (std::int64_t n = 0; n < c.x[0]; ++n)
        for (std::int64_t k = 0; k < g.filters; ++k)
          for (std::int64_t ch = 0; ch < from; ++ch)
            add(n, k / to * from + ch, k, h, r, p);
    });
  });
  return out;
}

void run(const ConvolutionCase &c, const Geometry &g, const Array &x,
         const Array &weight, const std::optional<Array> &bias,
         const Array &out) {
  const char *precision = c.tf32 ? "tf32" : "ieee";
  if (c.transposed) {
    const auto op = g.dims == 1   ? ops::conv_transpose1d_out
                    : g.dims == 2 ? ops::conv_transpose2d_out
                                  : ops::conv_transpose3d_out;
    return op(x, weight, out, bias, c.stride, c.padding, c.output_padding,
              c.groups, c.dilation, precision, {},
              std::source_location::current());
  }
  const auto op = g.dims == 1   ? ops::conv1d_out
                  : g.dims == 2 ? ops::conv2d_out
                                : ops::conv3d_out;
  op(x, weight, out, bias, c.stride, c.padding, c.dilation, c.groups, precision,
     {}, std::source_location::current());
}

void check(const ConvolutionCase &c, Device device) {
  const Geometry g(c);
  SCOPED_TRACE(std::string(girih::name(c.dtype)) + " x " + text_of(c.x) +
               " weight " + text_of(c.weight) + " stride " + text_of(c.stride) +
               " padding " + text_of(c.padding) + " dilation " +
               text_of(c.dilation) + " groups " + std::to_string(c.groups) +
               (c.transposed ? " transposed" : "") + " x " +
               name(c.x_layout.layout) +
               (c.x_layout.channels_last ? " channels last" : "") + " out " +
               name(c.out_layout.layout) +
               (c.out_layout.channels_last ? " channels last" : ""));
  auto random = random_engine();
  const WindowOperand x(c.x, c.dtype, device, c.x_layout, c.values, random),
      weight(c.weight, c.dtype, device, c.weight_layout, c.values, random);
  const Operand bias({g.filters}, f32, device, Layout::stepped, c.values,
                     random);
  const WindowOperand out(g.shape, c.dtype, device, c.out_layout);
  std::optional<Array> given;
  if (c.bias)
    given = bias.array();
  run(c, g, x.array(), weight.array(), given, out.array());
  std::vector<Sum> expected = sums(c, g, x.values(), weight.values());
  const std::vector<double> actual = out.values(), added = bias.values();
  const std::size_t positions =
      static_cast<std::size_t>(g.out[0] * g.out[1] * g.out[2]);
  const std::int64_t terms = product_of(c.weight) / c.weight[0] + 2;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (c.bias)
      expected[i].add(
          added[i / positions % static_cast<std::size_t>(g.filters)]);
    const double exact = expected[i].exact;
    // Whole numbers of a small size are summed exactly.
    double bound = c.values == Values::integers
                       ? tolerance(c.dtype).output * std::abs(exact)
                       : dot_bound(c.dtype, terms, expected[i].absolute, exact);
    if (c.tf32 && c.values == Values::reals)
      bound += 0x1p-9 * expected[i].absolute; // two factors of 11 bits
    if (!(std::abs(actual[i] - exact) <= bound) && wrong++ == 0)
      ADD_FAILURE() << "element " << i << " is " << actual[i] << ", expected "
                    << exact << " within " << bound;
  }
  EXPECT_EQ(wrong, 0u) << "of " << expected.size();
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(ConvolutionTest, EveryDtype) {
  for (const DType dtype : {f64, f32, f16, bf16})
    for (const Values values : {Values::integers, Values::reals}) {
      if (on_interpreter() && (values == Values::reals) != (dtype == bf16))
        continue;
      check({.x = {2, 16, 5, 6},
             .weight = {7, 16, 3, 3},
             .padding = {1},
             .bias = true,
             .dtype = dtype,
             .values = values},
            device());
      check({.x = {1, 4, 7, 6},
             .weight = {4, 1, 3, 3},
             .stride = {2},
             .padding = {1},
             .groups = 4,
             .bias = true,
             .dtype = dtype,
             .values = values},
            device());
    }
}

TEST_P(ConvolutionTest, EveryNumber) {
  for (const std::int64_t stride : {1, 2, 3})
    for (const std::int64_t dilation : {1, 2})
      for (const std::int64_t padding : {0, 2}) {
        check({.x = {2, 3, 9, 8},
               .weight = {5, 3, 3, 2},
               .stride = {stride},
               .padding = {padding},
               .dilation = {dilation},
               .bias = padding == 0},
              device());
        check({.x = {1, 4, 9, 8},
               .weight = {4, 1, 3, 2},
               .stride = {stride, 1},
               .padding = {0, padding},
               .dilation = {1, dilation},
               .groups = 4},
              device());
      }
  check({.x = {1, 2, 1, 1}, .weight = {3, 2, 3, 3}, .padding = {2}}, device());
  check({.x = {1, 2, 3, 4}, .weight = {3, 2, 1, 1}, .padding = {3, 0}},
        device());
}

TEST_P(ConvolutionTest, Groups) {
  check({.x = {2, 6, 5, 4}, .weight = {9, 2, 2, 2}, .groups = 3, .bias = true},
        device());
  check(
      {.x = {1, 32, 4, 4}, .weight = {34, 16, 3, 3}, .groups = 2, .bias = true},
      device());
  // Several filters for one channel, few and many; one channel in all.
  check({.x = {2, 3, 5, 6},
         .weight = {6, 1, 3, 3},
         .padding = {1},
         .groups = 3,
         .bias = true},
        device());
  check({.x = {1, 2, 5, 6}, .weight = {12, 1, 3, 3}, .groups = 2}, device());
  check({.x = {2, 1, 5, 6}, .weight = {8, 1, 3, 3}}, device());
}

TEST_P(ConvolutionTest, LinesAndVolumes) {
  for (const std::int64_t groups : {1, 4}) {
    check({.x = {2, 4, 17},
           .weight = {8, 4 / groups, 5},
           .stride = {2},
           .padding = {3},
           .groups = groups,
           .bias = true},
          device());
    check({.x = {1, 4, 5, 4, 6},
           .weight = {4, 4 / groups, 2, 3, 2},
           .stride = {1, 2, 1},
           .padding = {0, 1, 1},
           .dilation = {2, 1, 1},
           .groups = groups,
           .bias = true},
          device());
  }
  check({.x = {1, 20, 33}, .weight = {3, 20, 7}, .padding = {3}}, device());
  check({.x = {1, 17, 3, 4, 3},
         .weight = {2, 17, 3, 3, 3},
         .padding = {1},
         .dtype = bf16},
        device());
}

TEST_P(ConvolutionTest, EveryLayout) {
  for (const std::int64_t groups : {1, 16})
    for (const bool last : {false, true})
      for (const Layout layout : all_layouts) {
        if (on_interpreter() && layout != Layout::padded)
          continue;
        const WindowLayout plain{layout, false}, moved{layout, true};
        check({.x = {2, 16, 4, 5},
               .weight = {16, 16 / groups, 3, 2},
               .padding = {1},
               .groups = groups,
               .bias = true,
               .dtype = bf16,
               .x_layout = last ? moved : plain,
               .weight_layout = last ? plain : moved,
               .out_layout = last ? moved : plain},
              device());
        check({.x = {2, 16, 4, 5},
               .weight = {16, 16 / groups, 3, 2},
               .groups = groups,
               .x_layout = last ? moved : plain,
               .weight_layout = last ? moved : plain,
               .out_layout = {layout, !last}},
              device());
      }
}

TEST_P(ConvolutionTest, Transposed) {
  for (const std::int64_t stride : {1, 2, 3})
    for (const std::int64_t dilation : {1, 2})
      for (const std::int64_t padding : {0, 1, 2}) {
        check({.x = {2, 3, 4, 5},
               .weight = {3, 4, 3, 4},
               .stride = {stride},
               .padding = {padding},
               .dilation = {dilation},
               .bias = true,
               .output_padding = {stride > 1 ? 1 : 0},
               .transposed = true},
              device());
      }
  // Places that no output sees, and outputs that no place reaches.
  check({.x = {1, 2, 3, 3},
         .weight = {2, 3, 1, 2},
         .stride = {3, 4},
         .bias = true,
         .transposed = true},
        device());
  check({.x = {1, 2, 3, 3},
         .weight = {2, 3, 2, 2},
         .stride = {4, 2},
         .dilation = {2, 2},
         .output_padding = {3, 0},
         .transposed = true},
        device());
  check({.x = {2, 4, 9},
         .weight = {4, 2, 5},
         .stride = {3},
         .padding = {2},
         .groups = 2,
         .bias = true,
         .transposed = true},
        device());
  check({.x = {1, 2, 2, 3, 2},
         .weight = {2, 3, 3, 2, 2},
         .stride = {2, 1, 2},
         .padding = {1, 0, 0},
         .transposed = true},
        device());
}

// Strides that divide the windows: one product for all phases.
TEST_P(ConvolutionTest, TransposedInOneProduct) {
  for (const std::int64_t padding : {0, 1, 2, 3, 4})
    for (const std::int64_t more : {0, 1})
      check({.x = {2, 3, 5, 4},
             .weight = {3, 5, 6, 4},
             .stride = {3, 2},
             .padding = {padding, std::min<std::int64_t>(padding, 3)},
             .bias = true,
             .output_padding = {more},
             .transposed = true},
            device());
  // Windows side by side; and one dimension without phases.
  check({.x = {2, 20, 3, 7},
         .weight = {20, 6, 2, 2},
         .stride = {2},
         .groups = 2,
         .bias = true,
         .dtype = bf16,
         .transposed = true},
        device());
  for (const std::int64_t padding : {0, 1, 4})
    check({.x = {1, 17, 6, 4},
           .weight = {17, 3, 3, 4},
           .stride = {1, 2},
           .padding = {padding, 1},
           .dilation = {2, 1},
           .dtype = f16,
           .transposed = true},
          device());
  check({.x = {3, 6, 19},
         .weight = {6, 4, 8},
         .stride = {4},
         .padding = {3},
         .groups = 3,
         .bias = true,
         .output_padding = {3},
         .transposed = true},
        device());
  check({.x = {2, 18, 3, 4, 5},
         .weight = {18, 7, 4, 2, 4},
         .stride = {2},
         .padding = {1},
         .bias = true,
         .dtype = bf16,
         .x_layout = {Layout::contiguous, true},
         .transposed = true},
        device());
}

TEST_P(ConvolutionTest, TransposedWithManyChannelsAndGroups) {
  for (const DType dtype : {f64, f32, f16, bf16})
    if (!on_interpreter() || dtype == bf16)
      check({.x = {2, 32, 4, 5},
             .weight = {32, 10, 4, 4},
             .stride = {2},
             .padding = {1},
             .groups = 2,
             .bias = true,
             .dtype = dtype,
             .x_layout = {Layout::contiguous, dtype == bf16},
             .out_layout = {Layout::contiguous, dtype == bf16},
             .transposed = true},
            device());
  check({.x = {2, 8, 4, 5},
         .weight = {8, 1, 3, 3},
         .stride = {2},
         .padding = {1},
         .groups = 8,
         .bias = true,
         .output_padding = {1},
         .transposed = true},
        device());
}

// Blocks and one more or less of everything.
TEST_P(ConvolutionTest, Large) {
  if (on_interpreter())
    GTEST_SKIP() << "too many elements";
  for (const std::int64_t channels : {31, 32, 33, 64})
    check({.x = {1, channels, 17, 16},
           .weight = {channels + 1, channels, 3, 3},
           .padding = {1},
           .bias = true,
           .dtype = bf16},
          device());
  check({.x = {2, 3, 37, 35},
         .weight = {33, 3, 7, 7},
         .stride = {2},
         .padding = {3},
         .bias = true,
         .dtype = f16},
        device());
  check({.x = {3, 65, 13, 11},
         .weight = {129, 65, 3, 3},
         .padding = {1},
         .dtype = f16,
         .x_layout = {Layout::contiguous, true},
         .out_layout = {Layout::contiguous, true}},
        device());
  check({.x = {1, 130, 19, 23},
         .weight = {130, 1, 5, 5},
         .padding = {2},
         .groups = 130,
         .dtype = bf16,
         .x_layout = {Layout::contiguous, true},
         .out_layout = {Layout::contiguous, true}},
        device());
  check({.x = {2, 24, 29, 130},
         .weight = {24, 1, 3, 3},
         .padding = {1},
         .groups = 24,
         .dtype = bf16},
        device());
  check({.x = {2, 48, 12, 12},
         .weight = {40, 48, 3, 3},
         .padding = {1},
         .tf32 = true},
        device());
}

TEST_P(ConvolutionTest, PaddingByName) {
  auto random = random_engine();
  const Operand x({2, 3, 7}, f32, device(), Layout::contiguous,
                  Values::integers, random),
      weight({4, 3, 4}, f32, device(), Layout::contiguous, Values::integers,
             random);
  // Four places: one before, two behind.
  const Array same = ops::conv1d(x.array(), weight.array(), {}, {1}, "same");
  const Array padded = ops::conv1d(x.array(), weight.array(), {}, {1}, 2);
  EXPECT_TRUE(same_values(same.to_vector(),
                          padded.slice(2, 1, 8).to(host_device).to_vector()));
  EXPECT_TRUE(same_values(
      ops::conv1d(x.array(), weight.array(), {}, {2}, "valid").to_vector(),
      ops::conv1d(x.array(), weight.array(), {}, {2}, {0}).to_vector()));
}

TEST_P(ConvolutionTest, WithoutABatchAndEmpty) {
  auto random = random_engine();
  const Operand x({1, 3, 7, 5}, f32, device(), Layout::contiguous,
                  Values::integers, random),
      weight({3, 2, 3, 3}, f32, device(), Layout::contiguous, Values::integers,
             random);
  const Array filters = weight.array().transpose(0, 1);
  const Array out = ops::conv2d(x.array(), filters),
              one = ops::conv2d(x.array().select(0, 0), filters);
  EXPECT_EQ(one.rank(), 3);
  EXPECT_TRUE(same_values(one.to_vector(), out.to_vector()));
  EXPECT_EQ(
      ops::conv_transpose2d(x.array().select(0, 0), weight.array()).rank(), 3);
  const Array none = Array::empty({0, 3, 7, 5}, f32, device());
  EXPECT_EQ(ops::conv2d(none, filters).size(0), 0);
  EXPECT_EQ(ops::conv_transpose2d(none, weight.array()).size(2), 9);
}

// What is outside of x is not read, and a NaN stays where windows meet it.
TEST_P(ConvolutionTest, NanStaysInItsWindows) {
  std::vector<double> values(25, 1);
  values[0] = NAN;
  const Array x = Array::from(values, {1, 1, 5, 5}, f32, device()),
              weight = Array::from(std::vector<double>(9, 1), {1, 1, 3, 3}, f32,
                                   device());
  const auto out = ops::conv2d(x, weight, {}, {1}, 1).to_vector();
  for (std::size_t i = 0; i < 25; ++i)
    EXPECT_EQ(std::isnan(out[i]), i % 5 < 2 && i / 5 < 2) << i;
  EXPECT_EQ(out[24], 4);
}

TEST_P(ConvolutionTest, Refuses) {
  const Array x = Array::zeros({2, 4, 5, 5}, f32, device()),
              weight = Array::zeros({6, 4, 3, 3}, f32, device());
  const auto zeros = [&](Sizes shape, DType dtype = f32) {
    return Array::zeros(shape, dtype, device());
  };
  expect_refused(
      ErrorId::shape,
      "conv2d: x must have 4 channels, the second size of weight times groups",
      [&] { ops::conv2d(zeros({2, 3, 5, 5}), weight); });
  expect_refused(ErrorId::shape, "do not fit into dimension 3 of x",
                 [&] { ops::conv2d(zeros({2, 4, 5, 2}), weight); });
  expect_refused(ErrorId::argument,
                 "groups must divide the first size of weight, not be 4",
                 [&] { ops::conv2d(x, weight, {}, {1}, 0, {1}, 4); });
  expect_refused(ErrorId::argument, "stride must be at least 1, not 0",
                 [&] { ops::conv2d(x, weight, {}, {0}); });
  expect_refused(ErrorId::argument, "padding must be at least 0, not -1",
                 [&] { ops::conv2d(x, weight, {}, {1}, -1); });
  expect_refused(ErrorId::argument, "dilation must be one number or 2, not 3",
                 [&] { ops::conv2d(x, weight, {}, {1}, 0, {1, 1, 1}); });
  expect_refused(ErrorId::argument, "padding must be numbers, same or valid",
                 [&] { ops::conv2d(x, weight, {}, {1}, "full"); });
  expect_refused(ErrorId::argument, "with padding same stride must be 1",
                 [&] { ops::conv2d(x, weight, {}, {2}, "same"); });
  expect_refused(ErrorId::argument, "weight must not be empty",
                 [&] { ops::conv2d(x, zeros({0, 4, 3, 3})); });
  expect_refused(ErrorId::dtype,
                 "conv2d: x and weight must have the same dtype",
                 [&] { ops::conv2d(x, zeros({6, 4, 3, 3}, f16)); });
  expect_refused(ErrorId::dtype, "conv2d: x cannot be i32",
                 [&] { ops::conv2d(zeros({2, 4, 5, 5}, i32), weight); });
  expect_refused(ErrorId::shape, "conv2d: bias must have shape [6]",
                 [&] { ops::conv2d(x, weight, zeros({5})); });
  expect_refused(ErrorId::shape, "conv1d: x must",
                 [&] { ops::conv1d(x, weight); });
  expect_refused(ErrorId::argument,
                 "output_padding must be below stride or dilation", [&] {
                   ops::conv_transpose2d(x, zeros({4, 2, 3, 3}), {}, {2}, {0},
                                         {2});
                 });
  expect_refused(ErrorId::shape,
                 "x must have 6 channels, the first size of weight",
                 [&] { ops::conv_transpose2d(x, weight); });
}

} // namespace
} // namespace girih::testing
