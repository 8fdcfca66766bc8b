# SPDX-License-Identifier: Apache-2.0
"""Elementwise operators and activations."""
from girih.peers.op_timed import ASKED, LENGTH, ROWS, Timed, alike, at_sizes, matrix, of, two


def _positive(m, *size):
    return [m.positive(*size)]


def _above_one(m, *size):
    return [m.positive(*size).add_(1)]


def _within_one(m, *size):
    return [m.uniform(-0.9, 0.9, *size)]


def _whole(m, *size):
    return [m.integers(0, 1 << 20, *size, dtype="int32")]


def _two_positive(m, *size):
    return [m.positive(*size), m.positive(*size)]


def _two_whole(m, *size):
    return _whole(m, *size) + _whole(m, *size)


def _three(m, *size):
    return [m.normal(*size), m.normal(*size), m.positive(*size)]


def _swiglu(torch, gate, up):
    return torch.nn.functional.silu(gate) * up


def _geglu(torch, gate, up):
    return torch.nn.functional.gelu(gate) * up


_UNARY = [
    *alike("exp abs neg exp2 expm1 reciprocal sin cos tan sinh cosh tanh atan asinh erf floor ceil trunc round sign sgn signbit "
           "isnan isinf isfinite logical_not", matrix),
    *alike("log log2 log1p sqrt rsqrt", _positive),
    *alike("asin acos atanh", _within_one),
    *alike("acosh", _above_one),
    *alike("bitwise_not", _whole),
    Timed("cast", (ROWS, LENGTH), matrix, lambda torch, x: x.to(torch.float32), {"dtype": "f32"}),
]

_BINARY = [
    *alike("add sub mul div remainder fmod maximum minimum fmax fmin eq ne lt le gt ge logical_and logical_or logical_xor", two),
    *alike("pow", _two_positive),
    *alike("bitwise_and bitwise_or bitwise_xor", _two_whole),
    *alike("where", lambda m, *size: [m.bools(*size), *two(m, *size)]),
    *alike("lerp", lambda m, *size: [*two(m, *size), 0.3]),
    *alike("addcmul addcdiv", _three, kwargs={"value": 0.5}),
]

_ACTIVATIONS = [
    *alike("silu relu gelu hardswish hardsigmoid leaky_relu elu celu softplus mish", matrix, "nn.functional"),
    *alike("sigmoid", matrix),
    *alike("threshold", lambda m, *size: [m.normal(*size), 0.1, 20.0], "nn.functional"),
    *alike("clamp", lambda m, *size: [m.normal(*size), -0.5, 0.75]),
]

_GATED = [Timed(name, (ROWS, LENGTH), two, peer) for name, peer in (("swiglu", _swiglu), ("geglu", _geglu))]

CASES = [
    *at_sizes(_UNARY),
    *at_sizes(_BINARY),
    *at_sizes(_ACTIVATIONS),
    *at_sizes(_GATED),
    Timed("add", (1 << 28,), two, of("", "add"), shown="256 Mi", asked=ASKED),
    Timed("add", (ROWS, LENGTH), lambda m, rows, length: [m.normal(rows, length), m.normal(length)], of("", "add"), label="a row",
          asked=ASKED),
    Timed("gelu", (ROWS, LENGTH), matrix, of("nn.functional", "gelu", approximate="tanh"), {"approximate": "tanh"}, label="tanh",
          asked=ASKED),
    Timed("div", (ROWS, LENGTH), two, of("", "div", rounding_mode="floor"), {"rounding_mode": "floor"}, label="floor",
          asked=ASKED),
    Timed("swiglu", (1, 8960), two, _swiglu, replayed=True),
]
