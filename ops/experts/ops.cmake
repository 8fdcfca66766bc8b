# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  experts/expert_order.cpp
)
list(APPEND OPS
  experts/expert_gating.cpp
  experts/expert_permute.cpp
  experts/expert_unpermute.cpp
  experts/expert_sum.cpp
)
