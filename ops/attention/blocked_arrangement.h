// SPDX-License-Identifier: Apache-2.0
// How blocked attention sees its operands: a grid [B, H, G, tiles of queries].
#pragma once

#include "girih/ops/attention/blocked_attention.h"

namespace girih::ops {

/// Operands of a kernel. Those that a form has no use for are scalars.
template <class T> struct BlockedOperands {
  T q, k, v, mask, slopes, sinks, scale, soft_cap, left, right, q_offsets,
      k_offsets, table, longest;
};

/// Arranges the inputs; k and v as levels [blocks, 1] or [pages, blocks, 1].
BlockedOperands<Tensor> arrange_blocked(const BlockedForm &form,
                                        const BlockedOperands<Tensor> &in);
/// The result: a level [1] of a tile [rows, value_width].
Tensor arrange_result(const BlockedForm &form, const Tensor &out,
                      const BlockedOperands<Tensor> &in);
/// The logarithms of sums: tiles [rows, 1].
Tensor arrange_log_sum(const BlockedForm &form, const Tensor &log_sum,
                       const BlockedOperands<Tensor> &in);

} // namespace girih::ops
