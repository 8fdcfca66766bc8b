# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  matmul/few_rows.cpp
  matmul/gated_product.cpp
  matmul/grouped_tiles.cpp
  matmul/multiply.cpp
  matmul/product.cpp
  matmul/split_product.cpp
)
list(APPEND OPS
  matmul/matmul.cpp
  matmul/mm.cpp
  matmul/bmm.cpp
  matmul/mv.cpp
  matmul/addmm.cpp
  matmul/baddbmm.cpp
  matmul/addmv.cpp
  matmul/linear.cpp
  matmul/linear_swiglu.cpp
  matmul/rms_norm_linear.cpp
  matmul/rms_norm_linear_swiglu.cpp
  matmul/grouped_mm.cpp
)
