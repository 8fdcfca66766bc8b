// SPDX-License-Identifier: Apache-2.0
// Gather and scatter element by element: the index and what goes with it are
// read or written 16 bytes an access, the elements that it names one by one.
#include "girih/ops/movement/indexed.h"

#include "girih/ops/arrange/elementwise.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/reductions/seen_by_all.h"

namespace girih::ops {

namespace {

// x[kept..., N], index, out[kept..., L].
Kernel make_gather(int kept) {
  return Kernel(make_source(
      "gather",
      [](Tensor x, Tensor index, Tensor out) {
        const Tensor tiles = arrange::elementwise_operand(out);
        return arranged(seen_by_all(x, tiles),
                        arrange::elementwise_operand(index), tiles);
      },
      [kept](In x, In index, Out out) {
        std::vector<Located> at;
        for (int d = 0; d < kept; ++d)
          at.emplace_back(out.offsets(d));
        at.emplace_back(where(index.in_bounds(), index, nowhere));
        out = x.gather(at);
      },
      {"x", "index", "out"}));
}

// index[kept..., L], src alike or [], out[kept..., N].
Kernel make_scatter(int kept) {
  return Kernel(make_source(
      "scatter",
      [](Tensor index, Tensor src, Tensor out) {
        const Tensor tiles = arrange::elementwise_operand(index);
        return arranged(tiles, arrange::elementwise_operand(src),
                        seen_by_all(out, tiles));
      },
      [kept](In index, In src, InOut out) {
        std::vector<Located> at;
        for (int d = 0; d < kept; ++d)
          at.emplace_back(index.offsets(d));
        at.emplace_back(where(index.in_bounds(), index, nowhere));
        out.scatter(at, src);
      },
      {"index", "src", "out"}));
}

KernelFamily<int> &gather_kernels() {
  static KernelFamily<int> kernels(make_gather);
  return kernels;
}
KernelFamily<int> &scatter_kernels() {
  static KernelFamily<int> kernels(make_scatter);
  return kernels;
}

} // namespace

void launch_gather(const Call &call, const Array &x, int dim,
                   const Array &index, const Array &out) {
  // Without elements there may be no memory to make views of.
  const Array source =
      x.numel() > 0 ? x : Array(out.data(), x.shape(), x.dtype(), x.device());
  std::array views{at_least_vector(as_bits(source)), at_least_vector(index),
                   at_least_vector(as_bits(out))};
  const int kept = indexed_views(views, dim);
  run_with(call, gather_kernels()[kept], indexed_config(views[2]),
           {&views[0], &views[1], &views[2]});
}

void launch_scatter(const Call &call, const Array &out, int dim,
                    const Array &index, const Array &src) {
  if (src.by_value()) {
    std::array views{at_least_vector(as_bits(out)), at_least_vector(index)};
    const int kept = indexed_views(views, dim);
    return run_with(call, scatter_kernels()[kept], indexed_config(views[1]),
                    {&views[1], &src, &views[0]});
  }
  std::array views{at_least_vector(as_bits(out)), at_least_vector(index),
                   at_least_vector(as_bits(src))};
  const int kept = indexed_views(views, dim);
  run_with(call, scatter_kernels()[kept], indexed_config(views[2]),
           {&views[1], &views[2], &views[0]});
}

std::vector<KernelEntry> gather_entries() {
  return {indexed_entry(gather_kernels()[1], widths,
                        [](DType dtype, std::span<const std::int64_t> n) {
                          return std::vector<OperandShape>{
                              {dtype, {n[0], n[1]}, {}},
                              {i64, {n[0], n[2]}, {}},
                              {dtype, {n[0], n[2]}, {}}};
                        })};
}

std::vector<KernelEntry> scatter_entries() {
  return {indexed_entry(scatter_kernels()[1], widths,
                        [](DType dtype, std::span<const std::int64_t> n) {
                          return std::vector<OperandShape>{
                              {i64, {n[0], n[2]}, {}},
                              {dtype, {n[0], n[2]}, {}},
                              {dtype, {n[0], n[1]}, {}}};
                        })};
}

} // namespace girih::ops
