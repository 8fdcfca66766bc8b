# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  normalisation/channels.cpp
  normalisation/cross_entropy_kernels.cpp
  normalisation/cross_entropy_shares.cpp
  normalisation/rows.cpp
  normalisation/softmax_family.cpp
)
list(APPEND OPS
  normalisation/softmax.cpp
  normalisation/log_softmax.cpp
  normalisation/cross_entropy.cpp
  normalisation/rms_norm.cpp
  normalisation/fused_add_rms_norm.cpp
  normalisation/layer_norm.cpp
  normalisation/group_norm.cpp
  normalisation/instance_norm.cpp
  normalisation/batch_norm.cpp
)
