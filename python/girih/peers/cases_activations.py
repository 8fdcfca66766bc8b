# SPDX-License-Identifier: Apache-2.0
"""Activation functions beside PyTorch's."""
from girih.peers.op_case import Case

_SHAPE = (37, 129)
_LARGE = (1024, 4099)


def _normal(r):
    return [r.normal(_SHAPE, r.dtype) * 3]


def _large(r):
    return [r.normal(_LARGE, r.dtype) * 3]


def _function(name, arguments=_normal, dtypes="floats", **kwargs):
    return Case(name, lambda torch, x: getattr(torch.nn.functional, name)(x, **kwargs), arguments, dtypes=dtypes, kwargs=kwargs)


def _silu(torch, x):
    return torch.nn.functional.silu(x)


def _gelu(torch, x, form="none"):
    return torch.nn.functional.gelu(x, approximate=form)


def _gated(r):
    return [r.normal(_SHAPE, r.dtype), r.normal(_SHAPE, r.dtype)]


def _clamp(torch, x, *bounds, **named):
    return torch.clamp(x, *bounds, **named)


CASES = [
    *(_function(name) for name in
      "relu gelu silu sigmoid hardswish hardsigmoid leaky_relu elu celu softplus mish".split()),
    *(_function(name, _large) for name in ("gelu", "silu", "mish")),
    _function("relu", lambda r: [r.integers(0, 9, _SHAPE, r.dtype)], "ints"),
    _function("gelu", approximate="tanh"),
    _function("leaky_relu", negative_slope=0.2),
    _function("elu", alpha=0.5),
    _function("celu", alpha=2.0),
    _function("softplus", beta=2.0, threshold=10.0),
    _function("threshold", threshold=0.1, value=20.0),
    Case("clamp", _clamp, lambda r: [r.normal(_SHAPE, r.dtype), -0.5, 0.75]),
    Case("clamp", _clamp, lambda r: [r.normal(_SHAPE, r.dtype), r.normal((129,), r.dtype), r.normal((37, 1), r.dtype)]),
    Case("clamp", lambda torch, x: torch.clamp(x, max=0.25), lambda r: [r.normal(_SHAPE, r.dtype)], kwargs={"max": 0.25}),
    Case("clamp", _clamp, lambda r: [r.integers(0, 100, _SHAPE, r.dtype), 10, 50], dtypes="ints"),
    # Two kernels of torch round twice.
    Case("swiglu", lambda torch, gate, up: _silu(torch, gate.double()).mul(up.double()).to(gate.dtype), _gated),
    Case("geglu", lambda torch, gate, up: _gelu(torch, gate.double()).mul(up.double()).to(gate.dtype), _gated),
    Case("geglu", lambda torch, gate, up: _gelu(torch, gate.double(), "tanh").mul(up.double()).to(gate.dtype), _gated,
         kwargs={"approximate": "tanh"}),
]
