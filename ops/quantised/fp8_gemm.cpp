// SPDX-License-Identifier: Apache-2.0
// fp8_gemm: out[..., n] = the sum over blocks j of 128 of K of (the sum over k
// in j of a[..., k] * b[n, k]) * a_scales[..., j] * b_scales[n / 128, j]
//
// Shapes: a[..., K], a_scales[..., ceil(K / 128)], b[N, K], b_scales[ceil(N /
// 128), ceil(K / 128)]: what act_quant gives, and blocks of weights. Dtypes: a,
// b e4m3, scales f32; out bf16, unless dtype says f16 or f32. The products of a
// block are summed by the matrix units, blocks in f32 registers beside. A tile
// has no more than 128 columns, so that one number of b_scales concerns it.
// Errors: [device] [dtype] [shape] [overlap].
// Source: DeepSeek-V3's fp8_gemm.
#include "girih/ops/kernel_family.h"
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/narrow_product.h"
#include "girih/ops/sizes.h"
#include "girih/ops/warp_groups.h"

namespace girih::ops {

namespace {

constexpr std::int64_t side = 128;
// Of a tile on a GPU: two accumulators beside fragments that are converted.
constexpr std::int64_t most_columns = 64;
constexpr DType dtypes[] = {e4m3};
constexpr DType scale_dtypes[] = {f32};

// Of kernels whose tiles have so many columns, which divides 128.
Kernel make_kernel(const std::int64_t &columns) {
  return make(
      "fp8_gemm",
      [=](Tensor a, Tensor a_scales, Tensor b, Tensor b_scales, Tensor out) {
        const Size BM = block_size("BM");
        const Tensor ct = out.tile({BM, columns});
        const auto left = [&](const Tensor &t, std::int64_t depth) {
          return t.tile({BM, depth})
              .tile({1, whole})
              .expand({keep, ct.size(1)})
              .at(1, squeeze(0));
        };
        const auto right = [&](const Tensor &t, std::int64_t height,
                               std::int64_t depth) {
          return t.tile({height, depth})
              .tile({1, whole})
              .at(1, squeeze(0))
              .permute({1, 0})
              .expand({ct.size(0), keep})
              .at(2, permute({1, 0}));
        };
        // Each number for all tiles of its columns.
        const Tensor repeated = b_scales.unsqueeze(1)
                                    .expand({keep, side / columns, keep})
                                    .flatten(0, 2)
                                    .slice(0, Slice{0, ct.size(1)});
        return arranged(left(a, side), left(a_scales, 1),
                        right(b, columns, side), right(repeated, 1, 1), ct);
      },
      [](In a, In a_scales, In b, In b_scales, Out out) {
        Tile acc = zeros(out.shape(), f32);
        for (Index k : range(a.size(0)))
          acc = fma(dot(a[k], b[k]), a_scales[k] * b_scales[k], acc);
        out = acc;
      },
      {"a", "a_scales", "b", "b_scales", "out"});
}

KernelFamily<std::int64_t> &kernels() {
  static KernelFamily<std::int64_t> made(make_kernel);
  return made;
}

struct Fp8Gemm {
  static constexpr std::string_view signature =
      "fp8_gemm(a, a_scales, b, b_scales, *, dtype: dtype? = None) -> out";
  static Shaped result(const Call &call, const Array &a, const Array &a_scales,
                       const Array &b, const Array &b_scales,
                       const std::optional<DType> &dtype) {
    const Argument left{"a", a}, of_left{"a_scales", a_scales}, right{"b", b},
        of_right{"b_scales", b_scales};
    call.check_same_device({left, of_left, right, of_right});
    call.check_dtype(left, dtypes);
    call.check_same_dtype(left, right);
    call.check_dtype(of_left, scale_dtypes);
    call.check_dtype(of_right, scale_dtypes);
    check_widened(call, left, dtype.value_or(bf16));
    call.check_rank(left, 1, max_rank - 1);
    call.check_shape(right, {-1, a.size(-1)}, {left});
    const std::int64_t blocks = pieces_of(a.size(-1), side);
    call.check_shape(of_right, {pieces_of(b.size(0), side), blocks}, {right});
    Dims scales = dims_of(a.shape()), shape = scales;
    const auto last = static_cast<std::size_t>(a.rank() - 1);
    scales.sizes[last] = blocks;
    if (!std::ranges::equal(std::span<const std::int64_t>(scales),
                            a_scales.shape()))
      call.fail(ErrorId::shape,
                "a_scales must have a number for each 128 of a row of a",
                {of_left, left});
    shape.sizes[last] = b.size(0);
    return {shape, dtype.value_or(bf16)};
  }
  static void launch(const Call &call, const Array &a, const Array &a_scales,
                     const Array &b, const Array &b_scales,
                     const std::optional<DType> &, const Array &out) {
    std::array<Array, 3> arrays{a, a_scales, out};
    if (a.rank() == 1)
      for (Array &each : arrays)
        each = unsqueezed(each, 0);
    for_each_matrix(arrays, [&](const std::array<Array, 3> &matrices) {
      ProductTile tile =
          product_tile(matrices[2].size(0), b.size(0), e4m3, out.device());
      Config config;
      config.num_stages = tile.rows <= 32 ? 6 : 3;
      if (has_warp_groups(out.device()) && matrices[2].size(0) >= 64) {
        tile = matrices[2].size(0) > 64 && b.size(0) > 64
                   ? ProductTile{128, side, 8}
                   : ProductTile{64, most_columns, 4};
        config.num_stages = tile.rows == 128 ? 5 : 6;
        config.warp_specialize = config.persistent = true;
      } else if (out.device().kind == Device::Kind::cuda) {
        tile.columns = std::min(tile.columns, most_columns);
      }
      config.blocks = {{"BM", tile.rows}};
      config.num_warps = tile.warps;
      config.order = {ProgramOrder::Kind::grouped, 8};
      const std::array operands{&matrices[0], &matrices[1], &b, &b_scales,
                                &matrices[2]};
      kernels()[tile.columns].run(
          operands, {.config = config, .stream = call.stream}, call.where);
    });
  }
};

} // namespace

Array fp8_gemm(const Array &a, const Array &a_scales, const Array &b,
               const Array &b_scales, std::optional<DType> dtype,
               const Stream &stream, std::source_location where) {
  return compute<Fp8Gemm>(stream, where, a, a_scales, b, b_scales, dtype);
}

void fp8_gemm_out(const Array &a, const Array &a_scales, const Array &b,
                  const Array &b_scales, const Array &out, const Stream &stream,
                  std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  compute_into<Fp8Gemm>(stream, where, std::tie(out), a, a_scales, b, b_scales,
                        dtype);
}

namespace {

std::vector<OperandShape> shapes_of(DType dtype,
                                    std::span<const std::int64_t> sizes) {
  const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2],
                     blocks = pieces_of(k, side);
  return {{dtype, {m, k}, {}},
          {f32, {m, blocks}, {}},
          {dtype, {n, k}, {}},
          {f32, {pieces_of(n, side), blocks}, {}},
          {bf16, {m, n}, {}}};
}

KernelEntry entry(std::string_view name, std::int64_t columns,
                  std::string_view config, int capability) {
  return {.name = name,
          .kernel = kernels()[columns],
          .dtypes = {e4m3},
          .size_names = {"M", "N", "K"},
          .sizes = {4096, 4096, 4096},
          .picture_sizes = {5, 128, 256},
          .operands = shapes_of,
          .config = config,
          .capability = capability};
}

} // namespace

OpEntry entry_of_fp8_gemm() {
  return op_entry<Fp8Gemm>(
      {"quantised",
       "a b^T, with scales of 1 x 128 and of 128 x 128",
       {std::begin(dtypes), std::end(dtypes)},
       {entry("fp8_gemm", most_columns, "BM=64 num_warps=4 num_stages=3", 0),
        entry("fp8_gemm_groups", side,
              "BM=128 num_warps=8 num_stages=5 warp_specialize=1 persistent=1 "
              "order=grouped:8",
              90)}});
}

} // namespace girih::ops
