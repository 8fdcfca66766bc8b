// SPDX-License-Identifier: Apache-2.0
// Reductions in the registry.
#include "girih/ops/reductions/reduction.h"

#include <utility>

namespace girih::ops {

namespace {

using Sizes = std::span<const std::int64_t>;
using Types = std::vector<DType>;

// One reduction's kernels and what their operands are.
struct Entries {
  const ReductionKernels &kernels;
  Types (*numbers)(DType x);
  Types (*results)(DType x);
  std::vector<KernelEntry> all = {};

  void add(const Kernel &kernel, Types of, std::vector<std::int64_t> sizes,
           std::vector<std::int64_t> picture,
           std::function<std::vector<OperandShape>(DType, Sizes)> operands) {
    all.push_back({.name = kernel.name(),
                   .kernel = kernel,
                   .dtypes = std::move(of),
                   .size_names = {"M", "N", "P"},
                   .sizes = std::move(sizes),
                   .picture_sizes = std::move(picture),
                   .operands = std::move(operands)});
  }
  void add_forms(const Types &of, Walk walk);
  void add_last(DType x, bool columns);
};

std::vector<OperandShape> operands_of(std::vector<OperandShape> read,
                                      const Types &numbers,
                                      const Types &written,
                                      const std::vector<std::int64_t> &shape) {
  for (DType dtype : numbers)
    read.push_back({dtype, {}, {}, true});
  for (DType dtype : written)
    read.push_back({dtype, shape, {}});
  return read;
}

Types parts_of(const ReductionKernels &kernels, DType x, const Types &numbers) {
  return kernels.reduction().parts(x, numbers.empty() ? x : numbers[0]);
}

void Entries::add_forms(const Types &of, Walk walk) {
  const bool columns = walk.columns;
  const auto source = [=](DType x, Sizes n) {
    return OperandShape{x,
                        {n[0], n[1]},
                        columns ? std::vector<std::int64_t>{1, n[0]}
                                : std::vector<std::int64_t>()};
  };
  // One dtype stands for all in the forms that differ in shape alone.
  const Types one{of[0]};
  const bool runs = walk.grouped && !columns;
  const auto form = [runs](const Kernel &kernel) {
    return runs ? kernel.with("RUNS", true) : kernel;
  };
  add(form(kernels.whole(of[0], walk)), columns ? one : of, {16384, 4096, 1},
      {3, 5, 1}, [=, numbers = numbers, results = results](DType x, Sizes n) {
        return operands_of({source(x, n)}, numbers(x), results(x), {n[0]});
      });
  if (kernels.reduction().row && !columns && !walk.grouped) {
    add(kernels.row(of[0]), of, {16384, 4096, 1}, {3, 5, 1},
        [=, numbers = numbers, results = results](DType x, Sizes n) {
          return operands_of({source(x, n)}, numbers(x), results(x), {n[0]});
        });
    all.back().config = "BM=1 BK=4096 num_warps=4";
  }
  add(form(kernels.parts(of[0], walk)), one, {64, 1 << 20, 128}, {3, 8, 2},
      [=, &kernels = kernels, numbers = numbers](DType x, Sizes n) {
        return operands_of({source(x, n)}, numbers(x),
                           parts_of(kernels, x, numbers(x)), {n[0], n[2]});
      });
}

void Entries::add_last(DType dtype, bool columns) {
  add(kernels.last(columns), {dtype}, {64, 1 << 20, 256}, {3, 8, 2},
      [columns, &kernels = kernels, numbers = numbers,
       results = results](DType x, Sizes n) {
        std::vector<std::int64_t> strides;
        if (columns)
          strides = {1, n[0]};
        std::vector<OperandShape> read;
        for (DType type : parts_of(kernels, x, numbers(x)))
          read.push_back({type, {n[0], n[2]}, strides});
        return operands_of(std::move(read), numbers(x), results(x), {n[0]});
      });
}

} // namespace

std::vector<KernelEntry>
reduction_entries(const ReductionKernels &kernels, std::vector<DType> dtypes,
                  std::vector<DType> (*numbers)(DType x),
                  std::vector<DType> (*results)(DType x)) {
  Entries entries{kernels, numbers, results};
  for (bool masked : {false, true}) {
    Types of;
    for (DType dtype : dtypes)
      if (kernels.masks(dtype) == masked)
        of.push_back(dtype);
    if (of.empty())
      continue;
    for (bool columns : {false, true}) {
      entries.add_forms(of, {columns});
      if (kernels.reduction().steps)
        entries.add_forms(of, {columns, true});
    }
  }
  for (bool columns : {false, true})
    entries.add_last(dtypes[0], columns);
  return std::move(entries.all);
}

} // namespace girih::ops
