# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  ordering/medians.cpp
  ordering/order.cpp
  ordering/order_entries.cpp
  ordering/order_kernels.cpp
  ordering/pick.cpp
  ordering/quantiles.cpp
)
list(APPEND OPS
  ordering/sort.cpp
  ordering/argsort.cpp
  ordering/msort.cpp
  ordering/topk.cpp
)
