// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace girih::autotune {
namespace {

using Values = std::vector<double>;
using Shape = std::vector<std::int64_t>;

constexpr std::int64_t most_rows = 256;
// Terms of sums in f64 loops that take about a second, with what else is done.
constexpr double terms_of_a_second = 5e8;

/// Half the distance from 1 to the next number: what rounding may change.
double unit_of(DType dtype) {
  switch (dtype) {
  case DType::f64:
    return std::ldexp(1.0, -53);
  case DType::f32:
    return std::ldexp(1.0, -24);
  case DType::f16:
    return std::ldexp(1.0, -11);
  case DType::bf16:
    return std::ldexp(1.0, -8);
  default:
    return std::ldexp(1.0, -3);
  }
}

/// Of numbers with all their digits, the smallest.
double smallest_of(DType dtype) {
  switch (dtype) {
  case DType::f64:
    return std::numeric_limits<double>::min();
  case DType::f32:
  case DType::bf16:
    return std::ldexp(1.0, -126);
  default:
    return std::ldexp(1.0, -14);
  }
}

/// A call's arrays, in row-major order, and how they are rounded.
struct Call {
  std::vector<Values> in;
  std::vector<Shape> shapes;
  Shape out;
  double number = 0;
  double stored = 0, summed = 0; // units of the results and of the sums
  double smallest = 0;           // result that is rounded as others are

  /// Of a result made of a sum of `terms` whose magnitudes add up to `scale`:
  /// four roundings of it, and those of the sum, which grow as a random walk.
  double bound(double value, double terms, double scale) const {
    return 4 * stored * (std::abs(value) + smallest) +
           (8 + 4 * std::sqrt(terms)) * summed * scale;
  }
};

/// A row of results: values and bounds, one for each column.
using RowOf = void (*)(const Call &, std::int64_t row, double *values,
                       double *bounds);

void product_row(const Call &call, std::int64_t row, bool turned,
                 double *values, double *bounds) {
  const std::int64_t depth = call.shapes[0].back(), columns = call.out.back();
  const double *a = call.in[0].data() + row * depth;
  std::vector<double> scales(static_cast<std::size_t>(columns));
  std::fill(values, values + columns, 0.0);
  const auto add = [&](std::int64_t n, std::int64_t k, double b) {
    const double term = a[k] * b;
    values[n] += term;
    scales[static_cast<std::size_t>(n)] += std::abs(term);
  };
  const double *b = call.in[1].data();
  if (turned)
    for (std::int64_t n = 0; n < columns; ++n)
      for (std::int64_t k = 0; k < depth; ++k)
        add(n, k, *b++);
  else
    for (std::int64_t k = 0; k < depth; ++k)
      for (std::int64_t n = 0; n < columns; ++n)
        add(n, k, *b++);
  for (std::int64_t n = 0; n < columns; ++n)
    bounds[n] = call.bound(values[n], static_cast<double>(depth),
                           scales[static_cast<std::size_t>(n)]);
}

void matmul_row(const Call &call, std::int64_t row, double *values,
                double *bounds) {
  product_row(call, row, false, values, bounds);
}
void linear_row(const Call &call, std::int64_t row, double *values,
                double *bounds) {
  product_row(call, row, true, values, bounds);
}

/// One query of causal attention, aligned with the last key; a single query
/// sees all keys.
void attention_row(const Call &call, std::int64_t row, double *values,
                   double *bounds) {
  const std::int64_t queries = call.out[2], heads = call.out[1],
                     width = call.shapes[0][3], groups = call.shapes[1][1],
                     keys = call.shapes[1][2], columns = call.out[3];
  const std::int64_t query = row % queries, head = row / queries % heads,
                     batch = row / queries / heads;
  const std::int64_t group = batch * groups + head / (heads / groups);
  const std::int64_t seen = queries > 1 ? query + keys - queries + 1 : keys;
  const double *q = call.in[0].data() + row * width;
  const double *k = call.in[1].data() + group * keys * width;
  const double *v = call.in[2].data() + group * keys * columns;
  Values scores, sizes;
  const double root = std::sqrt(static_cast<double>(width));
  for (std::int64_t key = 0; key < seen; ++key) {
    double score = 0, size = 0;
    for (std::int64_t d = 0; d < width; ++d) {
      const double term = q[d] * k[key * width + d];
      score += term;
      size += std::abs(term);
    }
    scores.push_back(score / root);
    sizes.push_back(size / root);
  }
  const double most =
      seen > 0 ? *std::max_element(scores.begin(), scores.end()) : 0;
  double total = 0, furthest = 0;
  Values scales(static_cast<std::size_t>(columns));
  std::fill(values, values + columns, 0.0);
  for (std::int64_t key = 0; key < seen; ++key) {
    const auto at = static_cast<std::size_t>(key);
    const double power = std::exp(scores[at] - most);
    total += power;
    furthest = std::max(furthest, sizes[at]);
    for (std::int64_t n = 0; n < columns; ++n) {
      const double term = power * v[key * columns + n];
      values[n] += term;
      scales[static_cast<std::size_t>(n)] += std::abs(term);
    }
  }
  // A score's error is one of its power, relative to it; powers are rounded as
  // the results are before they are multiplied.
  const double of_scores = 2 * (8 + 4 * std::sqrt(static_cast<double>(width))) *
                               call.summed * furthest +
                           4 * call.stored;
  for (std::int64_t n = 0; n < columns; ++n) {
    values[n] = seen > 0 ? values[n] / total : 0;
    const double scale =
        seen > 0 ? scales[static_cast<std::size_t>(n)] / total : 0;
    bounds[n] = call.bound(values[n], static_cast<double>(seen), scale) +
                of_scores * scale;
  }
}

void softmax_row(const Call &call, std::int64_t row, double *values,
                 double *bounds) {
  const std::int64_t columns = call.out.back();
  const double *x = call.in[0].data() + row * columns;
  const double most = *std::max_element(x, x + columns);
  double total = 0;
  for (std::int64_t n = 0; n < columns; ++n)
    total += values[n] = std::exp(x[n] - most);
  for (std::int64_t n = 0; n < columns; ++n) {
    values[n] /= total;
    bounds[n] = call.bound(values[n], static_cast<double>(columns),
                           values[n] * (1 + std::abs(x[n] - most)));
  }
}

void rms_norm_row(const Call &call, std::int64_t row, double *values,
                  double *bounds) {
  const std::int64_t columns = call.out.back();
  const double *x = call.in[0].data() + row * columns;
  double squares = 0;
  for (std::int64_t n = 0; n < columns; ++n)
    squares += x[n] * x[n];
  const double factor =
      1 / std::sqrt(squares / static_cast<double>(columns) + call.number);
  for (std::int64_t n = 0; n < columns; ++n) {
    values[n] = x[n] * factor * call.in[1][static_cast<std::size_t>(n)];
    bounds[n] = call.bound(values[n], static_cast<double>(columns),
                           std::abs(values[n]));
  }
}

void layer_norm_row(const Call &call, std::int64_t row, double *values,
                    double *bounds) {
  const std::int64_t columns = call.out.back();
  const auto count = static_cast<double>(columns);
  const double *x = call.in[0].data() + row * columns;
  double mean = 0, size = 0, variance = 0;
  for (std::int64_t n = 0; n < columns; ++n) {
    mean += x[n] / count;
    size += std::abs(x[n]) / count;
  }
  for (std::int64_t n = 0; n < columns; ++n)
    variance += (x[n] - mean) * (x[n] - mean) / count;
  const double factor = 1 / std::sqrt(variance + call.number);
  for (std::int64_t n = 0; n < columns; ++n) {
    const auto at = static_cast<std::size_t>(n);
    const double weight = call.in[1][at], bias = call.in[2][at];
    values[n] = (x[n] - mean) * factor * weight + bias;
    const double scale =
        (std::abs(x[n]) + size) * factor * std::abs(weight) + std::abs(bias);
    bounds[n] = call.bound(values[n], count, scale) + 4 * call.stored * scale;
  }
}

struct OfOp {
  std::string_view op;
  std::size_t inputs;
  RowOf row;
  /// Terms that a row takes.
  double (*terms)(const Call &);
};

double product_terms(const Call &call) {
  return static_cast<double>(call.out.back() * call.shapes[0].back());
}
double attention_terms(const Call &call) {
  return static_cast<double>(call.shapes[1][2] *
                             (call.shapes[0][3] + call.out[3]));
}
// Exponentials count for some.
double norm_terms(const Call &call) {
  return 8 * static_cast<double>(call.out.back());
}

constexpr std::array<OfOp, 6> ops{{
    {"matmul", 2, matmul_row, product_terms},
    {"linear", 2, linear_row, product_terms},
    {"scaled_dot_product_attention", 3, attention_row, attention_terms},
    {"rms_norm", 2, rms_norm_row, norm_terms},
    {"layer_norm", 3, layer_norm_row, norm_terms},
    {"softmax", 1, softmax_row, norm_terms},
}};

const OfOp *find_op(std::string_view op) {
  const auto *const found =
      std::ranges::find(ops, op, [](const OfOp &each) { return each.op; });
  return found == ops.end() ? nullptr : found;
}

/// Elements from the first to the last one of an array.
std::int64_t reach(const Array &array) {
  std::int64_t last = 0;
  for (int dim = 0; dim < array.rank(); ++dim)
    last += (array.size(dim) - 1) * array.stride(dim);
  return last + 1;
}

Array view_of(const ReferenceView &view, std::span<const Array> operands) {
  const Array &operand = operands[static_cast<std::size_t>(view.operand)];
  return {operand.data(),   view.shape,   operand.dtype(),
          operand.device(), view.strides, operand.owner()};
}

/// Some rows of an output, as doubles.
Array row_of(const Array &out, std::int64_t row) {
  Array at = out;
  for (int dim = out.rank() - 2; dim >= 0; --dim) {
    const std::int64_t index = row % out.size(dim);
    row /= out.size(dim);
    at = at.slice(dim, index, index + 1);
  }
  return at;
}

} // namespace

std::optional<Reference> find_reference(std::string_view op,
                                        std::span<const Array> inputs,
                                        const Array &out, double number,
                                        std::span<const Array> operands) {
  const OfOp *known = find_op(op);
  if (!known || known->inputs != inputs.size() || out.numel() == 0)
    return std::nullopt;
  Reference made{
      .op = std::string(op), .inputs = {}, .out = {}, .number = number};
  const auto find = [&](const Array &array) -> ReferenceView {
    for (std::size_t at = 0; at < operands.size(); ++at)
      if (const Array &each = operands[at];
          !each.by_value() && each.data() == array.data() &&
          each.dtype() == array.dtype() && reach(each) == reach(array))
        return {static_cast<int>(at),
                {array.shape().begin(), array.shape().end()},
                {array.strides().begin(), array.strides().end()}};
    return {};
  };
  for (const Array &each : inputs)
    made.inputs.push_back(find(each));
  made.out = find(out);
  const bool all = made.out.operand >= 0 &&
                   std::ranges::all_of(made.inputs, [](const auto &each) {
                     return each.operand >= 0;
                   });
  return all ? std::optional(std::move(made)) : std::nullopt;
}

Expected::Expected(const Reference &reference, std::span<const Array> operands)
    : reference_(reference) {
  const OfOp *op = find_op(reference.op);
  const Array out = view_of(reference.out, operands);
  Call call{.in = {},
            .shapes = {},
            .out = reference.out.shape,
            .number = reference.number};
  for (const ReferenceView &each : reference.inputs) {
    call.in.push_back(view_of(each, operands).to(host_device).to_vector());
    call.shapes.push_back(each.shape);
  }
  call.stored = unit_of(out.dtype());
  call.smallest = smallest_of(out.dtype());
  call.summed = std::min(call.stored, unit_of(DType::f32));
  columns_ = call.out.back();
  const std::int64_t all = out.numel() / columns_;
  const double affordable = terms_of_a_second / op->terms(call);
  const std::int64_t count = std::min(
      {all, most_rows,
       static_cast<std::int64_t>(std::max(2.0, std::floor(affordable)))});
  values_.resize(static_cast<std::size_t>(count * columns_));
  bounds_.resize(values_.size());
  for (std::int64_t at = 0; at < count; ++at) {
    rows_.push_back(count == 1 ? 0 : at * (all - 1) / (count - 1));
    const auto place = static_cast<std::ptrdiff_t>(at * columns_);
    op->row(call, rows_.back(), values_.data() + place, bounds_.data() + place);
  }
}

std::string Expected::compare(std::span<const Array> operands) const {
  const Array out = view_of(reference_.out, operands);
  std::int64_t wrong = 0;
  std::string first;
  for (std::size_t at = 0; at < rows_.size(); ++at) {
    const Values got = row_of(out, rows_[at]).to(host_device).to_vector();
    for (std::int64_t n = 0; n < columns_; ++n) {
      const auto place =
          at * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(n);
      const double result = got[static_cast<std::size_t>(n)];
      if (std::abs(result - values_[place]) <= bounds_[place])
        continue;
      if (wrong++ == 0)
        first =
            fmt::format("row {} column {} is {:.9g}, not {:.9g} within "
                        "{:.2g}",
                        rows_[at], n, result, values_[place], bounds_[place]);
    }
  }
  return wrong == 0 ? ""
                    : fmt::format("{} of {} elements differ from {} in f64: {}",
                                  wrong, values_.size(), reference_.op, first);
}

} // namespace girih::autotune
