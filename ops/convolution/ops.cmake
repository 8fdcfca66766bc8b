# SPDX-License-Identifier: Apache-2.0
list(APPEND SUPPORT
  convolution/convolve.cpp
  convolution/dense.cpp
  convolution/depthwise.cpp
  convolution/numbers.cpp
  convolution/transposed.cpp
  convolution/windows.cpp
)
list(APPEND OPS
  convolution/conv1d.cpp
  convolution/conv2d.cpp
  convolution/conv3d.cpp
  convolution/conv_transpose1d.cpp
  convolution/conv_transpose2d.cpp
  convolution/conv_transpose3d.cpp
)
