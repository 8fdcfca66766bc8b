// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/paged_combine.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace girih::ops {

Tensor arrange_all_parts(const Tensor &parts, const PagedForm &form) {
  return parts.tile({1, 1, 1, form.rows, form.value_width})
      .tile({1, 1, whole, 1, whole})
      .squeeze({2, 4})
      .unsqueeze(3)
      .expand({keep, keep, keep, parts.size(2)})
      .at(1, squeeze({0, 1, 3}))
      .at(2, squeeze({0, 1, 2}));
}

Tensor arrange_all_sums(const Tensor &sums, const PagedForm &form) {
  return sums.other(-INFINITY)
      .tile({1, 1, 1, form.rows})
      .tile({1, 1, whole, 1})
      .squeeze(2)
      .unsqueeze(3)
      .expand({keep, keep, keep, sums.size(2)})
      .at(1, squeeze({0, 1, 3}))
      .at(2, squeeze({0, 1, 2}))
      .at(2, unsqueeze(1));
}

Tensor arrange_counters(const Tensor &counters, const Size &splits) {
  return counters.tile({1, 1, 1})
      .unsqueeze(3)
      .expand({keep, keep, keep, splits})
      .at(1, squeeze({0, 1, 2}));
}

namespace {

// The mean of the first `count` parts, some of them at once: what they are read
// by does not depend on what is read.
Tile mean_of(const PagedForm &form, const Index &count, const InOut &parts,
             const InOut &sums) {
  const DType type = parts.dtype();
  Tile acc = zeros({form.rows, form.value_width}, type),
       total = zeros({form.rows, 1}, type),
       top = full({form.rows, 1}, -INFINITY, type);
  for (Index round : range(cdiv(count, form.together))) {
    std::vector<Tile> sum, part;
    for (int i = 0; i < form.together; ++i) {
      const Index at = round * form.together + i;
      const Index place = as_index(where(at < count, at, nowhere));
      sum.push_back(sums[place]);
      part.push_back(parts[{place, 0}]);
    }
    Tile next = top;
    for (const Tile &each : sum)
      next = max(next, each);
    Tile from = where(next == -INFINITY, 0, next);
    Tile shrink = exp2(top - from);
    acc = acc * shrink;
    total = total * shrink;
    for (int i = 0; i < form.together; ++i) {
      Tile weight = exp2(sum[static_cast<std::size_t>(i)] - from);
      acc = acc + part[static_cast<std::size_t>(i)] * weight;
      total = total + weight;
    }
    top = next;
  }
  return acc / where(total == 0, 1, total);
}

} // namespace

void combine_last(const PagedForm &form, const PagedPart &part,
                  const PagedOutputs &to,
                  const std::function<void()> &meanwhile) {
  const Index split = program_id(3);
  when(split < part.parts, [&] {
    to.parts[{split, 0}] = part.state.result();
    to.sums[split] = part.state.log2_sum();
    const Tile last = to.counters.last_to_arrive(
        {program_id(0), program_id(1), program_id(2)}, part.parts);
    meanwhile();
    when(last,
         [&] { to.out[0] = mean_of(form, part.parts, to.parts, to.sums); });
  });
}

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
  // A program's parts are 8 KiB: four vectors a thread to wait for at once.
  constexpr std::int64_t elements = 2048;
  const std::int64_t splits = power_of_two(parts.size(2)),
                     most = std::clamp<std::int64_t>(elements / splits, 16, 64);
  run_with(call, kernels()[{splits, std::min(power_of_two(out.size(3)), most)}],
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
