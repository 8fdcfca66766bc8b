// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/blocked_arrangement.h"

namespace girih::ops {

namespace {

using Keys = BlockedForm::Keys;

// Lengths of jagged rows and pages are no sizes that a Config could know.
Size rows_of(const BlockedForm &form) {
  return form.keys == Keys::dense ? block_size("ROWS", form.rows)
                                  : Size(form.rows);
}

Size keys_of(const BlockedForm &form) {
  return form.keys == Keys::dense ? block_size("KEYS", form.block)
                                  : Size(form.block);
}

// [T, H, G, ...] as [B, H, G, longest, ...].
Tensor of_rows(const BlockedForm &form, const Tensor &x,
               const BlockedOperands<Tensor> &in) {
  if (form.keys == Keys::dense)
    return x;
  Tensor rows = x.jagged(0, in.q_offsets, in.longest.size(0));
  std::vector<int> order{0, 2, 3, 1};
  if (rows.rank() == 5)
    order.push_back(4);
  return rows.permute(order);
}

Tensor arrange_queries(const BlockedForm &form, const Tensor &x,
                       std::int64_t width, const BlockedOperands<Tensor> &in) {
  return of_rows(form, x, in)
      .tile({1, 1, 1, rows_of(form), width})
      .tile({1, 1, 1, 1, whole})
      .squeeze(4)
      .at(1, squeeze({0, 1, 2, 3}))
      .at(2, squeeze({0, 1, 2}));
}

Tensor arrange_keys(const BlockedForm &form, const Tensor &x,
                    std::int64_t width, const Tensor &grid,
                    const BlockedOperands<Tensor> &in) {
  if (form.keys == Keys::paged)
    return arrange_cache(x, form.piece, width)
        .unsqueeze(0)
        .unsqueeze(2)
        .unsqueeze(3)
        .expand({grid.size(0), keep, grid.size(2), grid.size(3)});
  Tensor rows = x;
  if (form.keys == Keys::jagged)
    rows = x.jagged(0, in.k_offsets).permute({0, 2, 1, 3});
  return rows.tile({1, 1, keys_of(form), width})
      .tile({1, 1, whole, whole})
      .expand({keep, keep, grid.size(2), grid.size(3)})
      .at(1, squeeze({0, 1}))
      .at(2, squeeze({0, 1}));
}

} // namespace

BlockedOperands<Tensor> arrange_blocked(const BlockedForm &form,
                                        const BlockedOperands<Tensor> &in) {
  BlockedOperands<Tensor> out = in;
  Tensor q = out.q = arrange_queries(form, in.q, form.width, in);
  // A key is a column of the second matrix of the first product.
  out.k = arrange_keys(form, in.k, form.width, q, in).at(2, permute({1, 0}));
  out.v = arrange_keys(form, in.v, form.value_width, q, in);
  if (form.mask != BlockedForm::Mask::none)
    out.mask = in.mask.tile({1, 1, 1, rows_of(form), keys_of(form)})
                   .tile({1, 1, 1, 1, whole})
                   .squeeze(4)
                   .at(1, squeeze({0, 1, 2, 3}))
                   .at(2, squeeze({0, 1, 2}));
  auto of_head = [&](const Tensor &t) {
    return t.tile({1, 1}).unsqueeze(0).unsqueeze(3).expand(
        {q.size(0), keep, keep, q.size(3)});
  };
  if (form.slopes)
    out.slopes = of_head(in.slopes);
  if (form.sinks)
    out.sinks = of_head(in.sinks);
  auto of_sequence = [&](const Tensor &t) {
    return t.unsqueeze(1).unsqueeze(2).unsqueeze(3).expand(
        {keep, q.size(1), q.size(2), q.size(3)});
  };
  if (form.keys == Keys::paged) {
    out.table = of_sequence(arrange_table(in.table));
    out.k_offsets = of_sequence(in.k_offsets.tile({1}).at(1, squeeze(0)));
  }
  if (form.keys != Keys::dense) // only its size is of use
    out.longest = in.longest.tile({1})
                      .tile({whole})
                      .unsqueeze(0)
                      .unsqueeze(0)
                      .unsqueeze(0)
                      .expand({q.size(0), q.size(1), q.size(2), q.size(3)});
  return out;
}

Tensor arrange_result(const BlockedForm &form, const Tensor &out,
                      const BlockedOperands<Tensor> &in) {
  return partial(arrange_queries(form, out, form.value_width, in));
}

Tensor arrange_log_sum(const BlockedForm &form, const Tensor &log_sum,
                       const BlockedOperands<Tensor> &in) {
  return partial(of_rows(form, log_sum, in)
                     .tile({1, 1, 1, rows_of(form)})
                     .at(1, squeeze({0, 1, 2}))
                     .at(1, unsqueeze(1)));
}

} // namespace girih::ops
