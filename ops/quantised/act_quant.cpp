// SPDX-License-Identifier: Apache-2.0
// act_quant: for each block of block_size elements along the last dimension,
// scale = max(the largest |x|, 1e-4) / 448, out = x / scale as e4m3
//
// Shapes: x[..., K], out alike, scales[..., ceil(K / block_size)]; the last
// block may be short. block_size is 32, 64, 128 or 256. Dtypes: x floats, out
// e4m3, scales f32, of which scale_fmt 'ue8m0' makes powers of two, rounded up.
// All in f32, to which f64 is rounded. A block with a NaN has a NaN scale, one
// with an infinity an infinite one. Where blocks divide the row they are rows
// of a matrix, of which a program has several: 16 bytes an access, each element
// read once. Errors: [device] [dtype] [shape] [argument] [overlap]. Source:
// DeepSeek-V3's act_quant.
#include "girih/ops/kernel_family.h"
#include "girih/ops/quantised.h"
#include "girih/ops/quantised/quantise.h"
#include "girih/ops/reductions/lane_views.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <tuple>

namespace girih::ops {

namespace {

using Form = std::tuple<std::int64_t, bool>; // block size, powers of two

// The least power of two that is at least a positive number, by its bits.
Tile power_above(const Tile &x) {
  constexpr std::int64_t fraction = (1 << 23) - 1;
  const Tile raised = (bitcast(x, i32) + fraction) & ~fraction;
  return where(isnan(x), x, bitcast(raised, f32));
}

// x, out[kept..., N], scales[kept..., blocks of N]
Kernel make_kernel(const Form &form) {
  const auto [block, powers] = form;
  return make(
      powers ? "act_quant_ue8m0" : "act_quant",
      [=](Tensor x, Tensor out, Tensor scales) {
        const Size BM = block_size("BM", 16);
        return arranged(cut_rows(x, BM, block), cut_rows(out, BM, block),
                        cut_rows(scales, BM, 1));
      },
      [=](In x, Out out, Out scales) {
        const Tile row = cast(x, f32);
        Tile scale = max(max(abs(row), dim(1).kept()), 1e-4F) / 448;
        if (powers)
          scale = power_above(scale);
        out = quantised_rows(row, scale, e4m3);
        scales = scale;
      },
      {"x", "out", "scales"});
}

KernelFamily<Form> &kernels() {
  static KernelFamily<Form> made(make_kernel);
  return made;
}

// Tiles of 2048 elements, or fewer where that leaves a GPU idle.
Config config_of(std::int64_t rows, std::int64_t last, std::int64_t block,
                 Device device) {
  const bool gpu = device.kind == Device::Kind::cuda;
  std::int64_t height =
      std::min(power_of_two(last), (gpu ? 2048 : 8192) / block);
  while (gpu && height > 1 && rows / height < 264)
    height /= 2;
  Config config;
  config.blocks = {{"BM", height}};
  config.num_warps =
      static_cast<int>(std::clamp<std::int64_t>(height * block / 1024, 1, 4));
  return config;
}

struct ActQuant {
  static constexpr std::string_view signature =
      "act_quant(x, block_size: int = 128, *, scale_fmt: str? = None) -> out, "
      "scales";
  static std::array<Shaped, 2>
  result(const Call &call, const Array &x, std::int64_t block,
         const std::optional<std::string_view> &scale_fmt) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, quantised_dtypes);
    call.check_rank({"x", x}, 1, max_rank - 1);
    call.require(block == 32 || block == 64 || block == 128 || block == 256,
                 "block_size must be 32, 64, 128 or 256", {{"x", x}});
    call.require(!scale_fmt || *scale_fmt == "ue8m0",
                 "scale_fmt must be 'ue8m0' or None", {{"x", x}});
    Shaped scales{dims_of(x.shape()), f32};
    std::int64_t &last =
        scales.shape.sizes[static_cast<std::size_t>(x.rank() - 1)];
    last = pieces_of(last, block);
    return {Shaped{dims_of(x.shape()), e4m3}, scales};
  }
  static void launch(const Call &call, const Array &x, std::int64_t block,
                     const std::optional<std::string_view> &scale_fmt,
                     const Array &out, const Array &scales) {
    const int last = x.rank() - 1;
    const bool divides = x.size(last) % block == 0;
    // Each block becomes a row of its own; else scales keep their dimension.
    std::array<Array, 3> views{x, out, scales};
    if (divides)
      for (Array *view : {&views[0], &views[1]})
        *view = split_dim(*view, last, block);
    else
      views[2] = scales.select(last, 0);
    const LaneViews lanes =
        lane_views(views, 2, std::array{last + divides}, false, true);
    Dims sizes = dims_of(views[2].shape()),
         strides = dims_of(views[2].strides());
    sizes.sizes[static_cast<std::size_t>(sizes.rank++)] =
        divides ? 1 : scales.size(last);
    strides.sizes[static_cast<std::size_t>(strides.rank++)] =
        divides ? 1 : scales.stride(last);
    views[2] = view_of(views[2], sizes, strides);
    if (lanes.kept == 0)
      for (Array &view : views)
        view = unsqueezed(view, 0);
    const Array *operands[] = {&views[0], &views[1], &views[2]};
    run_with(call, kernels()[{block, scale_fmt.has_value()}],
             config_of(lanes.rows, lanes.last, block, x.device()), operands);
  }
};

} // namespace

std::array<Array, 2> act_quant(const Array &x, std::int64_t block_size,
                               std::optional<std::string_view> scale_fmt,
                               const Stream &stream,
                               std::source_location where) {
  return compute<ActQuant>(stream, where, x, block_size, scale_fmt);
}

void act_quant_out(const Array &x, const Array &out, const Array &scales,
                   std::int64_t block_size,
                   std::optional<std::string_view> scale_fmt,
                   const Stream &stream, std::source_location where) {
  compute_into<ActQuant>(stream, where, std::tie(out, scales), x, block_size,
                         scale_fmt);
}

OpEntry entry_of_act_quant() {
  const auto entry = [](bool powers) {
    return KernelEntry{
        .name = powers ? "act_quant_ue8m0" : "act_quant",
        .kernel = kernels()[{128, powers}],
        .dtypes = {std::begin(quantised_dtypes), std::end(quantised_dtypes)},
        .size_names = {"M", "K"},
        .sizes = {16384, 4096},
        .picture_sizes = {3, 256},
        .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
          const std::int64_t blocks = sizes[0] * pieces_of(sizes[1], 128);
          return std::vector<OperandShape>{{dtype, {blocks, 128}, {}},
                                           {e4m3, {blocks, 128}, {}},
                                           {f32, {blocks, 1}, {}}};
        }};
  };
  return op_entry<ActQuant>(
      {"quantised",
       "x / scale as e4m3, scale the largest |x| of a block by 448",
       {std::begin(quantised_dtypes), std::end(quantised_dtypes)},
       {entry(false), entry(true)}});
}

} // namespace girih::ops
