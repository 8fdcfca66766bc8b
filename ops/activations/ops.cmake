# SPDX-License-Identifier: Apache-2.0
list(APPEND OPS
  activations/relu.cpp
  activations/gelu.cpp
  activations/silu.cpp
  activations/sigmoid.cpp
  activations/hardswish.cpp
  activations/hardsigmoid.cpp
  activations/leaky_relu.cpp
  activations/elu.cpp
  activations/celu.cpp
  activations/softplus.cpp
  activations/mish.cpp
  activations/threshold.cpp
  activations/clamp.cpp
  activations/swiglu.cpp
  activations/geglu.cpp
)
