// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/movement/reduce_into.h"

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/movement/reduce_kernels.h"
#include "girih/ops/sizes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace girih::ops {

namespace {

// What is reduced in: a dtype that atomics have.
DType accumulator(DType dtype) {
  if (is_float(dtype))
    return computed(dtype);
  return dtype == i64 ? i64 : i32;
}

// The number that changes nothing.
Array identity(Scattered how, DType type) {
  switch (how) {
  case Scattered::prod:
    return Array::scalar(1, type);
  case Scattered::amax:
  case Scattered::amin: {
    const bool largest = how == Scattered::amax;
    if (is_float(type))
      return Array::scalar(largest ? -INFINITY : INFINITY, type);
    const std::int64_t least = type == i64
                                   ? std::numeric_limits<std::int64_t>::min()
                                   : std::numeric_limits<std::int32_t>::min();
    return Array::scalar(largest ? least : -(least + 1), type);
  }
  default:
    return Array::scalar(0, type);
  }
}

const Kernel &fill_kernel() {
  static const Kernel made{make_source(
      "fill",
      [](Tensor number, Tensor out) {
        return arrange::elementwise(number, out);
      },
      [](In number, Out out) { out = broadcast_to(number, out.shape()); },
      {"number", "out"})};
  return made;
}

Config lanes_config(const Array &walked) {
  Config config;
  config.blocks = {
      {"BM", std::min<std::int64_t>(power_of_two(walked.size(-2)), 128)}};
  return config;
}

// One pass over the index, into `total`.
struct Pass {
  const Call &call;
  int dim;
  Array index, src, total;

  // All as [kept..., along], the first reached; src stays a number.
  void run(Scattered how, const Array &alpha) const {
    std::array views{at_least_vector(total), at_least_vector(index),
                     src.by_value() ? at_least_vector(index)
                                    : at_least_vector(src)};
    const int kept = indexed_views(views, dim);
    const Array &values = src.by_value() ? src : views[2];
    if (how == Scattered::sum && is_float(total.dtype()) && !src.by_value() &&
        launch_index_add(call, total, dim, index, src, alpha))
      return;
    const bool host = total.device().kind == Device::Kind::host;
    const bool product = how == Scattered::prod;
    const bool adds = how == Scattered::sum;
    if (host && (product || (adds && is_float(total.dtype()))))
      return run_with(call, ordered_kernel(kept, product, src.by_value()),
                      lanes_config(views[1]),
                      {&views[1], &values, &alpha, &views[0]});
    Config config = indexed_config(views[1]);
    if (product) // which keeps three values of each lane
      config.num_warps *= 2;
    if (adds)
      return run_with(call, atomic_sum_kernel(kept), config,
                      {&views[1], &values, &alpha, &views[0]});
    const Array reached = product ? as_bits(views[0]) : views[0];
    run_with(call,
             product ? atomic_product_kernel(kept)
                     : atomic_extremum_kernel(kept, how == Scattered::amax),
             config, {&views[1], &values, &reached});
  }
};

void fill(const Call &call, const Array &out, const Array &number) {
  launch_elementwise(call, fill_kernel(), {number}, out);
}

// total / count, the latter of x itself where it takes part.
void finish_mean(const Call &call, const ScatterReduction &what,
                 const Array &total, const Array &out) {
  const Array count = scratch(call, out.shape(), i32, out);
  fill(call, count, Array::scalar(what.include_self ? 1 : 0, i32));
  Pass{call, what.dim, what.index, Array::scalar(1, i32), count}.run(
      Scattered::sum, Array::scalar(1, i32));
  launch_elementwise(call, mean_kernel(), {total, count}, out);
}

} // namespace

Scattered reduction_named(const Call &call, std::string_view name) {
  constexpr std::string_view names[] = {"sum", "prod", "mean", "amax", "amin"};
  const auto *found = std::ranges::find(names, name);
  call.require(found != std::end(names),
               fmt::format("reduce must be sum, prod, mean, amax or amin, not "
                           "'{}'",
                           name));
  return static_cast<Scattered>(found - std::begin(names));
}

Array narrowed_to(const Array &src, const Array &index) {
  return view_of(src, index.shape(), src.strides());
}

Array checked_src(const Call &call, const Array &x, const Array &index,
                  const Array &src) {
  const Argument source{"src", src};
  call.check_same_device({{"x", x}, {"index", index}, source});
  call.check_same_dtype({"x", x}, source);
  bool fits = src.rank() == index.rank();
  for (int d = 0; fits && d < index.rank(); ++d)
    fits = index.size(d) <= src.size(d);
  if (!fits)
    call.fail(ErrorId::shape,
              "src must have as many dimensions as index and be no smaller",
              {{"x", x}, {"index", index}, source});
  return narrowed_to(src, index);
}

void launch_scatter_reduce(const Call &call, const ScatterReduction &what,
                           const Array &out) {
  const DType type = accumulator(out.dtype());
  const bool direct = type == out.dtype() && what.how != Scattered::mean;
  if (what.index.numel() == 0)
    return start_from(call, what.x, out);
  const Array total = direct ? out : scratch(call, out.shape(), type, out);
  start_from(call, what.x, total);
  if (!what.include_self)
    launch_scatter(call, total, what.dim, what.index,
                   as_bits(ArrayOrNumber(identity(what.how, type)), type));
  const bool sums = what.how == Scattered::sum || what.how == Scattered::mean;
  Pass{call, what.dim, what.index, what.src, total}.run(
      sums ? Scattered::sum : what.how, what.alpha.as(type));
  if (what.how == Scattered::mean)
    return finish_mean(call, what, total, out);
  start_from(call, total, out);
}

std::vector<KernelEntry> scatter_reduce_entries() {
  using Sizes = std::span<const std::int64_t>;
  using Operands = std::vector<OperandShape>;
  const auto plain = [](DType dtype, Sizes n) {
    return Operands{{i64, {n[0], n[2]}, {}},
                    {dtype, {n[0], n[2]}, {}},
                    {accumulator(dtype), {n[0], n[1]}, {}}};
  };
  const auto scaled = [plain](DType dtype, Sizes n) {
    Operands all = plain(dtype, n);
    all.insert(all.begin() + 2, {accumulator(dtype), {}, {}, true});
    return all;
  };
  const auto as_words = [plain](DType dtype, Sizes n) {
    Operands all = plain(dtype, n);
    all[2].dtype = bits_dtype(all[2].dtype);
    return all;
  };
  constexpr DType types[] = {bf16, f32, i32, i64};
  std::vector<KernelEntry> all{
      indexed_entry(atomic_sum_kernel(1), types, scaled),
      indexed_entry(atomic_extremum_kernel(1, true), types, plain),
      indexed_entry(atomic_extremum_kernel(1, false), types, plain),
      indexed_entry(atomic_product_kernel(1), types, as_words),
      indexed_entry(ordered_kernel(1, false, false), types, scaled),
      indexed_entry(ordered_kernel(1, true, false), types, scaled)};
  all[3].config = "BM=1 BN=1024 num_warps=8";
  all[4].config = all[5].config = "BM=128";
  all.push_back(elementwise_entry(
      fill_kernel(), types, 0, [](DType dtype) { return dtype; }, 1));
  all.push_back({.name = mean_kernel().name(),
                 .kernel = mean_kernel(),
                 .dtypes = {f32, i32},
                 .size_names = {"N"},
                 .sizes = {1 << 24},
                 .picture_sizes = {5},
                 .operands = [](DType dtype, Sizes n) {
                   return Operands{{dtype, {n[0]}, {}},
                                   {i32, {n[0]}, {}},
                                   {dtype, {n[0]}, {}}};
                 }});
  return all;
}

} // namespace girih::ops
