// SPDX-License-Identifier: Apache-2.0
// Activations that a product applies to its result before it is rounded.
#pragma once

#include "girih/ops/op.h"

#include <cmath>
#include <numbers>

namespace girih::ops {

enum class Activation : std::uint8_t { none, relu, gelu, gelu_tanh, silu };
inline constexpr std::string_view activation_names[] = {"none", "relu", "gelu",
                                                        "gelu_tanh", "silu"};

/// The activation called so. [argument]
inline Activation parse_activation(const Call &call, std::string_view name) {
  for (std::size_t at = 0; at < std::size(activation_names); ++at)
    if (activation_names[at] == name)
      return static_cast<Activation>(at);
  call.fail(ErrorId::argument,
            "activation must be none, relu, gelu, gelu_tanh or silu, not " +
                std::string(name),
            Arguments());
}

inline Tile silu_of(const Tile &x) { return x / (1 + exp(-x)); }

inline Tile activated(const Tile &x, Activation activation) {
  switch (activation) {
  case Activation::relu:
    return max(x, 0);
  case Activation::gelu:
    return 0.5 * x * (1 + erf(x * (1 / std::numbers::sqrt2)));
  case Activation::gelu_tanh: {
    Tile inner = x + 0.044715 * (x * x * x);
    return 0.5 * x * (1 + tanh(inner * std::sqrt(2 * std::numbers::inv_pi)));
  }
  case Activation::silu:
    return silu_of(x);
  case Activation::none:
    break;
  }
  return x;
}

/// The constant ACTIVATION of the kernel that is being recorded.
inline Activation activation_constant() {
  return static_cast<Activation>(constexpr_value<int>("ACTIVATION", 0));
}

} // namespace girih::ops
