// SPDX-License-Identifier: Apache-2.0
// The kernels of selections in the registry.
#include "girih/ops/ordering/select.h"
#include "girih/ops/ordering/select_kernels.h"

#include <utility>

namespace girih::ops::order {

namespace {

using Sizes = std::span<const std::int64_t>;
using Operands = std::vector<OperandShape>;

// Of M rows of N elements in G groups the K first.
KernelEntry entry(const Kernel &kernel, std::vector<std::int64_t> sizes,
                  std::string_view config,
                  std::function<Operands(DType, Sizes)> operands) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {bf16, f32, f64},
          .size_names = {"M", "N", "G", "K"},
          .sizes = std::move(sizes),
          .picture_sizes = {1, 12, 3, 2},
          .operands = std::move(operands),
          .config = config};
}

constexpr std::int64_t slots = 64;
const OperandShape wanted{i32, {}, {}, true};

OperandShape slots_of(Sizes n) { return {i32, {n[0], slots}, {}}; }
OperandShape row_of(DType x, Sizes n) { return {x, {n[0], n[1]}, {}}; }
OperandShape tops_of(DType x, Sizes n) { return {x, {n[0], n[2]}, {}}; }
Operands with_results(Operands all, DType x, Sizes n) {
  all.push_back({x, {n[0], n[3]}, {}});
  all.push_back({i64, {n[0], n[3]}, {}});
  return all;
}

} // namespace

std::vector<KernelEntry> select_entries() {
  SelectForm form;
  form.descending = true;
  form.group = 64;
  form.slots = slots;
  SelectForm groups;
  groups.descending = true;
  groups.group = 64;
  const std::vector<std::int64_t> sizes{2048, 151936, 2384, 50};
  return {
      entry(group_tops_kernel(groups), sizes, "BM=1 C=64",
            [](DType x, Sizes n) {
              return Operands{row_of(x, n), tops_of(x, n)};
            }),
      entry(select_groups_kernel(form), sizes, "KB=64 N=4096 num_warps=8",
            [](DType x, Sizes n) {
              return with_results(
                  {row_of(x, n), tops_of(x, n), wanted, slots_of(n)}, x, n);
            }),
      entry(select_row_kernel(form), {2048, 4096, 1, 50},
            "KB=64 N=4096 num_warps=8",
            [](DType x, Sizes n) {
              return with_results({row_of(x, n), wanted, slots_of(n)}, x, n);
            }),
      entry(top_groups_kernel(form), sizes, "N=4096 num_warps=8",
            [](DType x, Sizes n) {
              return Operands{tops_of(x, n), wanted, slots_of(n)};
            }),
      entry(narrow_kernel(form), sizes, "num_warps=8",
            [](DType x, Sizes n) {
              return Operands{row_of(x, n), wanted, slots_of(n)};
            }),
      entry(select_narrow_kernel(form), sizes, "KB=64 num_warps=8",
            [](DType x, Sizes n) {
              return with_results({row_of(x, n), wanted, slots_of(n)}, x, n);
            })};
}

} // namespace girih::ops::order
