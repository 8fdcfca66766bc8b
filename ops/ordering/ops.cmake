# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  ordering/digit_kernels.cpp
  ordering/digit_sort.cpp
  ordering/first_lanes.cpp
  ordering/medians.cpp
  ordering/order.cpp
  ordering/order_entries.cpp
  ordering/order_kernels.cpp
  ordering/order_keys.cpp
  ordering/pick.cpp
  ordering/quantiles.cpp
  ordering/rank_digits.cpp
  ordering/row_ranks.cpp
  ordering/select.cpp
  ordering/select_entries.cpp
  ordering/select_kernels.cpp
)
list(APPEND OPS
  ordering/sort.cpp
  ordering/argsort.cpp
  ordering/msort.cpp
  ordering/topk.cpp
)
