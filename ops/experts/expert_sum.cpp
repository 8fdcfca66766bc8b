// SPDX-License-Identifier: Apache-2.0
// expert_sum: out[t, h] = the sum over j of weights[t, j] * x[places[t, j], h]
//
// Shapes: x[R, H], places[T, k], weights[T, k], out[T, H]. Dtypes: x bf16 f32
// f16 f64, weights any of these, places i32 i64. Summed in the order of j, in
// f32 (f64 for f64), rounded once. A place out of range adds nothing. A program
// has a piece of one token's row; the rows that it adds are read 16 bytes an
// access, at places that are data, and for up to 8 choices all before the first
// is needed. Errors: [device] [dtype] [shape] [overlap].
// Source: the end of a mixture-of-experts layer.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/experts.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/sizes.h"

#include <algorithm>

namespace girih::ops {

namespace {

constexpr DType place_dtypes[] = {i64, i32};
// So many choices are written out, one after the other.
constexpr std::int64_t most_unrolled = 8;

// Of k choices, which are written out, or 0: any number.
Kernel make_kernel(const std::int64_t &choices) {
  return make(
      choices == 0 ? "expert_sum_any" : "expert_sum",
      [](Tensor x, Tensor places, Tensor weights, Tensor out) {
        const Size BH = block_size("BH", 1024);
        const Tensor ct = out.tile({1, BH});
        const auto of_token = [&](const Tensor &t) {
          return t.tile({1, 1})
              .tile({1, whole})
              .at(1, squeeze(0))
              .expand({keep, ct.size(1)});
        };
        return arranged(x.tile({1, BH})
                            .tile({whole, 1})
                            .at(1, squeeze(1))
                            .expand({ct.size(0), keep}),
                        of_token(places), of_token(weights), ct);
      },
      [=](In x, In places, In weights, Out out) {
        const DType type = computed(x.dtype());
        Tile acc = zeros(out.shape(), type);
        const auto add = [&](const Index &j) {
          const Index row = as_index(reshape(places[j], {}));
          acc = fma(cast(x[row], type), cast(weights[j], type), acc);
        };
        if (choices > 0)
          for (std::int64_t j = 0; j < choices; ++j)
            add(Index(j));
        else
          for (Index j : range(places.size(0)))
            add(j);
        out = acc;
      },
      {"x", "places", "weights", "out"});
}

KernelFamily<std::int64_t> &kernels() {
  static KernelFamily<std::int64_t> made(make_kernel);
  return made;
}

// A row, or as much of it as is worth a program: an access of 16 bytes a
// thread.
Config config_of(const Array &out) {
  const std::int64_t lanes = 128 / bits(out.dtype());
  const bool gpu = out.device().kind == Device::Kind::cuda;
  const std::int64_t columns =
      std::min(power_of_two(out.size(1)), gpu ? 128 * lanes : 4096);
  Config config;
  config.blocks = {{"BH", columns}};
  config.num_warps =
      static_cast<int>(std::clamp<std::int64_t>(columns / (32 * lanes), 1, 4));
  return config;
}

struct ExpertSum {
  static constexpr std::string_view signature =
      "expert_sum(x, places, weights) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &places,
                       const Array &weights) {
    const Argument rows{"x", x}, of{"places", places}, by{"weights", weights};
    call.check_same_device({rows, of, by});
    call.check_dtype(rows, floats);
    call.check_dtype(of, place_dtypes);
    call.check_dtype(by, floats);
    call.check_rank(rows, 2);
    call.check_rank(of, 2);
    call.check_shape(by, {places.size(0), places.size(1)}, {of});
    return {Dims{{places.size(0), x.size(1)}, 2}, x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Array &places,
                     const Array &weights, const Array &out) {
    const std::int64_t choices = places.size(1);
    const std::array operands{&x, &places, &weights, &out};
    const bool unrolled = choices >= 1 && choices <= most_unrolled;
    kernels()[unrolled ? choices : 0].run(
        operands, {.config = config_of(out), .stream = call.stream},
        call.where);
  }
};

} // namespace

Array expert_sum(const Array &x, const Array &places, const Array &weights,
                 const Stream &stream, std::source_location where) {
  return compute<ExpertSum>(stream, where, x, places, weights);
}

void expert_sum_out(const Array &x, const Array &places, const Array &weights,
                    const Array &out, const Stream &stream,
                    std::source_location where) {
  compute_into<ExpertSum>(stream, where, std::tie(out), x, places, weights);
}

OpEntry entry_of_expert_sum() {
  const auto entry = [](std::string_view name, std::int64_t choices) {
    return KernelEntry{
        .name = name,
        .kernel = kernels()[choices],
        .dtypes = {std::begin(floats), std::end(floats)},
        .size_names = {"T", "K", "H"},
        .sizes = {8192, choices == 0 ? 16 : choices, 4096},
        .picture_sizes = {3, choices == 0 ? 2 : choices, 5},
        .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
          const std::int64_t t = sizes[0], k = sizes[1], h = sizes[2];
          return std::vector<OperandShape>{{dtype, {t * k, h}, {}},
                                           {i32, {t, k}, {}},
                                           {f32, {t, k}, {}},
                                           {dtype, {t, h}, {}}};
        }};
  };
  return op_entry<ExpertSum>(
      {"experts",
       "the sum over j of weights[t, j] * x[places[t, "
       "j], :]",
       {std::begin(floats), std::end(floats)},
       {entry("expert_sum", most_unrolled), entry("expert_sum_any", 0)}});
}

} // namespace girih::ops
