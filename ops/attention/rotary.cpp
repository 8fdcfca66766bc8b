// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/rotary.h"

#include "girih/ops/elementwise/elementwise.h"

#include <algorithm>
#include <tuple>

namespace girih::ops {

Array as_pairs(const Array &x, std::int64_t size, bool interleaved) {
  const Array part = x.slice(-1, 0, size);
  const Array pairs = split_dim(part, part.rank() - 1,
                                interleaved ? 2 : at_least_one(size / 2));
  return pairs;
}

std::int64_t heads_of_program(std::int64_t heads, std::int64_t pairs) {
  constexpr std::int64_t most = 2048; // pairs of a program
  return std::clamp<std::int64_t>(most / pairs, 1, power_of_two(heads));
}

Tensor arrange_pairs(const Tensor &x, std::int64_t heads, std::int64_t pairs,
                     bool interleaved) {
  if (interleaved)
    return x.tile({1, 1, heads, pairs, 2})
        .tile({1, 1, 1, whole, whole})
        .at(0, squeeze({3, 4}))
        .at(1, squeeze({0, 1, 2}))
        .at(2, squeeze({0, 1}));
  return x.tile({1, 1, heads, 1, pairs})
      .tile({1, 1, 1, whole, whole})
      .at(0, squeeze({3, 4}))
      .at(1, squeeze({0, 1, 2}))
      .at(2, squeeze({0, 1, 3}));
}

void rotate_pairs(const In &x, const Out &out, const Tile &cosine,
                  const Tile &sine, DType computed, bool interleaved) {
  if (interleaved) {
    auto [first, second] = split(cast(x[{0, 0}], computed));
    Rotated made = rotate(first, second, cosine, sine);
    out[{0, 0}] = join(made.first, made.second);
  } else {
    Rotated made = rotate(cast(x[{0, 0}], computed), cast(x[{1, 0}], computed),
                          cosine, sine);
    out[{0, 0}] = made.first;
    out[{1, 0}] = made.second;
  }
}

void check_rotary(const Call &call, const Array &x, std::int64_t rotary) {
  call.check_dtype({"x", x}, attention_floats);
  call.check_rank({"x", x}, 4);
  call.require(rotary % 2 == 0 && rotary >= 0 && rotary <= x.size(3),
               "the rotated part of a head must be even and at most the head",
               {{"x", x}});
}

void check_positions(const Call &call, const Array &x, const Array &positions) {
  static constexpr DType integers[] = {i64, i32};
  call.check_dtype({"positions", positions}, integers);
  call.check_rank({"positions", positions}, 1, 2);
  if (positions.rank() == 1)
    call.check_shape({"positions", positions}, {x.size(1)}, {{"x", x}});
  else
    call.check_shape({"positions", positions}, {x.size(0), x.size(1)},
                     {{"x", x}});
}

void copy_rest(const Call &call, const Array &x, const Array &out,
               std::int64_t rotary) {
  static const Kernel kernel{make_source(
      "copy_head_rest",
      [](Tensor x, Tensor out) { return arrange::elementwise(x, out); },
      [](In x, Out out) { out = x; }, {"x", "out"})};
  if (rotary < x.size(-1))
    launch_elementwise(call, kernel, {rest_of(x, rotary)},
                       rest_of(out, rotary));
}

namespace {

using Form = std::tuple<std::int64_t, std::int64_t, bool>;

Kernel make_rotary_at(const Form &form) {
  const auto [heads, pairs, interleaved] = form;
  auto arrangement = [=](Tensor x, Tensor positions, Tensor frequencies,
                         Tensor factor, Tensor out) {
    Tensor grid = arrange_pairs(out, heads, pairs, interleaved);
    Tensor at = positions.tile({1, 1})
                    .at(1, squeeze({0, 1}))
                    .unsqueeze(2)
                    .expand({keep, keep, grid.size(2)});
    Tensor turning = frequencies.tile({pairs})
                         .tile({whole})
                         .unsqueeze(0)
                         .unsqueeze(0)
                         .expand({grid.size(0), grid.size(1), grid.size(2)});
    return arranged(arrange_pairs(x, heads, pairs, interleaved), at, turning,
                    factor, partial(grid));
  };
  auto application = [=](In x, In positions, In frequencies, In factor,
                         Out out) {
    const DType type = accumulated(x.dtype());
    // Rounded to f32, as the models were trained.
    Tile angle = cast(positions, f32) * cast(frequencies[0], f32);
    Tile scale = cast(factor, type);
    rotate_pairs(x, out, cast(cos(angle), type) * scale,
                 cast(sin(angle), type) * scale, type, interleaved);
  };
  return make(interleaved ? "rotary_at_interleaved" : "rotary_at", arrangement,
              application, {"x", "positions", "frequencies", "factor", "out"});
}

KernelFamily<Form> &rotary_at_kernels() {
  static KernelFamily<Form> kernels(make_rotary_at);
  return kernels;
}

} // namespace

void launch_rotary_at(const Call &call, const Array &x, const Array &positions,
                      const Array &frequencies, bool interleaved, double factor,
                      const Array &out) {
  const std::int64_t rotary = 2 * frequencies.size(0);
  copy_rest(call, x, out, rotary);
  if (rotary == 0)
    return;
  const std::int64_t pairs = power_of_two(rotary / 2);
  const Array from = as_pairs(x, rotary, interleaved),
              to = as_pairs(out, rotary, interleaved);
  const std::int64_t spread[] = {x.size(0), x.size(1)};
  const Array at = positions.broadcast_to(spread);
  const Array scale = Array::scalar(factor, accumulated(x.dtype()));
  const Kernel &kernel = rotary_at_kernels()[{
      heads_of_program(x.size(2), pairs), pairs, interleaved}];
  run_with(call, kernel, {4, 1}, {&from, &at, &frequencies, &scale, &to});
}

KernelEntry rotary_at_entry() {
  return {.name = "rotary_at",
          .kernel = rotary_at_kernels()[{16, 64, false}],
          .dtypes = {std::begin(attention_floats), std::end(attention_floats)},
          .size_names = {"B", "S", "H"},
          .sizes = {1, 4096, 16},
          .picture_sizes = {1, 3, 2},
          .operands = [](DType dtype, std::span<const std::int64_t> n) {
            const std::vector<std::int64_t> x{n[0], n[1], n[2], 2, 64};
            return std::vector<OperandShape>{{dtype, x, {}},
                                             {i64, {n[0], n[1]}, {}},
                                             {f32, {64}, {}},
                                             {accumulated(dtype), {}, {}, true},
                                             {dtype, x, {}}};
          }};
}

} // namespace girih::ops
