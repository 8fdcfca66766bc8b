// SPDX-License-Identifier: Apache-2.0
// weight_dequant: out[..., m, n] = x[..., m, n] * scales[..., m / 128, n / 128]
//
// Shapes: x a matrix, or one for each of some experts; scales has a number for
// each block of 128 x 128, the last ones of a side may be short. Dtypes: x e4m3
// e5m2 i8, scales f32; out bf16, unless dtype says f16 or f32. Computed in f32,
// rounded once. A program has some rows of one block: one scale.
// Errors: [device] [dtype] [shape] [overlap].
// Source: DeepSeek-V3's weight_dequant.
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/quantise.h"
#include "girih/ops/sizes.h"

namespace girih::ops {

namespace {

constexpr std::int64_t side = 128;
constexpr DType dtypes[] = {e4m3, e5m2, i8};
constexpr DType scale_dtypes[] = {f32};

// x, out[..., M, N], scales[..., A, B]: each row of scales is repeated for the
// tiles of a block.
const Kernel &kernel() {
  static const Kernel made{make_source(
      "weight_dequant",
      [](Tensor x, Tensor scales, Tensor out) {
        const auto rows = constexpr_value<int>("ROWS", 16);
        const Tensor tiles = cut_rows(out, rows, side);
        const int dim = scales.rank() - 2;
        Extents repeats(static_cast<std::size_t>(scales.rank() + 1), keep);
        repeats[static_cast<std::size_t>(dim + 1)] = side / rows;
        const Tensor repeated = scales.unsqueeze(dim + 1)
                                    .expand(repeats)
                                    .flatten(dim, dim + 2)
                                    .slice(dim, Slice{0, tiles.size(dim)});
        return arranged(cut_rows(x, rows, side), cut_rows(repeated, 1, 1),
                        tiles);
      },
      [](In x, In scale, Out out) { out = cast(x, f32) * scale; },
      {"x", "scales", "out"})};
  return made;
}

struct WeightDequant {
  static constexpr std::string_view signature =
      "weight_dequant(x, scales, *, dtype: dtype? = None) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &scales,
                       const std::optional<DType> &dtype) {
    const Argument weight{"x", x}, of{"scales", scales};
    call.check_same_device({weight, of});
    call.check_dtype(weight, dtypes);
    call.check_dtype(of, scale_dtypes);
    check_widened(call, weight, dtype.value_or(bf16));
    call.check_rank(weight, 2, 3);
    const std::int64_t rows = pieces_of(x.size(-2), side),
                       columns = pieces_of(x.size(-1), side);
    if (x.rank() == 2)
      call.check_shape(of, {rows, columns}, {weight});
    else
      call.check_shape(of, {x.size(0), rows, columns}, {weight});
    return {dims_of(x.shape()), dtype.value_or(bf16)};
  }
  static void launch(const Call &call, const Array &x, const Array &scales,
                     const std::optional<DType> &, const Array &out) {
    call.run(kernel(), {&x, &scales, &out});
  }
};

} // namespace

Array weight_dequant(const Array &x, const Array &scales,
                     std::optional<DType> dtype, const Stream &stream,
                     std::source_location where) {
  return compute<WeightDequant>(stream, where, x, scales, dtype);
}

void weight_dequant_out(const Array &x, const Array &scales, const Array &out,
                        const Stream &stream, std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  compute_into<WeightDequant>(stream, where, std::tie(out), x, scales, dtype);
}

OpEntry entry_of_weight_dequant() {
  return op_entry<WeightDequant>(
      {"quantised",
       "x * scale, a scale for each block of 128 x 128",
       {std::begin(dtypes), std::end(dtypes)},
       {{.name = "weight_dequant",
         .kernel = kernel(),
         .dtypes = {std::begin(dtypes), std::end(dtypes)},
         .size_names = {"M", "N"},
         .sizes = {7168, 18432},
         .picture_sizes = {32, 128},
         .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
           const std::int64_t m = sizes[0], n = sizes[1];
           return std::vector<OperandShape>{
               {dtype, {m, n}, {}},
               {f32, {pieces_of(m, side), pieces_of(n, side)}, {}},
               {bf16, {m, n}, {}}};
         }}}});
}

} // namespace girih::ops
