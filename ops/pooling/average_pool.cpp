// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/pooling/average_pool.h"

#include "girih/ops/elementwise/truncated_quotient.h"

#include <cmath>

namespace girih::ops {

namespace {

WindowCount count_constant() {
  return static_cast<WindowCount>(constexpr_value<int>("COUNT", 0));
}

// How many elements the window of each lane of out has, within x and, unless
// COUNT is `inside`, its padding.
Tile elements(const In &x, const In &sizes, const In &steps, const In &before,
              const Out &out, int dims, DType type) {
  const bool padded = count_constant() == WindowCount::padded;
  Tile count = full(out.shape(), 1, i64);
  for (int i = 0; i < dims; ++i) {
    const int dim = spatial(dims, i);
    Index from = x.source_size(dim), more = before.source_size(i) - 1;
    Tile begin =
        out.offsets(dim) * cast(steps.source_size(i), i64) - cast(more, i64);
    Tile end = begin + cast(sizes.source_size(i), i64);
    end = min(end, cast(padded ? from + more : from, i64));
    count = count * (end - (padded ? begin : max(begin, 0)));
  }
  return cast(count, type);
}

Tile quotient(const Tile &sum, const Tile &by) {
  return is_float(sum.dtype()) ? sum / by : truncated_quotient(sum, by);
}

void average(const In &x, const In &sizes, const In &steps, const In &before,
             const In &number, Out &out, int dims) {
  const DType type = computed(x.dtype());
  const InWindow window(x, out, dims);
  Tile sum = zeros(out.shape(), type);
  for_each_place(x, dims, [&](const IndexList &place) {
    sum = sum + window.select(x[place], cast(x[place], type), 0);
  });
  if (window.varies())
    out = sum / cast(window.count(), type);
  else if (count_constant() == WindowCount::given)
    out = quotient(sum, cast(number, type));
  else
    out = quotient(sum, elements(x, sizes, steps, before, out, dims, type));
}

Kernel make_average_kernel(const char *name, int dims) {
  return Kernel(make_source(
      name,
      [](Tensor x, Tensor sizes, Tensor steps, Tensor before, Tensor number,
         Tensor out) {
        return arrange_pool(x, {sizes, steps, before}, number, {out});
      },
      [dims](In x, In sizes, In steps, In before, In number, Out out) {
        average(x, sizes, steps, before, number, out, dims);
      },
      {"x", "sizes", "steps", "before", "number", "out"}));
}

// PyTorch's: the average of x^p times the size of the window, so that windows
// that reach past x count as if they did not; of a negative sum the power is
// NaN unless 1 / p is whole.
void norm(const In &x, const In &sizes, const In &steps, const In &before,
          const In &p, Out &out, int dims) {
  const DType type = computed(x.dtype());
  const int known = constexpr_value<int>("POWER", 0);
  Tile power = cast(p, type), sum = zeros(out.shape(), type);
  for_each_place(x, dims, [&](const IndexList &place) {
    Tile value = cast(x[place], type);
    // A place past the end of x would not be 0 for negative p.
    Tile term = known == 1 ? value
                : known == 2
                    ? value * value
                    : where(x[place].in_bounds(), pow(value, power), 0);
    sum = sum + term;
  });
  if (count_constant() != WindowCount::given) {
    Tile places = cast(sizes.source_size(0), type);
    for (int i = 1; i < dims; ++i)
      places = places * cast(sizes.source_size(i), type);
    sum = sum / elements(x, sizes, steps, before, out, dims, type) * places;
  }
  out = known == 1 ? sum : known == 2 ? sqrt(sum) : pow(sum, 1 / power);
}

// The limits of norms: the largest |x| of each window, or the smallest.
void extreme(const In &x, Out &out, int dims, bool largest) {
  Tile most = full(out.shape(), largest ? 0 : INFINITY, x.dtype());
  for_each_place(x, dims, [&](const IndexList &place) {
    Tile value = abs(x[place]);
    most = largest ? max(most, value)
                   : min(most, where(x[place].in_bounds(), value, INFINITY));
  });
  out = most;
}

Kernel make_norm_kernel(int dims) {
  constexpr std::string_view names[] = {"lp_pool1d", "lp_pool2d", "lp_pool3d"};
  return Kernel(make_source(
      std::string(names[dims - 1]),
      [](Tensor x, Tensor sizes, Tensor steps, Tensor before, Tensor p,
         Tensor out) {
        return arrange_pool(x, {sizes, steps, before}, p, {out});
      },
      [dims](In x, In sizes, In steps, In before, In p, Out out) {
        if (const int limit = constexpr_value<int>("LIMIT", 0))
          extreme(x, out, dims, limit > 0);
        else
          norm(x, sizes, steps, before, p, out, dims);
      },
      {"x", "sizes", "steps", "before", "p", "out"}));
}

} // namespace

const Kernel &avg_pool_kernel(int dims) {
  static const std::array<Kernel, 3> made{make_average_kernel("avg_pool1d", 1),
                                          make_average_kernel("avg_pool2d", 2),
                                          make_average_kernel("avg_pool3d", 3)};
  return made[static_cast<std::size_t>(dims - 1)];
}

const Kernel &adaptive_avg_pool_kernel() {
  static const Kernel made = make_average_kernel("adaptive_avg_pool2d", 2);
  return made;
}

const Kernel &lp_pool_kernel(int dims) {
  static const std::array<Kernel, 3> made{
      make_norm_kernel(1), make_norm_kernel(2), make_norm_kernel(3)};
  return made[static_cast<std::size_t>(dims - 1)];
}

bool complete_windows(const Array &x, const Array &out,
                      const WindowNumbers &windows) {
  for (int i = 0; i < windows.dims; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const int dim = i - windows.dims;
    if ((out.size(dim) - 1) * windows.stride[at] + windows.size[at] >
        x.size(dim) + 2 * windows.before[at])
      return false;
  }
  return true;
}

template <int Dims>
void AvgPool<Dims>::launch(const Call &call, const Array &x,
                           const Numbers &kernel_size,
                           const std::optional<Numbers> &stride,
                           const Numbers &padding, bool, bool count_include_pad,
                           const std::optional<std::int64_t> &divisor_override,
                           const Array &out) {
  const WindowNumbers windows =
      pool_windows(call, x, Dims, kernel_size, stride, padding, {1}, averaged);
  const bool unpadded = windows.before == PerDim{};
  WindowCount count = WindowCount::given;
  if (!divisor_override && !count_include_pad && !unpadded)
    count = WindowCount::inside;
  else if (!divisor_override && !complete_windows(x, out, windows))
    count = WindowCount::padded;
  const Kernel &plain = avg_pool_kernel(Dims);
  launch_pool(call,
              {count == WindowCount::given
                   ? plain
                   : plain.with("COUNT", static_cast<int>(count)),
               windows,
               Array::scalar(divisor_override.value_or(windows.places()),
                             computed(x.dtype()))},
              x, {&out, 1});
}

template <int Dims>
void LpPool<Dims>::launch(const Call &call, const Array &x, double norm_type,
                          const Numbers &kernel_size,
                          const std::optional<Numbers> &stride, bool,
                          const Array &out) {
  const WindowNumbers windows =
      pool_windows(call, x, Dims, kernel_size, stride, {0}, {1});
  Kernel kernel = lp_pool_kernel(Dims);
  if (std::isinf(norm_type))
    kernel = kernel.with("LIMIT", norm_type > 0 ? 1 : -1);
  else if (norm_type == 1 || norm_type == 2)
    kernel = kernel.with("POWER", static_cast<int>(norm_type));
  if (!std::isinf(norm_type) && !complete_windows(x, out, windows))
    kernel = kernel.with("COUNT", static_cast<int>(WindowCount::padded));
  launch_pool(call,
              {kernel, windows, Array::scalar(norm_type, computed(x.dtype()))},
              x, {&out, 1});
}

template struct AvgPool<1>;
template struct AvgPool<2>;
template struct AvgPool<3>;
template struct LpPool<1>;
template struct LpPool<2>;
template struct LpPool<3>;

} // namespace girih::ops
