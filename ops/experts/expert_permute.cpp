// SPDX-License-Identifier: Apache-2.0
// expert_permute: out = rows of x, one for each choice experts[t, j], in the
// order of experts and then of choices; counts, offsets, places say which
//
// Shapes: x[T, H], experts[T, k]; out[T k, H], counts[E], offsets[E],
// places[T, k]: places[t, j] is the row of out that choice (t, j) became,
// offsets[e] the row behind the last one of expert e, as grouped_mm takes it.
// Choices outside of [0, E) come last. Dtypes: x of at least 8 bits, experts
// i32 i64; counts, offsets, places i32. First the order, see expert_order.h;
// then a program has a piece of one token's row, which it reads once and writes
// to all its places. Nothing is read back to the host.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: the permutation in front of a grouped product, as in vLLM and
// Megatron.
#include "girih/ops/experts.h"
#include "girih/ops/experts/expert_order.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <limits>

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {bf16, f32, f16, f64, i64,  i32,
                            i16,  i8,  u8,  b1,  e4m3, e5m2};
constexpr DType choice_dtypes[] = {i64, i32};

// So many choices are written out, one after the other.
constexpr std::int64_t most_unrolled = 8;

// x[T, H], places[T, k], out[T k, H]; k choices are written out, or 0: any
// number.
Kernel make_kernel(const std::int64_t &choices) {
  return make(
      "expert_rows",
      [](Tensor x, Tensor places, Tensor out) {
        const Size BH = block_size("BH", 1024);
        const Tensor rows = x.tile({1, BH});
        return arranged(rows,
                        places.tile({1, 1})
                            .tile({1, whole})
                            .at(1, squeeze(0))
                            .expand({keep, rows.size(1)}),
                        partial(out.tile({1, BH})
                                    .tile({whole, 1})
                                    .at(1, squeeze(1))
                                    .expand({rows.size(0), keep})));
      },
      [=](In x, In places, Out out) {
        const Tile row = x;
        const auto write = [&](const Index &j) {
          out[as_index(reshape(places[j], {}))] = row;
        };
        if (choices > 0)
          for (std::int64_t j = 0; j < choices; ++j)
            write(Index(j));
        else
          for (Index j : range(places.size(0)))
            write(j);
      },
      {"x", "places", "out"});
}

KernelFamily<std::int64_t> &kernels() {
  static KernelFamily<std::int64_t> made(make_kernel);
  return made;
}

void launch_rows_of_experts(const Call &call, const Array &x,
                            const Array &places, const Array &out) {
  const std::int64_t lanes = 128 / bits(x.dtype()), choices = places.size(1);
  const bool gpu = x.device().kind == Device::Kind::cuda;
  const std::int64_t columns =
      std::min(power_of_two(x.size(1)), gpu ? 128 * lanes : 4096);
  Config config;
  config.blocks = {{"BH", columns}};
  config.num_warps =
      static_cast<int>(std::clamp<std::int64_t>(columns / (32 * lanes), 1, 4));
  const std::array operands{&x, &places, &out};
  kernels()[choices <= most_unrolled ? choices : 0].run(
      operands, {.config = config, .stream = call.stream}, call.where);
}

KernelEntry rows_entry() {
  return {.name = "expert_rows",
          .kernel = kernels()[most_unrolled],
          .dtypes = {bf16, f32, f64, e4m3},
          .size_names = {"T", "H"},
          .sizes = {8192, 7168},
          .picture_sizes = {3, 5},
          .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
            const std::int64_t t = sizes[0], h = sizes[1];
            return std::vector<OperandShape>{
                {dtype, {t, h}, {}},
                {i32, {t, most_unrolled}, {}},
                {dtype, {t * most_unrolled, h}, {}}};
          }};
}

struct ExpertPermute {
  static constexpr std::string_view signature =
      "expert_permute(x, experts, num_experts: int) -> out, counts, offsets, "
      "places";
  static std::array<Shaped, 4> result(const Call &call, const Array &x,
                                      const Array &experts,
                                      std::int64_t num_experts) {
    const Argument rows{"x", x}, choices{"experts", experts};
    call.check_same_device({rows, choices});
    call.check_dtype(rows, dtypes);
    call.check_dtype(choices, choice_dtypes);
    call.check_rank(rows, 2);
    call.check_shape(choices, {x.size(0), -1}, {rows});
    call.require(num_experts >= 1 && num_experts <= 4096,
                 "num_experts must be at least 1 and at most 4096", {rows});
    call.require(experts.numel() < std::numeric_limits<std::int32_t>::max(),
                 "there are too many choices for i32", {choices});
    const Shaped counts{Dims{{num_experts}, 1}, i32};
    return {Shaped{Dims{{experts.numel(), x.size(1)}, 2}, x.dtype()}, counts,
            counts, Shaped{dims_of(experts.shape()), i32}};
  }
  static void launch(const Call &call, const Array &x, const Array &experts,
                     std::int64_t, const Array &out, const Array &counts,
                     const Array &offsets, const Array &places) {
    launch_expert_order(call, {.experts = experts,
                               .counts = counts,
                               .offsets = offsets,
                               .places = places});
    if (out.numel() > 0)
      launch_rows_of_experts(call, x, places, out);
  }
};

} // namespace

std::array<Array, 4> expert_permute(const Array &x, const Array &experts,
                                    std::int64_t num_experts,
                                    const Stream &stream,
                                    std::source_location where) {
  return compute<ExpertPermute>(stream, where, x, experts, num_experts);
}

void expert_permute_out(const Array &x, const Array &experts, const Array &out,
                        const Array &counts, const Array &offsets,
                        const Array &places, const Stream &stream,
                        std::source_location where) {
  const std::int64_t num_experts = counts.rank() == 1 ? counts.size(0) : 1;
  compute_into<ExpertPermute>(stream, where,
                              std::tie(out, counts, offsets, places), x,
                              experts, num_experts);
}

OpEntry entry_of_expert_permute() {
  std::vector<KernelEntry> entries = expert_order_entries();
  entries.push_back(rows_entry());
  return op_entry<ExpertPermute>({"experts",
                                  "rows of x in the order of their experts",
                                  {std::begin(dtypes), std::end(dtypes)},
                                  std::move(entries)});
}

} // namespace girih::ops
