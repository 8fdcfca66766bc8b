# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  pooling/adaptive.cpp
  pooling/average_pool.cpp
  pooling/max_pool.cpp
  pooling/pooling.cpp
)
list(APPEND OPS
  pooling/max_pool1d.cpp
  pooling/max_pool2d.cpp
  pooling/max_pool3d.cpp
  pooling/max_pool1d_with_indices.cpp
  pooling/max_pool2d_with_indices.cpp
  pooling/max_pool3d_with_indices.cpp
  pooling/avg_pool1d.cpp
  pooling/avg_pool2d.cpp
  pooling/avg_pool3d.cpp
  pooling/lp_pool1d.cpp
  pooling/lp_pool2d.cpp
  pooling/lp_pool3d.cpp
  pooling/adaptive_avg_pool2d.cpp
  pooling/adaptive_max_pool2d.cpp
  pooling/adaptive_max_pool2d_with_indices.cpp
)
