// SPDX-License-Identifier: Apache-2.0
// grouped_fp8_gemm: out[t, n] = the sum over blocks j of 128 of K of (the sum
// over k in j of a[t, k] * b[e, n, k]) * a_scales[t, j] * b_scales[e, n / 128,
// j], e the group of row t: the first with t < offs[e]
//
// Shapes: a[T, K], a_scales[T, ceil(K / 128)], b[E, N, K], b_scales[E, ceil(N /
// 128), ceil(K / 128)], offs[E], where each group of rows ends, not falling.
// Rows behind the last group are 0. Dtypes: a, b e4m3, scales f32, offs i32
// i64; out bf16, unless dtype says f16 or f32. Tiles of rows are those of
// grouped_mm, what happens in one is fp8_gemm.
// Errors: [device] [dtype] [shape] [overlap].
// Source: DeepSeek-V3's experts; DeepGEMM's grouped products.
#include "girih/ops/kernel_family.h"
#include "girih/ops/matmul/grouped_tiles.h"
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/narrow_product.h"
#include "girih/ops/sizes.h"

#include <tuple>

namespace girih::ops {

namespace {

constexpr std::int64_t side = 128;
constexpr DType dtypes[] = {e4m3};
constexpr DType scale_dtypes[] = {f32};

// Rows and columns of a tile; columns divide 128.
using Form = std::tuple<std::int64_t, std::int64_t>;

Arrangement arrange(const Form &form, const Tensor &a, const Tensor &a_scales,
                    const Tensor &b, const Tensor &b_scales, const Tensor &rows,
                    const Tensor &slabs, const Tensor &out) {
  const auto [height, columns] = form;
  const Slice every_second{.step = 2};
  const Tensor ct = out.jagged(0, rows, height)[every_second]
                        .tile({1, whole, columns})
                        .squeeze(1)
                        .at(1, squeeze(0));
  const auto left = [&](const Tensor &t, std::int64_t depth) {
    return t.jagged(0, rows, height)[every_second]
        .tile({1, whole, depth})
        .at(1, squeeze(0))
        .tile({1, 1, whole})
        .at(1, squeeze({0, 1}))
        .squeeze(1)
        .expand({keep, ct.size(1)});
  };
  const Tensor right = b.permute({0, 2, 1})
                           .jagged(0, slabs, 1)[every_second]
                           .tile({1, 1, side, columns})
                           .at(1, squeeze({0, 1}))
                           .tile({1, 1, whole, 1})
                           .at(1, squeeze({0, 1, 3}))
                           .squeeze({1, 2});
  // Found by the group, which is data.
  const Tensor numbers = b_scales.tile({1, 1, 1})
                             .tile({whole, whole, whole})
                             .squeeze(0)
                             .expand({ct.size(0), ct.size(1)})
                             .at(2, squeeze({0, 1, 2}));
  return arranged(left(a, side), left(a_scales, 1), right, numbers, rows, slabs,
                  partial(ct));
}

void apply(const Form &form, const In &a, const In &a_scales, const In &b,
           const In &b_scales, const In &rows, const In &slabs,
           const Out &out) {
  const std::int64_t columns = std::get<1>(form);
  const Index tile = program_id(0) * 2;
  when(rows[tile + 1] > rows[tile], [&] {
    // Rows of no group meet zeros, whatever the number.
    const Index group = min(as_index(slabs[tile]), b_scales.source_size(0) - 1);
    const Index block = program_id(1) * columns / side;
    Tile acc = zeros(out.shape(), f32);
    for (Index k : range(a.size(0)))
      acc =
          fma(dot(a[k], b[k]), a_scales[k] * b_scales[{group, block, k}], acc);
    out = acc;
  });
}

Kernel make_kernel(const Form &form) {
  return make(
      "grouped_fp8_gemm",
      [=](Tensor a, Tensor a_scales, Tensor b, Tensor b_scales, Tensor rows,
          Tensor slabs, Tensor out) {
        return arrange(form, a, a_scales, b, b_scales, rows, slabs, out);
      },
      [=](In a, In a_scales, In b, In b_scales, In rows, In slabs, Out out) {
        apply(form, a, a_scales, b, b_scales, rows, slabs, out);
      },
      {"a", "a_scales", "b", "b_scales", "rows", "slabs", "out"});
}

KernelFamily<Form> &kernels() {
  static KernelFamily<Form> made(make_kernel);
  return made;
}

struct GroupedFp8Gemm {
  static constexpr std::string_view signature =
      "grouped_fp8_gemm(a, a_scales, b, b_scales, offs, *, "
      "dtype: dtype? = None) -> out";
  static Shaped result(const Call &call, const Array &a, const Array &a_scales,
                       const Array &b, const Array &b_scales, const Array &offs,
                       const std::optional<DType> &dtype) {
    const Argument left{"a", a}, of_left{"a_scales", a_scales}, right{"b", b},
        of_right{"b_scales", b_scales}, ends{"offs", offs};
    call.check_same_device({left, of_left, right, of_right, ends});
    call.check_dtype(left, dtypes);
    call.check_same_dtype(left, right);
    call.check_dtype(of_left, scale_dtypes);
    call.check_dtype(of_right, scale_dtypes);
    check_widened(call, left, dtype.value_or(bf16));
    call.check_rank(left, 2);
    call.check_shape(right, {-1, -1, a.size(1)}, {left});
    const std::int64_t blocks = pieces_of(a.size(1), side);
    call.check_shape(of_left, {a.size(0), blocks}, {left});
    call.check_shape(of_right, {b.size(0), pieces_of(b.size(1), side), blocks},
                     {right});
    check_group_ends(call, ends, right);
    return {Dims{{a.size(0), b.size(1)}, 2}, dtype.value_or(bf16)};
  }
  static void launch(const Call &call, const Array &a, const Array &a_scales,
                     const Array &b, const Array &b_scales, const Array &offs,
                     const std::optional<DType> &, const Array &out) {
    const GroupedTiles tiles(call, offs, a.size(0));
    const ProductTile tile =
        product_tile(tiles.height, out.size(1), e4m3, out.device());
    // Two accumulators beside fragments that are converted.
    const bool gpu = out.device().kind == Device::Kind::cuda;
    const std::int64_t columns =
        std::min<std::int64_t>(tile.columns, gpu ? 64 : side);
    Config config;
    config.num_warps = tile.warps;
    config.num_stages = tiles.height <= 32 ? 6 : 3;
    const std::array operands{&a,          &a_scales,    &b,  &b_scales,
                              &tiles.rows, &tiles.slabs, &out};
    kernels()[{tiles.height, columns}].run(
        operands, {.config = config, .stream = call.stream}, call.where);
  }
};

} // namespace

Array grouped_fp8_gemm(const Array &a, const Array &a_scales, const Array &b,
                       const Array &b_scales, const Array &offs,
                       std::optional<DType> dtype, const Stream &stream,
                       std::source_location where) {
  return compute<GroupedFp8Gemm>(stream, where, a, a_scales, b, b_scales, offs,
                                 dtype);
}

void grouped_fp8_gemm_out(const Array &a, const Array &a_scales, const Array &b,
                          const Array &b_scales, const Array &offs,
                          const Array &out, const Stream &stream,
                          std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  compute_into<GroupedFp8Gemm>(stream, where, std::tie(out), a, a_scales, b,
                               b_scales, offs, dtype);
}

OpEntry entry_of_grouped_fp8_gemm() {
  return op_entry<GroupedFp8Gemm>(
      {"quantised",
       "fp8_gemm with b[e, :, :], e the group of the row",
       {std::begin(dtypes), std::end(dtypes)},
       {{.name = "grouped_fp8_gemm",
         .kernel = kernels()[{64, 64}],
         .dtypes = {e4m3},
         .size_names = {"T", "E", "N", "K"},
         .sizes = {8192, 64, 2048, 1024},
         .picture_sizes = {5, 2, 128, 256},
         .operands =
             [](DType dtype, std::span<const std::int64_t> sizes) {
               const std::int64_t t = sizes[0], e = sizes[1], n = sizes[2],
                                  k = sizes[3], blocks = pieces_of(k, side),
                                  words = 2 * (t / 64 + e + 1);
               return std::vector<OperandShape>{
                   {dtype, {t, k}, {}},
                   {f32, {t, blocks}, {}},
                   {dtype, {e, n, k}, {}},
                   {f32, {e, pieces_of(n, side), blocks}, {}},
                   {i32, {words}, {}},
                   {i32, {words}, {}},
                   {bf16, {t, n}, {}}};
             },
         .config = "num_warps=4 num_stages=3"}}});
}

} // namespace girih::ops
