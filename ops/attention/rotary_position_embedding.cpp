// SPDX-License-Identifier: Apache-2.0
// rotary_position_embedding: pairs (a, b) of a head become
// (a cos - b sin, b cos + a sin).
//
// Shapes: x[B, S, H, D], cos and sin[S, R / 2] with R even and at most D; the
// elements from R on stay. Pairs are (i, i + R / 2), or (2 i, 2 i + 1) if
// interleaved. Dtypes: bf16 f32 f16 f64, cos and sin of any of them; computed
// in f32 (f64 for f64), rounded once.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: transformers' apply_rotary_pos_emb, with tables that are not doubled.
#include "girih/ops/attention/rotary.h"

#include <tuple>

namespace girih::ops {

namespace {

using Form = std::tuple<std::int64_t, std::int64_t, bool>;

Kernel make_kernel(const Form &form) {
  const auto [heads, pairs, interleaved] = form;
  auto arrangement = [=](Tensor x, Tensor cosines, Tensor sines, Tensor out) {
    Tensor grid = arrange_pairs(out, heads, pairs, interleaved);
    auto table = [&](Tensor t) {
      return t.tile({1, pairs})
          .tile({1, whole})
          .at(1, squeeze(0))
          .at(2, squeeze(0))
          .squeeze(1)
          .unsqueeze(0)
          .unsqueeze(2)
          .expand({grid.size(0), keep, grid.size(2)});
    };
    return arranged(arrange_pairs(x, heads, pairs, interleaved), table(cosines),
                    table(sines), partial(grid));
  };
  auto application = [=](In x, In cosines, In sines, Out out) {
    const DType type = accumulated(x.dtype());
    rotate_pairs(x, out, cast(cosines[0], type), cast(sines[0], type), type,
                 interleaved);
  };
  return make(interleaved ? "rotary_interleaved" : "rotary", arrangement,
              application, {"x", "cos", "sin", "out"});
}

KernelFamily<Form> &kernels() {
  static KernelFamily<Form> made(make_kernel);
  return made;
}

} // namespace

void launch_rotary(const Call &call, const Array &x, const Array &cosines,
                   const Array &sines, bool interleaved, const Array &out) {
  const std::int64_t rotary = 2 * cosines.size(1);
  copy_rest(call, x, out, rotary);
  if (rotary == 0)
    return;
  const std::int64_t pairs = power_of_two(rotary / 2);
  const Array from = as_pairs(x, rotary, interleaved),
              to = as_pairs(out, rotary, interleaved);
  const Kernel &kernel =
      kernels()[{heads_of_program(x.size(2), pairs), pairs, interleaved}];
  run_with(call, kernel, {4, 1}, {&from, &cosines, &sines, &to});
}

namespace {

struct Rotary {
  static constexpr std::string_view signature =
      "rotary_position_embedding(x, cos_table, sin_table, *, "
      "interleaved: bool = False) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &cosines,
                       const Array &sines, bool) {
    const Argument first{"x", x}, cosine{"cos_table", cosines},
        sine{"sin_table", sines};
    call.check_same_device({first, cosine, sine});
    call.check_dtype(cosine, attention_floats);
    call.check_same_dtype(cosine, sine);
    call.check_rank(first, 4);
    call.check_shape(cosine, {x.size(1), -1}, {first});
    call.check_shape(sine, {x.size(1), cosines.size(1)}, {cosine});
    check_rotary(call, x, 2 * cosines.size(1));
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Array &cosines,
                     const Array &sines, bool interleaved, const Array &out) {
    launch_rotary(call, x, cosines, sines, interleaved, out);
  }
};

KernelEntry kernel_entry(bool interleaved) {
  return {.name = interleaved ? "rotary_interleaved" : "rotary",
          .kernel = kernels()[{16, 64, interleaved}],
          .dtypes = {std::begin(attention_floats), std::end(attention_floats)},
          .size_names = {"B", "S", "H"},
          .sizes = {1, 4096, 16},
          .picture_sizes = {1, 3, 2},
          .operands = [=](DType dtype, std::span<const std::int64_t> n) {
            const std::vector<std::int64_t> x{
                n[0], n[1], n[2], interleaved ? 64 : 2, interleaved ? 2 : 64};
            return std::vector<OperandShape>{{dtype, x, {}},
                                             {dtype, {n[1], 64}, {}},
                                             {dtype, {n[1], 64}, {}},
                                             {dtype, x, {}}};
          }};
}

} // namespace

Array rotary_position_embedding(const Array &x, const Array &cos_table,
                                const Array &sin_table, bool interleaved,
                                const Stream &stream,
                                std::source_location where) {
  return compute<Rotary>(stream, where, x, cos_table, sin_table, interleaved);
}

void rotary_position_embedding_out(const Array &x, const Array &cos_table,
                                   const Array &sin_table, const Array &out,
                                   bool interleaved, const Stream &stream,
                                   std::source_location where) {
  compute_into<Rotary>(stream, where, std::tie(out), x, cos_table, sin_table,
                       interleaved);
}

OpEntry entry_of_rotary_position_embedding() {
  return op_entry<Rotary>(
      {"attention",
       "pairs (a, b) become (a cos - b sin, b cos + a sin)",
       {std::begin(attention_floats), std::end(attention_floats)},
       {kernel_entry(false), kernel_entry(true)}});
}

} // namespace girih::ops
