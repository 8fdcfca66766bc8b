// SPDX-License-Identifier: Apache-2.0
// The two forms of GELU, for gelu and geglu.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

#include <numbers>

namespace girih::ops {

/// x times the probability that a normal variable is below it.
inline Tile gelu_exact(const Tile &x) {
  return x * 0.5 * (1 + erf(x * (std::numbers::sqrt2 / 2)));
}

/// x / 2 * (1 + tanh(u)) with u = sqrt(2 / pi) * (x + 0.044715 * x^3), as
/// x / (1 + e^(-2 u)): one exponential, and no cancellation below 0.
inline Tile gelu_tanh(const Tile &x) {
  const double scale =
      2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi; // 2 * sqrt(2 / pi)
  Tile doubled = x * (x * x * (scale * 0.044715) + scale);
  return x / (1 + exp(-doubled));
}

/// Whether `approximate` is "tanh"; else it is "none". [argument]
inline bool is_tanh_form(const Call &call, std::string_view approximate) {
  call.require(approximate == "none" || approximate == "tanh",
               "approximate must be \"none\" or \"tanh\"");
  return approximate == "tanh";
}

} // namespace girih::ops
