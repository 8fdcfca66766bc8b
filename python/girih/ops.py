# SPDX-License-Identifier: Apache-2.0
"""The operators. Arguments are arrays of one kind on one device; without `out` the result is a new array of that kind.
Shapes, dtypes and errors are those of ops/ops.h; nothing here is differentiable."""
import itertools

from girih._errors import GirihError
from girih.dtypes import DType, promote
from girih.kernels import Callee
from girih.operands import empty_like_kind, read, shape_and_type

_add = Callee(op=b"add")
_matmul = Callee(op=b"matmul")


def _refuse(op, rule, a, b):
    def show(value):
        operand = read(value)
        return f"{operand.dtype}{list(operand.shape)} on {operand.device}"
    raise GirihError("shape", f"error: [shape] {op}: {rule}: a is {show(a)}, b is {show(b)}")


def _broadcast(first, second):
    """The shape that both shapes become, or None."""
    shape = []
    for one, other in itertools.zip_longest(reversed(first), reversed(second), fillvalue=1):
        if one != other and 1 not in (one, other):
            return None
        shape.append(other if one == 1 else one)
    return tuple(reversed(shape))


def add(a, b, *, out=None, stream=None):
    """Elementwise sum; shapes broadcast, and the dtype is the promoted one."""
    if out is None:
        (first, dtype), (second, other) = shape_and_type(a), shape_and_type(b)
        shape = first if first == second else _broadcast(first, second)
        if shape is None:
            _refuse("add", "a and b cannot be broadcast together", a, b)
        out = empty_like_kind(a, shape, dtype if dtype == other else promote(dtype, other))
    _add(a, b, out, stream=stream)
    return out


def matmul(a, b, *, out=None, stream=None):
    """Matrix product of matrices or vectors of one dtype; of i8 it is i32."""
    if out is None:
        (first, dtype), (second, _) = shape_and_type(a), shape_and_type(b)
        if len(first) not in (1, 2) or len(second) not in (1, 2):
            _refuse("matmul", "a and b must have 1 or 2 dimensions", a, b)
        if first[-1] != second[0]:
            _refuse("matmul", "the last size of a must be the first of b", a, b)
        out = empty_like_kind(a, first[:-1] + second[1:], DType.i32 if dtype == DType.i8 else dtype)
    _matmul(a, b, out, stream=stream)
    return out
