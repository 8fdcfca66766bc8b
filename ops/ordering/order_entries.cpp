// SPDX-License-Identifier: Apache-2.0
// The kernels of sorts in the registry.
#include "girih/ops/ordering/digit_sort.h"
#include "girih/ops/ordering/order.h"
#include "girih/ops/ordering/order_kernels.h"
#include "girih/ops/ordering/order_keys.h"

#include <utility>

namespace girih::ops::order {

namespace {

using Sizes = std::span<const std::int64_t>;
using Operands = std::vector<OperandShape>;

KernelEntry entry(const Kernel &kernel, std::vector<std::int64_t> sizes,
                  std::vector<std::int64_t> picture,
                  std::function<Operands(DType, Sizes)> operands) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {f32, f64, bf16},
          .size_names = {"M", "N", "P", "K"},
          .sizes = std::move(sizes),
          .picture_sizes = std::move(picture),
          .operands = std::move(operands)};
}

// Keys and places of one shape.
Operands pairs(DType x, const std::vector<std::int64_t> &shape) {
  return {{key_dtype(x), shape, {}}, {i32, shape, {}}};
}

Operands joined(Operands first, const Operands &second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Operands values_and_indices(DType x, const std::vector<std::int64_t> &shape) {
  return {{x, shape, {}}, {i64, shape, {}}};
}

// The kernels that read x.
void add_tiles(std::vector<KernelEntry> &all, bool descending, bool columns) {
  const auto source = [=](DType x, Sizes n) {
    return Operands{{x,
                     {n[0], n[1]},
                     columns ? std::vector<std::int64_t>{1, n[0]}
                             : std::vector<std::int64_t>()}};
  };
  all.push_back(entry(tile_kernel(descending, columns), {4096, 1024, 1, 50},
                      {2, 4, 1, 2}, [=](DType x, Sizes n) {
                        return joined(source(x, n),
                                      values_and_indices(x, {n[0], n[3]}));
                      }));
  all.push_back(entry(pieces_kernel(descending, columns), {1, 151936, 149, 50},
                      {1, 8, 4, 2}, [=](DType x, Sizes n) {
                        return joined(source(x, n),
                                      pairs(x, {n[0], n[2], n[3]}));
                      }));
}

} // namespace

std::vector<KernelEntry> entries() {
  std::vector<KernelEntry> all;
  for (bool descending : {false, true})
    for (bool columns : {false, true})
      add_tiles(all, descending, columns);
  all.push_back(entry(again_kernel(), {1, 1 << 20, 1024, 50}, {1, 8, 4, 2},
                      [](DType x, Sizes n) {
                        return joined(pairs(x, {n[0], n[1]}),
                                      pairs(x, {n[0], n[2], n[3]}));
                      }));
  all.push_back(entry(last_kernel(1), {1, 151936, 1900, 50}, {1, 8, 4, 2},
                      [](DType x, Sizes n) {
                        return joined(joined({{x, {n[0], n[1]}, {}}},
                                             pairs(x, {n[0], n[2]})),
                                      values_and_indices(x, {n[0], n[3]}));
                      }));
  for (KernelEntry &each : digit_entries())
    all.push_back(std::move(each));
  return all;
}

} // namespace girih::ops::order
