# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  reductions/exponential_sums.cpp
  reductions/lane_views.cpp
  reductions/moments.cpp
  reductions/norms.cpp
  reductions/reduction.cpp
  reductions/reduction_entries.cpp
  reductions/row_reduction.cpp
  reductions/scans.cpp
)
list(APPEND OPS
  reductions/sum.cpp
  reductions/mean.cpp
  reductions/prod.cpp
  reductions/amax.cpp
  reductions/amin.cpp
  reductions/max.cpp
  reductions/max_dim.cpp
  reductions/min.cpp
  reductions/min_dim.cpp
  reductions/argmax.cpp
  reductions/argmin.cpp
  reductions/any.cpp
  reductions/all.cpp
  reductions/var.cpp
  reductions/std.cpp
  reductions/norm.cpp
  reductions/logsumexp.cpp
  reductions/cumsum.cpp
  reductions/cumprod.cpp
  reductions/median.cpp
  reductions/median_dim.cpp
  reductions/quantile.cpp
  reductions/bincount.cpp
)
