# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT normalisation/rows.cpp)
list(APPEND OPS
  normalisation/rms_norm.cpp
  normalisation/fused_add_rms_norm.cpp
  normalisation/layer_norm.cpp
)
