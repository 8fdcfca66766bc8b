# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  attention/blocked_arrangement.cpp
  attention/blocked_attention.cpp
  attention/blocked_tiles.cpp
  attention/dense_attention.cpp
  attention/kernels.cpp
  attention/paged.cpp
  attention/paged_blocks.cpp
  attention/paged_combine.cpp
  attention/paged_kernel.cpp
  attention/paged_step.cpp
  attention/rotary.cpp
  attention/rotary_frequencies.cpp
  attention/varlen.cpp
)
list(APPEND OPS
  attention/rotary_position_embedding.cpp
  attention/rotary_embedding_at.cpp
  attention/rotary_from_positions.cpp
  attention/rotary_tables.cpp
  attention/kv_cache_write.cpp
  attention/rope_kv_write.cpp
  attention/paged_attention.cpp
  attention/rope_paged_attention.cpp
  attention/latent_attention.cpp
  attention/scaled_dot_product_attention.cpp
  attention/attention_with_log_sum.cpp
  attention/varlen_attention.cpp
  attention/paged_varlen_attention.cpp
)
