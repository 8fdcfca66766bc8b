# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  quantised/narrow_product.cpp
  quantised/quantise.cpp
)
list(APPEND OPS
  quantised/act_quant.cpp
  quantised/quantize_per_row.cpp
  quantised/quantize_per_tensor.cpp
  quantised/quantize_static.cpp
  quantised/dequantize.cpp
  quantised/weight_dequant.cpp
  quantised/fp8_gemm.cpp
  quantised/grouped_fp8_gemm.cpp
  quantised/int8_linear.cpp
  quantised/fp8_linear.cpp
)
