// SPDX-License-Identifier: Apache-2.0
// Activation functions. See ops.h for what holds for all operators. f16 and
// bf16 are computed in f32 and rounded once, f64 in f64.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <cstdint>
#include <optional>
#include <source_location>
#include <string_view>

namespace girih::ops {

/// `out = max(x, 0)`; NaN stays. Dtypes: floats and integers.
Array relu(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void relu_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = x / 2 * (1 + erf(x / sqrt(2)))`, or with approximate "tanh" `x / 2 *
/// (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))`. Dtypes: floats.
Array gelu(const Array &x, std::string_view approximate = "none",
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void gelu_out(const Array &x, const Array &out,
              std::string_view approximate = "none", const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = x / (1 + e^-x)`. Dtypes: floats.
Array silu(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void silu_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = 1 / (1 + e^-x)`. Integers and bools give f32.
Array sigmoid(const Array &x, const Stream &stream = {},
              std::source_location where = std::source_location::current());
/// The same into `out`.
void sigmoid_out(const Array &x, const Array &out, const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// `out = x * min(max(x + 3, 0), 6) / 6`. Dtypes: floats.
Array hardswish(const Array &x, const Stream &stream = {},
                std::source_location where = std::source_location::current());
/// The same into `out`.
void hardswish_out(
    const Array &x, const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = min(max(x + 3, 0), 6) / 6`. Dtypes: floats.
Array hardsigmoid(const Array &x, const Stream &stream = {},
                  std::source_location where = std::source_location::current());
/// The same into `out`.
void hardsigmoid_out(
    const Array &x, const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = x` above 0, else `x * negative_slope`. Dtypes: floats.
Array leaky_relu(const Array &x, double negative_slope = 0.01,
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());
/// The same into `out`.
void leaky_relu_out(
    const Array &x, const Array &out, double negative_slope = 0.01,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = x` above 0, else `alpha * (e^x - 1)`. Dtypes: floats.
Array elu(const Array &x, double alpha = 1.0, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void elu_out(const Array &x, const Array &out, double alpha = 1.0,
             const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// `out = x` above 0, else `alpha * (e^(x / alpha) - 1)`; alpha is not 0.
/// Dtypes: floats.
Array celu(const Array &x, double alpha = 1.0, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void celu_out(const Array &x, const Array &out, double alpha = 1.0,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = ln(1 + e^(beta * x)) / beta`, or x where `beta * x` is above the
/// threshold. Dtypes: floats.
Array softplus(const Array &x, double beta = 1.0, double threshold = 20.0,
               const Stream &stream = {},
               std::source_location where = std::source_location::current());
/// The same into `out`.
void softplus_out(const Array &x, const Array &out, double beta = 1.0,
                  double threshold = 20.0, const Stream &stream = {},
                  std::source_location where = std::source_location::current());

/// `out = x * tanh(ln(1 + e^x))`. Dtypes: floats.
Array mish(const Array &x, const Stream &stream = {},
           std::source_location where = std::source_location::current());
/// The same into `out`.
void mish_out(const Array &x, const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out = x` above the threshold, else `value`; NaN stays. Dtypes: floats and
/// integers.
Array threshold(const Array &x, double threshold, double value,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());
/// The same into `out`.
void threshold_out(
    const Array &x, double threshold, double value, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// `out = min(max(x, min), max)`; min and max broadcast with x, and one of them
/// may be missing. NaN in any of them gives NaN. Dtypes: floats and integers.
Array clamp(const Array &x, const std::optional<ArrayOrNumber> &min = {},
            const std::optional<ArrayOrNumber> &max = {},
            const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void clamp_out(const Array &x, const Array &out,
               const std::optional<ArrayOrNumber> &min = {},
               const std::optional<ArrayOrNumber> &max = {},
               const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// `out = silu(gate) * up`; shapes broadcast. Dtypes: floats.
Array swiglu(const Array &gate, const Array &up, const Stream &stream = {},
             std::source_location where = std::source_location::current());
/// The same into `out`.
void swiglu_out(const Array &gate, const Array &up, const Array &out,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// `out = gelu(gate, approximate) * up`; shapes broadcast. Dtypes: floats.
Array geglu(const Array &gate, const Array &up,
            std::string_view approximate = "none", const Stream &stream = {},
            std::source_location where = std::source_location::current());
/// The same into `out`.
void geglu_out(const Array &gate, const Array &up, const Array &out,
               std::string_view approximate = "none", const Stream &stream = {},
               std::source_location where = std::source_location::current());

} // namespace girih::ops
