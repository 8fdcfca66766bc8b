# SPDX-License-Identifier: Apache-2.0
"""Elementwise operators beside PyTorch's."""
from girih.peers.op_case import Case

_SHAPE = (37, 129)
_LARGE = (1024, 4099)


def _named(torch, name):
    return getattr(torch, name, None) or getattr(torch.special, name)


def _unary(name, arguments, dtypes="floats", **kwargs):
    return Case(name, lambda torch, x: _named(torch, name)(x, **kwargs), arguments, dtypes=dtypes, kwargs=kwargs)


def _binary(name, arguments, dtypes="floats", **kwargs):
    return Case(name, lambda torch, a, b: getattr(torch, name)(a, b, **kwargs), arguments, dtypes=dtypes, kwargs=kwargs)


def _normal(r):
    return [r.normal(_SHAPE, r.dtype)]


def _large(r):
    return [r.normal(_LARGE, r.dtype)]


def _positive(r):
    return [r.positive(_SHAPE, r.dtype)]


def _whole(r):
    return [r.integers(0, 100, _SHAPE, r.dtype)]


def _pair(r):
    return [r.normal(_SHAPE, r.dtype), r.normal((129,), r.dtype)]


def _columns(r):
    return [r.normal(_SHAPE, r.dtype), r.normal((37, 1), r.dtype)]


def _whole_pair(r):
    return [r.integers(0, 100, _SHAPE, r.dtype), r.integers(1, 7, (129,), r.dtype)]


def _number(number):
    return lambda r: [r.normal(_SHAPE, r.dtype), number]


def _whole_number(number):
    return lambda r: [r.integers(0, 100, _SHAPE, r.dtype), number]


_ANY = ("exp exp2 expm1 reciprocal sin cos tan sinh cosh tanh atan asinh erf abs neg floor ceil trunc round sign sgn signbit "
        "isnan isinf isfinite logical_not").split()
_POSITIVE = "log log2 log1p sqrt rsqrt".split()
_BOUNDED = "asin acos atanh".split()
_WHOLE = "exp log1p sin abs neg floor sign signbit isnan isfinite logical_not bitwise_not sqrt".split()
_PAIRS = "add sub mul div maximum minimum fmax fmin eq ne lt le gt ge logical_and logical_or logical_xor".split()
_WHOLE_PAIRS = _PAIRS + "remainder fmod bitwise_and bitwise_or bitwise_xor".split()
_CASTS = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16", "i32": "int32", "bool": "bool"}

CASES = [
    *(_unary(name, _normal) for name in _ANY),
    *(_unary(name, _large) for name in ("exp", "tanh", "erf", "sin", "round")),
    *(_unary(name, _positive) for name in _POSITIVE),
    *(_unary(name, lambda r: [r.normal(_SHAPE, r.dtype) * 0.25]) for name in _BOUNDED),
    _unary("acosh", lambda r: [r.positive(_SHAPE, r.dtype) + 1]),
    *(_unary(name, _whole, "ints") for name in _WHOLE),
    _unary("round", _normal, ("float32",), decimals=2),
    _unary("round", lambda r: [r.normal(_SHAPE, r.dtype) * 1000], ("float32",), decimals=-1),
    *(Case("cast", lambda torch, x, theirs=theirs: x.to(getattr(torch, theirs)), _normal, kwargs={"dtype": ours})
      for ours, theirs in _CASTS.items()),
    *(_binary(name, arguments) for name in _PAIRS for arguments in (_pair, _columns)),
    *(_binary(name, _whole_pair, "ints") for name in _WHOLE_PAIRS),
    *(_binary(name, _number(0.75)) for name in ("sub", "mul", "div", "remainder", "fmod", "eq", "lt", "ge", "pow")),
    *(_binary(name, _whole_number(3), "ints") for name in ("sub", "mul", "div", "remainder", "fmod", "pow", "ne", "gt")),
    _binary("remainder", _pair, ("float32",)),
    _binary("fmod", _pair, ("float32",)),
    _binary("add", _pair, alpha=0.5),
    _binary("sub", _pair, alpha=0.5),
    _binary("sub", _whole_pair, "ints", alpha=3),
    *(_binary("div", _pair, ("float32",), rounding_mode=mode) for mode in ("trunc", "floor")),
    *(_binary("div", _whole_pair, "ints", rounding_mode=mode) for mode in ("trunc", "floor")),
    _binary("pow", lambda r: [r.positive(_SHAPE, r.dtype), r.normal((129,), r.dtype)]),
    *(_binary("pow", lambda r, number=number: [r.positive(_SHAPE, r.dtype), number]) for number in (2, 3, 0.5, -0.5, -1, -2, 1.5)),
    Case("where", lambda torch, condition, a, b: torch.where(condition, a, b),
         lambda r: [r.integers(0, 2, _SHAPE, "bool"), r.normal(_SHAPE, r.dtype), r.normal((129,), r.dtype)]),
    Case("where", lambda torch, condition, a, b: torch.where(condition, a, b),
         lambda r: [r.integers(0, 2, _SHAPE, "bool"), r.normal(_SHAPE, r.dtype), 0.5]),
    Case("lerp", lambda torch, start, end, weight: torch.lerp(start, end, weight),
         lambda r: [r.normal(_SHAPE, r.dtype), r.normal(_SHAPE, r.dtype), 0.3]),
    Case("lerp", lambda torch, start, end, weight: torch.lerp(start, end, weight),
         lambda r: [r.normal(_SHAPE, r.dtype), r.normal(_SHAPE, r.dtype), r.normal(_SHAPE, r.dtype)]),
    Case("addcmul", lambda torch, x, a, b: torch.addcmul(x, a, b, value=0.5),
         lambda r: [r.normal(_SHAPE, r.dtype), r.normal(_SHAPE, r.dtype), r.normal((129,), r.dtype)], kwargs={"value": 0.5}),
    Case("addcdiv", lambda torch, x, a, b: torch.addcdiv(x, a, b, value=0.5),
         lambda r: [r.normal(_SHAPE, r.dtype), r.normal(_SHAPE, r.dtype), r.positive((129,), r.dtype)], kwargs={"value": 0.5}),
]
