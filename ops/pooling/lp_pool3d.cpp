// SPDX-License-Identifier: Apache-2.0
// lp_pool3d: out[n, c, p...] = (the sum of x[n, c, h...]^norm_type in window
// p)^(1 / norm_type)
//
// Shapes: x[N, C, D, H, W] or x[C, D, H, W]; sizes as pooling.h says, without
// padding. As in PyTorch the power is of x, not of its absolute value, and with
// ceil_mode the sum over a window that reaches past x is scaled up to a whole
// one. norm_type = inf, -inf: the largest, the smallest |x|. Dtypes: f64 f32
// f16 bf16, computed in f32 (f64 for f64), rounded once. Errors: [device]
// [dtype] [shape] [overlap] [argument]. Source: torch.nn.functional.lp_pool3d.
#include "girih/ops/pooling/average_pool.h"

namespace girih::ops {

namespace {

struct LpPool3d : LpPool<3> {
  static constexpr std::string_view signature =
      "lp_pool3d(x, norm_type: float, kernel_size: ints, stride: ints? = None, "
      "ceil_mode: bool = False) -> out";
};

} // namespace

Array lp_pool3d(const Array &x, double norm_type,
                const std::vector<std::int64_t> &kernel_size,
                const std::vector<std::int64_t> &stride, bool ceil_mode,
                const Stream &stream, std::source_location where) {
  return compute<LpPool3d>(stream, where, x, norm_type, kernel_size, stride,
                           ceil_mode);
}

void lp_pool3d_out(const Array &x, double norm_type,
                   const std::vector<std::int64_t> &kernel_size,
                   const Array &out, const std::vector<std::int64_t> &stride,
                   bool ceil_mode, const Stream &stream,
                   std::source_location where) {
  compute_into<LpPool3d>(stream, where, std::tie(out), x, norm_type,
                         kernel_size, stride, ceil_mode);
}

OpEntry entry_of_lp_pool3d() {
  return op_entry<LpPool3d>(
      {"pooling",
       "(the sum of x^norm_type over each window)^(1 / norm_type)",
       {std::begin(floats), std::end(floats)},
       pool_entries(lp_pool_kernel(3), 3, 1, any_example)});
}

} // namespace girih::ops
