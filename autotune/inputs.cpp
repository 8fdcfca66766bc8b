// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/inputs.h"

#include "girih/girih.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace girih::autotune {
namespace {

constexpr std::int64_t lanes = 1024;

/// Relative to an element, and to the root mean square of all or of those near
/// it: what summing in another order, and rounding once more, may do.
double tolerance(DType dtype) {
  if (!is_float(dtype))
    return 0;
  switch (bits(dtype)) {
  case 64:
    return std::ldexp(1.0, -36);
  case 32:
    return std::ldexp(1.0, -12);
  case 16:
    return dtype == DType::f16 ? std::ldexp(1.0, -8) : std::ldexp(1.0, -6);
  default:
    return 0.25;
  }
}

Arrangement arrange_parts(const Tensor &a, const Tensor &b,
                          const Tensor &parts) {
  return arranged(a.tile({lanes}), b.tile({lanes}), parts.tile({1}));
}

/// Sums of squares of `a`, finite elements only; `b` is the same.
const Kernel &squares_kernel() {
  static const Kernel made = make(
      "tuner_squares",
      [](Tensor a, Tensor b, Tensor parts) {
        return arrange_parts(a, b, parts);
      },
      [](In a, In b, Out parts) {
        Tile x = cast(a, f64), y = cast(b, f64);
        Tile finite = where(abs(x) < 1e300, x * y, 0.0);
        parts = reshape(sum(finite), {1});
      });
  return made;
}

/// Elements of `a` that are too far from those of `b`.
const Kernel &wrong_kernel() {
  static const Kernel made = make(
      "tuner_wrong",
      [](Tensor a, Tensor b, Tensor relative, Tensor absolute, Tensor parts) {
        return arranged(a.tile({lanes}), b.tile({lanes}), relative, absolute,
                        parts.tile({1}));
      },
      [](In a, In b, In relative, In absolute, Out parts) {
        Tile x = cast(a, f64), y = cast(b, f64);
        // Rows of few terms are larger than most: what they lose is, too.
        Tile finite = where(abs(y) < 1e300, y * y, 0.0);
        Tile here = sqrt(sum(finite, dim(0).kept()) / double(lanes));
        Tile least = max(cast(absolute, f64), cast(relative, f64) * here);
        Tile near = abs(x - y) <= fma(abs(y), cast(relative, f64), least);
        Tile same = near | (x == y) | (isnan(x) & isnan(y));
        parts = reshape(sum(where(same, zeros({lanes}, f64), 1.0)), {1});
      });
  return made;
}

double sum_of(const Array &parts) {
  double sum = 0;
  for (const double each : parts.to_vector())
    sum += each;
  return sum;
}

} // namespace

bool has_span(const Array &array) {
  if (array.by_value() || array.numel() == 0 || array.rank() == 0)
    return false;
  for (int dim = 0; dim < array.rank(); ++dim)
    if (array.stride(dim) < 0)
      return false;
  return bits(array.dtype()) >= 8;
}

Array span_of(const Array &array) {
  std::int64_t last = 0;
  for (int dim = 0; dim < array.rank(); ++dim)
    last += (array.size(dim) - 1) * array.stride(dim);
  const std::int64_t shape[] = {last + 1};
  return {array.data(),   shape, array.dtype(),
          array.device(), {},    array.owner()};
}

Array twin_of(const Array &array) {
  if (!has_span(array))
    return array;
  const Array memory =
      Array::empty({span_of(array).numel()}, array.dtype(), array.device());
  const Array twin(memory.data(), array.shape(), array.dtype(), array.device(),
                   array.strides(), memory.owner());
  return array.read_only() ? twin.with_access(array.access()) : twin;
}

Array copy_of(const Array &array) {
  const Array twin = twin_of(array);
  if (has_span(array))
    copy_elements(array, twin);
  return twin;
}

void copy_elements(const Array &from, const Array &to) {
  if (has_span(from))
    span_of(to).copy_from(span_of(from));
}

void fill_random(const Array &array, unsigned seed) {
  if (!has_span(array) || !is_float(array.dtype()))
    return;
  const Array all = span_of(array);
  constexpr std::int64_t prime = 262139;
  const std::int64_t count = all.numel(), block = std::min(count, prime);
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(block));
  for (double &value : values)
    value = normal(random);
  const Array pattern = Array::from(values, {block}, all.dtype(), all.device());
  all.slice(0, 0, block).copy_from(pattern);
  for (std::int64_t filled = block; filled < count;) {
    const std::int64_t more = std::min(filled, count - filled);
    all.slice(0, filled, filled + more).copy_from(all.slice(0, 0, more));
    filled += more;
  }
}

std::int64_t count_wrong(const Array &got, const Array &wanted) {
  if (!has_span(wanted))
    return 0;
  const Array x = span_of(got), y = span_of(wanted);
  const std::int64_t parts = (y.numel() + lanes - 1) / lanes;
  const Array each = Array::empty({parts}, f64, y.device());
  const double relative = tolerance(y.dtype());
  double absolute = 0;
  if (relative > 0) {
    squares_kernel()(y, y, each);
    absolute =
        relative * std::sqrt(sum_of(each) / static_cast<double>(y.numel()));
  }
  wrong_kernel()(x, y, Array::scalar(relative, f64),
                 Array::scalar(absolute, f64), each);
  return static_cast<std::int64_t>(sum_of(each));
}

} // namespace girih::autotune
