// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/paged_combine.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace girih::ops {

namespace {

// Parts, and elements of a program.
using Form = std::tuple<std::int64_t, std::int64_t>;

// One tile: nothing waits for what was read but the sum.
Tile mean_of_all(const In &parts, const In &sums) {
  const Tile sum = sums[0], largest = max(sum, dim(0).kept()),
             weight = exp2(sum - where(largest == -INFINITY, 0, largest)),
             total = girih::sum(weight);
  return girih::sum(parts[0] * weight, dim(0)) / where(total == 0, 1, total);
}

Kernel make_kernel(const Form &form) {
  const auto [splits, width] = form;
  auto arrangement = [=](Tensor parts, Tensor sums, Tensor out) {
    Tensor grid = out.tile({1, 1, 1, width}).at(1, squeeze({0, 1, 2}));
    Tensor part = parts.tile({1, 1, splits, 1, width})
                      .tile({1, 1, whole, 1, 1})
                      .squeeze(2)
                      .at(1, squeeze({0, 1, 3, 4}))
                      .at(2, squeeze({0, 1, 3}));
    Tensor sum = sums.other(-INFINITY)
                     .tile({1, 1, splits, 1})
                     .tile({1, 1, whole, 1})
                     .squeeze(2)
                     .unsqueeze(3)
                     .expand({keep, keep, keep, grid.size(3)})
                     .at(1, squeeze({0, 1, 3}))
                     .at(2, squeeze({0, 1}));
    return arranged(part, sum, grid);
  };
  auto application = [](In parts, In sums, Out out) {
    out = mean_of_all(parts, sums);
  };
  return make("attention_combine", arrangement, application,
              {"parts", "sums", "out"});
}

KernelFamily<Form> &kernels() {
  static KernelFamily<Form> made(make_kernel);
  return made;
}

} // namespace

void launch_combine(const Call &call, const Array &parts, const Array &sums,
                    const Array &out) {
  // A program's parts are 8 KiB, four vectors a thread to wait for at once, or
  // less where all programs then run at once.
  constexpr std::int64_t elements = 2048, narrowest = 16, of_processor = 2;
  const std::int64_t splits = power_of_two(parts.size(2)),
                     enough =
                         of_processor * properties(out.device()).processors;
  std::int64_t width =
      std::clamp<std::int64_t>(elements / splits, narrowest, 64);
  while (on_gpu(out) && width > narrowest && out.numel() / width < enough)
    width /= 2;
  run_with(call,
           kernels()[{splits, std::min(power_of_two(out.size(3)), width)}],
           {4, 1}, {&parts, &sums, &out});
}

KernelEntry combine_entry() {
  return {.name = "attention_combine",
          .kernel = kernels()[{64, 32}],
          .dtypes = {bf16, f32, f16},
          .size_names = {"B", "S"},
          .sizes = {1, 64},
          .picture_sizes = {1, 2},
          .operands = [](DType dtype, std::span<const std::int64_t> n) {
            return std::vector<OperandShape>{{f32, {n[0], 2, n[1], 6, 128}, {}},
                                             {f32, {n[0], 2, n[1], 6}, {}},
                                             {dtype, {n[0], 2, 6, 128}, {}}};
          }};
}

} // namespace girih::ops
