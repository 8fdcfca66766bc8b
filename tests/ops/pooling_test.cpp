// SPDX-License-Identifier: Apache-2.0
// Pooling against windows gone over one by one, as PyTorch does.
#include "tolerance.h"
#include "windows_reference.h"

#include "girih/ops/ops.h"

#include <functional>
#include <optional>

namespace girih::testing {
namespace {

class PoolingTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(PoolingTest);

struct PoolCase {
  Sizes x; // [N, C, ...]
  Sizes kernel;
  Sizes stride = {}, padding{0}, dilation{1};
  bool ceil = false;
  DType dtype = f32;
  WindowLayout x_layout = {}, out_layout = {};
  Values values = Values::reals;
  Sizes adaptive = {}; // output_size

  int dims() const { return static_cast<int>(x.size()) - 2; }
};

/// Half-open ranges of one window, by dimension: `begin` and `end` as they are
/// counted with padding.
struct Window {
  Triple begin{}, end{}, step{1, 1, 1};
  const Triple *sizes = nullptr;

  template <class F> void for_each(F visit) const {
    for (std::int64_t a = begin[0]; a < end[0]; a += step[0])
      for (std::int64_t b = begin[1]; b < end[1]; b += step[1])
        for (std::int64_t c = begin[2]; c < end[2]; c += step[2])
          if (inside(a, 0) && inside(b, 1) && inside(c, 2))
            visit((a * (*sizes)[1] + b) * (*sizes)[2] + c);
  }
  bool inside(std::int64_t at, std::size_t dim) const {
    return at >= 0 && at < (*sizes)[dim];
  }
};

std::int64_t pooled(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                    std::int64_t padding, std::int64_t dilation, bool ceil) {
  const double reach = static_cast<double>(dilation * (kernel - 1) + 1);
  const double fits = (static_cast<double>(size + 2 * padding) - reach) /
                          static_cast<double>(stride) +
                      1;
  auto count =
      static_cast<std::int64_t>(ceil ? std::ceil(fits) : std::floor(fits));
  if (ceil && (count - 1) * stride >= size + padding)
    --count;
  return count;
}

/// A case in numbers of three dimensions.
struct Geometry {
  explicit Geometry(const PoolCase &c)
      : in(triple(Sizes(c.x.begin() + 2, c.x.end()), c.dims(), 1)),
        kernel(triple(c.adaptive.empty() ? c.kernel : Sizes{1}, c.dims(), 1)),
        stride(c.stride.empty() ? kernel : triple(c.stride, c.dims(), 1)),
        padding(triple(c.padding, c.dims(), 0)),
        dilation(triple(c.dilation, c.dims(), 1)),
        adaptive(!c.adaptive.empty()) {
    shape = {c.x[0], c.x[1]};
    for (std::size_t i = 0; i < 3; ++i) {
      out[i] =
          pooled(in[i], kernel[i], stride[i], padding[i], dilation[i], c.ceil);
      if (adaptive)
        out[i] = triple(c.adaptive, c.dims(), 1)[i];
      if (i < static_cast<std::size_t>(c.dims()))
        shape.push_back(out[i]);
    }
  }
  Window window(const Triple &p) const {
    Window w;
    w.sizes = &in;
    w.step = dilation;
    for (std::size_t i = 0; i < 3; ++i) {
      w.begin[i] = p[i] * stride[i] - padding[i];
      w.end[i] = w.begin[i] + dilation[i] * (kernel[i] - 1) + 1;
      if (adaptive) {
        w.begin[i] = p[i] * in[i] / out[i];
        w.end[i] = ((p[i] + 1) * in[i] + out[i] - 1) / out[i];
      }
    }
    return w;
  }
  Triple in, kernel, stride, padding, dilation, out{};
  bool adaptive;
  Sizes shape;
};

/// Calls `visit(plane, window, number of the output)` for all outputs.
template <class F> void for_each_window(const Geometry &g, F visit) {
  const std::int64_t planes = g.shape[0] * g.shape[1];
  std::size_t number = 0;
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (Triple p{}; p[0] < g.out[0]; ++p[0])
      for (p[1] = 0; p[1] < g.out[1]; ++p[1])
        for (p[2] = 0; p[2] < g.out[2]; ++p[2])
          visit(static_cast<std::size_t>(plane * g.in[0] * g.in[1] * g.in[2]),
                g.window(p), number++);
}

std::string text(const PoolCase &c) {
  return std::string(girih::name(c.dtype)) + " x " + text_of(c.x) + " kernel " +
         text_of(c.kernel) + " stride " + text_of(c.stride) + " padding " +
         text_of(c.padding) + " dilation " + text_of(c.dilation) +
         (c.ceil ? " ceil" : "") + " adaptive " + text_of(c.adaptive) + " x " +
         name(c.x_layout.layout) +
         (c.x_layout.channels_last ? " channels last" : "") + " out " +
         name(c.out_layout.layout) +
         (c.out_layout.channels_last ? " channels last" : "");
}

/// Largest values and where they are, as PyTorch finds them.
void expect_largest(const Geometry &g, const std::vector<double> &x,
                    const std::vector<double> &values,
                    const std::vector<double> &indices) {
  std::vector<double> largest, places;
  for_each_window(g, [&](std::size_t plane, const Window &w, std::size_t) {
    double best = -INFINITY;
    std::int64_t at = -1;
    w.for_each([&](std::int64_t place) {
      const double value = x[plane + static_cast<std::size_t>(place)];
      if (at < 0 || value > best || std::isnan(value)) {
        best = value;
        at = place;
      }
    });
    largest.push_back(best);
    places.push_back(static_cast<double>(at));
  });
  EXPECT_TRUE(same_values(values, largest));
  if (!indices.empty())
    EXPECT_TRUE(same_values(indices, places));
}

void max_pool(const PoolCase &c, const Array &x, const Array &out,
              const std::optional<Array> &indices) {
  const auto here = std::source_location::current();
  if (!c.adaptive.empty())
    return indices ? ops::adaptive_max_pool2d_with_indices_out(x, c.adaptive,
                                                               out, *indices)
                   : ops::adaptive_max_pool2d_out(x, c.adaptive, out);
  if (indices) {
    const auto op = c.dims() == 1   ? ops::max_pool1d_with_indices_out
                    : c.dims() == 2 ? ops::max_pool2d_with_indices_out
                                    : ops::max_pool3d_with_indices_out;
    return op(x, c.kernel, out, *indices, c.stride, c.padding, c.dilation,
              c.ceil, {}, here);
  }
  const auto op = c.dims() == 1   ? ops::max_pool1d_out
                  : c.dims() == 2 ? ops::max_pool2d_out
                                  : ops::max_pool3d_out;
  op(x, c.kernel, out, c.stride, c.padding, c.dilation, c.ceil, {}, here);
}

void check_max(const PoolCase &c, const WindowOperand &x, Device device) {
  SCOPED_TRACE(text(c));
  const Geometry g(c);
  for (const bool with_indices : {false, true}) {
    const WindowOperand out(g.shape, c.dtype, device, c.out_layout),
        indices(g.shape, i64, device, c.x_layout);
    std::optional<Array> places;
    if (with_indices)
      places = indices.array();
    max_pool(c, x.array(), out.array(), places);
    expect_largest(g, x.values(), out.values(),
                   with_indices ? indices.values() : std::vector<double>());
    EXPECT_TRUE(out.untouched_outside());
    EXPECT_TRUE(indices.untouched_outside());
  }
}

void check_max(const PoolCase &c, Device device) {
  auto random = random_engine();
  const WindowOperand x(c.x, c.dtype, device, c.x_layout, c.values, random);
  check_max(c, x, device);
}

struct Counting {
  bool include_padding = true;
  std::optional<std::int64_t> divisor;
};

void average(const PoolCase &c, const Counting &counting, const Array &x,
             const Array &out) {
  if (!c.adaptive.empty())
    return ops::adaptive_avg_pool2d_out(x, c.adaptive, out);
  if (c.dims() == 1)
    return ops::avg_pool1d_out(x, c.kernel, out, c.stride, c.padding, c.ceil,
                               counting.include_padding);
  const auto op = c.dims() == 2 ? ops::avg_pool2d_out : ops::avg_pool3d_out;
  op(x, c.kernel, out, c.stride, c.padding, c.ceil, counting.include_padding,
     counting.divisor, {}, std::source_location::current());
}

double elements_of(const Window &w, const Geometry &g, bool include_padding) {
  double count = 1;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int64_t more = include_padding && !g.adaptive ? g.padding[i] : 0;
    count *= static_cast<double>(std::min(w.end[i], g.in[i] + more) -
                                 std::max(w.begin[i], -more));
  }
  return count;
}

void check_average(const PoolCase &c, const Counting &counting, Device device) {
  SCOPED_TRACE(text(c) + (counting.include_padding ? "" : " without padding"));
  const Geometry g(c);
  auto random = random_engine();
  const WindowOperand x(c.x, c.dtype, device, c.x_layout, c.values, random),
      out(g.shape, c.dtype, device, c.out_layout);
  average(c, counting, x.array(), out.array());
  const auto values = x.values(), actual = out.values();
  for_each_window(g, [&](std::size_t plane, const Window &w, std::size_t i) {
    double sum = 0, absolute = 0;
    std::int64_t terms = 2;
    w.for_each([&](std::int64_t place) {
      const double value = values[plane + static_cast<std::size_t>(place)];
      sum += value;
      absolute += std::abs(value);
      ++terms;
    });
    const double by = counting.divisor
                          ? static_cast<double>(*counting.divisor)
                          : elements_of(w, g, counting.include_padding);
    EXPECT_LE(std::abs(actual[i] - sum / by),
              dot_bound(c.dtype, terms, absolute / std::abs(by), sum / by))
        << "element " << i;
  });
  EXPECT_TRUE(out.untouched_outside());
}

// The largest |x| of a window, or for negative p the smallest.
double extreme_of(const Window &w, const std::vector<double> &values,
                  std::size_t plane, double p) {
  double most = p > 0 ? 0 : INFINITY;
  w.for_each([&](std::int64_t place) {
    const double x = std::abs(values[plane + static_cast<std::size_t>(place)]);
    most = p > 0 ? std::max(most, x) : std::min(most, x);
  });
  return most;
}

void check_norm(const PoolCase &c, double p, Device device) {
  SCOPED_TRACE(text(c) + " p " + std::to_string(p));
  const Geometry g(c);
  auto random = random_engine();
  const WindowOperand x(c.x, c.dtype, device, c.x_layout, c.values, random),
      out(g.shape, c.dtype, device, c.out_layout);
  const auto op = c.dims() == 1   ? ops::lp_pool1d_out
                  : c.dims() == 2 ? ops::lp_pool2d_out
                                  : ops::lp_pool3d_out;
  op(x.array(), p, c.kernel, out.array(), c.stride, c.ceil, {},
     std::source_location::current());
  const auto values = x.values(), actual = out.values();
  for_each_window(g, [&](std::size_t plane, const Window &w, std::size_t i) {
    double sum = 0, absolute = 0;
    if (std::isinf(p)) {
      EXPECT_EQ(actual[i], extreme_of(w, values, plane, p)) << "element " << i;
      return;
    }
    w.for_each([&](std::int64_t place) {
      const double term =
          std::pow(values[plane + static_cast<std::size_t>(place)], p);
      sum += term;
      absolute += std::abs(term);
    });
    const double scale =
        static_cast<double>(g.kernel[0] * g.kernel[1] * g.kernel[2]) /
        elements_of(w, g, true);
    const double exact = std::pow(sum * scale, 1 / p);
    if (std::isnan(exact)) {
      EXPECT_TRUE(std::isnan(actual[i])) << "element " << i;
      return;
    }
    // The error of the sum, through the root.
    const double shift = 64 * tolerance(c.dtype).accumulate * absolute * scale;
    const double far = std::max(
        std::abs(std::pow(sum * scale + shift, 1 / p) - exact),
        std::abs(std::pow(std::max(sum * scale - shift, 0.0), 1 / p) - exact));
    EXPECT_LE(std::abs(actual[i] - exact),
              element_bound(c.dtype, exact) + 2 * far)
        << "element " << i << " is " << actual[i] << " expected " << exact;
  });
  EXPECT_TRUE(out.untouched_outside());
}

TEST_P(PoolingTest, LargestOfEveryDtype) {
  for (const DType dtype : {f64, f32, f16, bf16}) {
    check_max(
        {.x = {2, 3, 7, 8}, .kernel = {3, 2}, .padding = {1}, .dtype = dtype},
        device());
    check_max({.x = {1, 2, 9, 7},
               .kernel = {5},
               .stride = {2},
               .padding = {2},
               .dtype = dtype,
               .values = Values::integers},
              device());
  }
}

TEST_P(PoolingTest, LargestOfEveryNumber) {
  for (const bool ceil : {false, true})
    for (const std::int64_t stride : {1, 2, 3})
      for (const std::int64_t dilation : {1, 2}) {
        check_max({.x = {1, 2, 8, 9},
                   .kernel = {3, 2},
                   .stride = {stride},
                   .padding = {1},
                   .dilation = {dilation},
                   .ceil = ceil,
                   .values = Values::integers},
                  device());
        check_max({.x = {2, 2, 11},
                   .kernel = {4},
                   .stride = {stride},
                   .padding = {2},
                   .dilation = {dilation},
                   .ceil = ceil},
                  device());
      }
  // A last window that would begin in the padding behind is left out.
  check_max({.x = {1, 1, 4, 5},
             .kernel = {2},
             .stride = {3},
             .padding = {1},
             .ceil = true},
            device());
  check_max({.x = {1, 2, 4, 5, 3},
             .kernel = {2, 3, 1},
             .stride = {2, 1, 2},
             .padding = {1, 1, 0},
             .ceil = true},
            device());
  check_max({.x = {1, 2, 5, 5, 5}, .kernel = {3}, .values = Values::integers},
            device());
}

TEST_P(PoolingTest, LargestOfEveryLayout) {
  for (const bool last : {false, true})
    for (const bool out_last : {false, true})
      for (const Layout layout : all_layouts)
        check_max({.x = {2, 3, 6, 5},
                   .kernel = {2},
                   .stride = {2},
                   .padding = {1},
                   .dtype = bf16,
                   .x_layout = {layout, last},
                   .out_layout = {layout, out_last}},
                  device());
}

// Rows that a GPU reads in vectors: of windows that overlap, lie side by side
// or apart, and that end within a vector.
TEST_P(PoolingTest, OfRowsOfVectors) {
  for (const DType dtype : {f32, f16, bf16}) {
    for (const std::int64_t width : {8, 24, 48})
      for (const std::int64_t stride : {1, 2, 3, 4}) {
        const PoolCase c{.x = {2, 3, 9, width},
                         .kernel = {3},
                         .stride = {stride},
                         .padding = {1},
                         .ceil = stride == 3,
                         .dtype = dtype,
                         .values = Values::integers};
        check_max(c, device());
        check_average(c, {.include_padding = stride > 2, .divisor = {}},
                      device());
      }
    check_max({.x = {1, 3, 16, 40}, .kernel = {4, 8}, .dtype = dtype},
              device());
    check_max({.x = {5, 2, 88},
               .kernel = {5},
               .stride = {2},
               .padding = {2},
               .dilation = {3},
               .dtype = dtype},
              device());
    check_max({.x = {1, 2, 5, 6, 16},
               .kernel = {3},
               .stride = {2},
               .padding = {1},
               .dtype = dtype},
              device());
    check_norm({.x = {2, 3, 9, 24},
                .kernel = {3},
                .stride = {2},
                .dtype = dtype,
                .values = Values::integers},
               2, device());
    for (const std::int64_t size : {3, 6}) {
      const PoolCase c{.x = {2, 5, 24, 24},
                       .kernel = {},
                       .dtype = dtype,
                       .adaptive = {size}};
      check_max(c, device());
      check_average(c, {}, device());
    }
  }
}

TEST_P(PoolingTest, LargestOfNanAndInfinity) {
  const Geometry g({.x = {1, 1, 5, 6}, .kernel = {2}});
  std::vector<double> values(30, -INFINITY);
  values[8] = NAN;
  values[14] = NAN;
  values[27] = 3;
  values[28] = INFINITY;
  const Array x = Array::from(values, {1, 1, 5, 6}, f16, device());
  for (const std::int64_t padding : {0, 1}) {
    const PoolCase c{
        .x = {1, 1, 5, 6}, .kernel = {3}, .stride = {1}, .padding = {padding}};
    const auto both = ops::max_pool2d_with_indices(x, {3}, {1}, {padding});
    expect_largest(Geometry(c), values, both[0].to_vector(),
                   both[1].to_vector());
    expect_largest(Geometry(c), values,
                   ops::max_pool2d(x, {3}, {1}, {padding}).to_vector(), {});
  }
}

TEST_P(PoolingTest, Averages) {
  for (const DType dtype : {f64, f32, f16, bf16})
    for (const bool include : {false, true})
      check_average({.x = {2, 3, 7, 8},
                     .kernel = {3, 2},
                     .stride = {2},
                     .padding = {1},
                     .dtype = dtype},
                    {.include_padding = include, .divisor = {}}, device());
  for (const bool ceil : {false, true})
    for (const bool include : {false, true}) {
      const Counting counting{.include_padding = include, .divisor = {}};
      check_average({.x = {1, 2, 8, 9},
                     .kernel = {3, 4},
                     .stride = {2, 3},
                     .padding = {1, 2},
                     .ceil = ceil},
                    counting, device());
      check_average({.x = {2, 2, 11},
                     .kernel = {4},
                     .stride = {3},
                     .padding = {2},
                     .ceil = ceil},
                    counting, device());
      check_average({.x = {1, 2, 5, 4, 3},
                     .kernel = {3, 2, 2},
                     .stride = {1, 3, 2},
                     .padding = {1, 1, 0},
                     .ceil = ceil},
                    counting, device());
      check_average({.x = {2, 3, 9, 8},
                     .kernel = {5},
                     .stride = {2},
                     .padding = {2},
                     .ceil = ceil,
                     .x_layout = {Layout::padded, true},
                     .out_layout = {Layout::stepped, true}},
                    counting, device());
    }
  check_average(
      {.x = {1, 2, 8, 9}, .kernel = {3}, .padding = {1}, .ceil = true},
      {.divisor = 7}, device());
  check_average({.x = {1, 2, 4, 5, 4}, .kernel = {2}}, {.divisor = -3},
                device());
}

TEST_P(PoolingTest, Norms) {
  for (const DType dtype : {f64, f32, f16, bf16})
    for (const double p : {1.0, 2.0, 3.0})
      check_norm({.x = {2, 3, 6, 7}, .kernel = {2, 3}, .dtype = dtype}, p,
                 device());
  for (const double p : {2.0, 4.0, -2.0, double(INFINITY), double(-INFINITY)}) {
    check_norm({.x = {1, 2, 7, 8}, .kernel = {3}, .stride = {2}, .ceil = true},
               p, device());
    check_norm({.x = {2, 2, 11}, .kernel = {3}, .stride = {3}, .ceil = true}, p,
               device());
    check_norm({.x = {1, 2, 4, 5, 4}, .kernel = {2, 3, 2}}, p, device());
  }
}

TEST_P(PoolingTest, Adaptive) {
  for (const Sizes &size : {Sizes{1}, Sizes{3, 2}, Sizes{7, 5}, Sizes{4},
                            Sizes{9, 1}, Sizes{10, 6}, Sizes{13, 11}})
    for (const bool last : {false, true}) {
      PoolCase c{.x = {2, 3, 10, 6}, .kernel = {1}, .adaptive = size};
      c.x_layout.channels_last = c.out_layout.channels_last = last;
      check_max(c, device());
      check_average(c, {}, device());
    }
  for (const DType dtype : {f64, f32, f16, bf16}) {
    const PoolCase c{.x = {1, 2, 11, 9},
                     .kernel = {1},
                     .dtype = dtype,
                     .x_layout = {Layout::padded, false},
                     .out_layout = {Layout::transposed, false},
                     .adaptive = {5, 4}};
    check_max(c, device());
    check_average(c, {}, device());
  }
}

TEST_P(PoolingTest, Large) {
  if (on_interpreter())
    GTEST_SKIP() << "too many elements";
  for (const bool last : {false, true}) {
    PoolCase c{.x = {2, 17, 65, 129},
               .kernel = {3},
               .stride = {2},
               .padding = {1},
               .dtype = bf16};
    c.x_layout.channels_last = c.out_layout.channels_last = last;
    check_max(c, device());
    check_average(c, {.include_padding = false, .divisor = {}}, device());
    c.kernel = {8, 7};
    c.padding = {3};
    check_max(c, device());
    check_average(c, {}, device());
  }
  check_max({.x = {1, 3, 2049}, .kernel = {2}}, device());
}

TEST_P(PoolingTest, WithoutABatchAndEmpty) {
  auto random = random_engine();
  const Operand x({1, 3, 7, 5}, f32, device(), Layout::contiguous,
                  Values::integers, random);
  const Array one = x.array().select(0, 0);
  EXPECT_TRUE(same_values(ops::max_pool2d(one, {2}).to_vector(),
                          ops::max_pool2d(x.array(), {2}).to_vector()));
  EXPECT_EQ(ops::max_pool2d(one, {2}).rank(), 3);
  EXPECT_TRUE(
      same_values(ops::adaptive_avg_pool2d(one, {2, 3}).to_vector(),
                  ops::adaptive_avg_pool2d(x.array(), {2, 3}).to_vector()));
  // [C, H, W] with channels last.
  const Array last = one.transpose(0, 2);
  EXPECT_TRUE(same_values(
      ops::avg_pool2d(last, {2}).to_vector(),
      ops::avg_pool2d(last.to(host_device).to(device()), {2}).to_vector()));
  const Array none = Array::empty({0, 3, 7, 5}, f32, device());
  EXPECT_EQ(ops::max_pool2d(none, {2}).size(2), 3);
  EXPECT_EQ(ops::adaptive_avg_pool2d(x.array(), {0}).numel(), 0);
}

TEST_P(PoolingTest, Refuses) {
  const Array x = Array::zeros({2, 4, 5, 5}, f32, device());
  expect_refused(ErrorId::argument,
                 "max_pool2d: padding must be at most half of kernel_size",
                 [&] { ops::max_pool2d(x, {3}, {1}, {2}); });
  expect_refused(ErrorId::shape,
                 "max_pool2d: no window fits into dimension 2 of x",
                 [&] { ops::max_pool2d(x, {6, 1}); });
  expect_refused(ErrorId::argument, "kernel_size must be at least 1, not 0",
                 [&] { ops::avg_pool2d(x, {0}); });
  expect_refused(ErrorId::argument, "stride must be one number or 2, not 3",
                 [&] { ops::avg_pool2d(x, {2}, {1, 1, 1}); });
  expect_refused(ErrorId::argument, "divisor_override must not be 0",
                 [&] { ops::avg_pool2d(x, {2}, {}, {0}, false, true, 0); });
  expect_refused(ErrorId::argument, "norm_type must not be 0",
                 [&] { ops::lp_pool2d(x, 0, {2}); });
  expect_refused(ErrorId::argument, "output_size must be at least 0, not -1",
                 [&] { ops::adaptive_max_pool2d(x, {-1}); });
  expect_refused(ErrorId::shape, "only the batch may be empty", [&] {
    ops::max_pool2d(Array::zeros({2, 0, 5, 5}, f32, device()), {2});
  });
  expect_refused(ErrorId::dtype, "max_pool1d: x cannot be bool", [&] {
    ops::max_pool1d(Array::zeros({2, 4, 5}, b1, device()), {2});
  });
  expect_refused(ErrorId::shape, "lp_pool3d: x must", [&] {
    ops::lp_pool3d(Array::zeros({4}, f32, device()), 2, {2});
  });
}

} // namespace
} // namespace girih::testing
