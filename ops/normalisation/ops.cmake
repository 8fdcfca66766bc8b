# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  normalisation/cross_entropy_kernels.cpp
  normalisation/softmax_family.cpp
)
list(APPEND OPS
  normalisation/softmax.cpp
  normalisation/log_softmax.cpp
  normalisation/cross_entropy.cpp
)
