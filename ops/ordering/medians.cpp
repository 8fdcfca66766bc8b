// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/medians.h"

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/ordering/rank_digits.h"
#include "girih/ops/ordering/row_ranks.h"
#include "girih/ops/reductions.h"

namespace girih::ops::order {

namespace {

// Of fewer elements a sort is one launch.
constexpr std::int64_t least_row = 128;

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

// Where the median of a program's row is: of equal elements the one that would
// be there in a stable sort; the first NaN, if there is one.
Tile median_place(const In &x, int kept, const Row &row) {
  const Tile number = cast((x.source_size(kept) - 1) / 2 + 1, i32);
  return row.unless_nan(row.place_of(row.key_at(number), number));
}

// x[kept..., R] -> values, and perhaps indices[kept...]
Kernel make_row(int kept, bool places) {
  if (!places)
    return Kernel(make_source(
        "median_row",
        [=](Tensor x, Tensor values) {
          return arranged(rows_of(x, kept), elements_of(values, kept));
        },
        [=](In x, Out values) {
          const Row row(x, kept);
          values = row.element(median_place(x, kept, row));
        },
        {"x", "values"}));
  return Kernel(make_source(
      "median_row_places",
      [=](Tensor x, Tensor values, Tensor indices) {
        return arranged(rows_of(x, kept), elements_of(values, kept),
                        elements_of(indices, kept));
      },
      [=](In x, Out values, Out indices) {
        const Row row(x, kept);
        const Tile place = median_place(x, kept, row);
        values = row.element(place);
        indices = place;
      },
      {"x", "values", "indices"}));
}

const Kernel &row_kernel(int kept, bool places) {
  using Form = std::pair<int, bool>;
  static KernelFamily<Form> kernels(
      [](const Form &form) { return make_row(form.first, form.second); });
  return kernels[{kept, places}];
}

// Of rows that fit a tile. False where they do not.
bool launch_rows(const Call &call, const Array &x,
                 const std::optional<std::int64_t> &dim, const Array &values,
                 const Array *indices) {
  std::array<Array, 3> views{dim ? x : flattened(call, x), values,
                             indices ? *indices : values};
  const std::vector<int> dims =
      x.rank() == 0
          ? std::vector<int>{}
          : std::vector<int>{dim ? call.check_dim({"x", x}, *dim) : 0};
  const LaneViews lanes = lane_views(views, 1, dims, false, true);
  if (!ranks_rows(lanes.depth, x.dtype(), x.device()))
    return false;
  std::vector<const Array *> operands{&views[0], &views[1]};
  if (indices)
    operands.push_back(&views[2]);
  run_with(call, row_kernel(lanes.kept, indices != nullptr),
           row_config(lanes, x.device()), operands);
  return true;
}

} // namespace

void launch_median(const Call &call, const Array &x,
                   const std::optional<std::int64_t> &dim, const Array &values,
                   const Array *indices) {
  if (launch_rows(call, x, dim, values, indices))
    return;
  if (!dim && !indices && x.numel() >= least_row)
    return launch_rank(call, flattened(call, x), (x.numel() - 1) / 2, values);
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
  std::vector<KernelEntry> all{entry(value_kernel(), false),
                               entry(place_kernel(), true)};
  for (KernelEntry &each : rank_entries())
    all.push_back(std::move(each));
  for (bool places : {false, true})
    all.push_back({.name = row_kernel(1, places).name(),
                   .kernel = row_kernel(1, places),
                   .dtypes = {bf16, f32, f64, i64},
                   .size_names = {"M", "N"},
                   .sizes = {16384, 4096},
                   .picture_sizes = {2, 5},
                   .operands =
                       [=](DType x, std::span<const std::int64_t> n) {
                         std::vector<OperandShape> operands{
                             {x, {n[0], n[1]}, {}}, {x, {n[0]}, {}}};
                         if (places)
                           operands.push_back({i64, {n[0]}, {}});
                         return operands;
                       },
                   .config = "N=4096 num_warps=8"});
  return all;
}

} // namespace girih::ops::order
