// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/likelihoods.h"

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/reductions/exponential_sums.h"

#include <cmath>

namespace girih::ops::sampling {

namespace {

const ReductionKernels &kernels() {
  static const ReductionKernels made(exponential_sums("logit_sums", false));
  return made;
}

} // namespace

RowSums row_sums(const Call &call, const Array &logits) {
  const int last = logits.rank() - 1;
  const auto shape = logits.shape().first(static_cast<std::size_t>(last));
  const DType type = computed(logits.dtype());
  const std::array<Array, 2> outs{
      allocate_result(shape, type, logits.device(), call.stream),
      allocate_result(shape, type, logits.device(), call.stream)};
  launch_reduction(call, kernels(), logits, std::array{last}, false, {}, outs);
  return {outs[0], outs[1]};
}

Tile likelihood_of(const In &logits, std::vector<Located> row,
                   const Tile &token, const Tile &largest, const Tile &total) {
  const Index tokens = logits.source_size(static_cast<int>(row.size()));
  const Tile there = (token >= 0) & (token < tokens);
  const Tile place = where(there, token, 0);
  row.emplace_back(place);
  const Tile logit = cast(logits.gather(row), largest.dtype());
  // Infinity less itself would be no number.
  const Tile away = where(logit == largest, 0.f, logit - largest);
  return where(there, away - log(total), NAN);
}

} // namespace girih::ops::sampling
