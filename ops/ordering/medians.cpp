// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/medians.h"

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/reductions.h"

namespace girih::ops::order {

namespace {

// The middle, or the last in order where that is NaN: then some are.
const Kernel &value_kernel() {
  static const Kernel made{make_source(
      "median_value",
      [](Tensor middle, Tensor last, Tensor out) {
        return arrange::elementwise(middle, last, out);
      },
      [](In middle, In last, Out out) {
        if (is_float(middle.dtype()))
          out = where(isnan(last), last, middle);
        else
          out = middle;
      },
      {"middle", "last", "out"})};
  return made;
}

// Where that is: `first` is where the first NaN is.
const Kernel &place_kernel() {
  static const Kernel made{make_source(
      "median_place",
      [](Tensor place, Tensor last, Tensor first, Tensor out) {
        return arrange::elementwise(place, last, first, out);
      },
      [](In place, In last, In first, Out out) {
        if (is_float(last.dtype()))
          out = where(isnan(last), first, place);
        else
          out = place;
      },
      {"place", "last", "first", "out"})};
  return made;
}

} // namespace

void launch_median(const Call &call, const Array &x,
                   const std::optional<std::int64_t> &dim, const Array &values,
                   const Array *indices) {
  const Ordered sorted = in_order(call, x, dim);
  const std::int64_t middle = (sorted.depth() - 1) / 2;
  const Array last = sorted.values_at(sorted.depth() - 1);
  launch_elementwise(call, value_kernel(), {sorted.values_at(middle), last},
                     values);
  if (!indices)
    return;
  const Array places = sorted.indices_at(middle);
  Array first = places;
  if (is_float(x.dtype())) {
    first = allocate_result(indices->shape(), i64, x.device(), call.stream);
    argmax_out(x, first, dim, false, call.stream, call.where);
  }
  launch_elementwise(call, place_kernel(), {places, last, first}, *indices);
}

std::vector<KernelEntry> median_entries() {
  const auto entry = [](const Kernel &kernel, bool places) {
    return KernelEntry{
        .name = kernel.name(),
        .kernel = kernel,
        .dtypes = {f32},
        .size_names = {"N"},
        .sizes = {1 << 20},
        .picture_sizes = {5},
        .operands = [=](DType x, std::span<const std::int64_t> n) {
          const OperandShape value{x, {n[0]}, {}}, place{i64, {n[0]}, {}};
          if (places)
            return std::vector<OperandShape>{place, value, place, place};
          return std::vector<OperandShape>{value, value, value};
        }};
  };
  return {entry(value_kernel(), false), entry(place_kernel(), true)};
}

} // namespace girih::ops::order
