# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  attention/kernels.cpp
  attention/paged.cpp
  attention/paged_combine.cpp
  attention/paged_kernel.cpp
  attention/rotary.cpp
)
list(APPEND OPS
  attention/rotary_position_embedding.cpp
  attention/rotary_embedding_at.cpp
  attention/rotary_from_positions.cpp
  attention/kv_cache_write.cpp
  attention/rope_kv_write.cpp
  attention/paged_attention.cpp
)
