# SPDX-License-Identifier: Apache-2.0
"""The operators of the library, one function for each: `girih.ops.add(a, b, alpha=2)`.

Arrays of a call are of one kind, on one device; without `out` a result is a new array of that kind, and
that of transpose() and its like a view. An op with several results gives a tuple and takes one for `out`. Parameters, defaults, shapes, dtypes and errors are those of ops/ops.h,
`help(girih.ops.add)` shows them. Nothing here is differentiable."""
import inspect
import json
# Operators have these names, too, and this module gets them below.
from builtins import all as _all
from builtins import sum as _sum

from girih import values
from girih._library import lib, take_text
from girih.kernels import Callee
from girih.operands import empty_like_kind, view_like_kind
from girih.values import REQUIRED, Arguments

_RESULTS_KEPT = 4096  # shapes of results per operator; then they are worked out anew


class _Op:
    """What a function below knows of its operator."""

    def __init__(self, described):
        self.name = described["name"].encode()
        self.parameters = [values.Parameter(each) for each in described["parameters"]]
        self.positions = {each.name: place for place, each in enumerate(self.parameters)}
        self.positional = _sum(not each.named_only for each in self.parameters)
        self.results = len(described["results"])
        self.required = [each for each in self.parameters if each.default is REQUIRED]
        # With arrays alone and defaults otherwise a call can take the quickest way to a launch.
        arrays = _all(each.type in ("array", "number") for each in self.required)
        leading = self.parameters[:len(self.required)] == self.required
        self.callee = Callee(op=self.name) if arrays and leading and self.required else None
        self.reads_data = described["reads_data"]
        self.view = described["view"]
        self.shapes = {}

    def bind(self, args, kwargs):
        """One value for each parameter."""
        if len(args) > self.positional:
            raise TypeError(f"{self.name.decode()}() takes {self.positional} positional arguments, not {len(args)}")
        bound = list(args) + [each.default for each in self.parameters[len(args):]]
        for name, value in kwargs.items():
            place = self.positions.get(name)
            if place is None:
                raise TypeError(f"{self.name.decode()}() has no parameter '{name}'")
            if place < len(args):
                raise TypeError(f"{self.name.decode()}() got '{name}' twice")
            bound[place] = value
        for value, each in zip(bound, self.parameters):
            if value is REQUIRED:
                raise TypeError(f"{self.name.decode()}() needs '{each.name}'")
        return bound

    def shaped(self, bound):
        """Shape and DType of each result."""
        if self.reads_data:
            return Arguments(self, bound).results()
        key = tuple(values.key_of(value) for value in bound)
        known = self.shapes.get(key)
        if known is None:
            if len(self.shapes) >= _RESULTS_KEPT:
                self.shapes.clear()
            known = self.shapes[key] = Arguments(self, bound).results()
        return known

    def simple(self, bound):
        """Whether `bound` is arrays where something must be given, and defaults else."""
        required = len(self.required)
        return self.callee is not None and _all(values.is_array(value) for value in bound[:required]) and _all(
            value is each.default for value, each in zip(bound[required:], self.parameters[required:]))

    def call(self, args, kwargs, out, stream):
        if out is not None and self.callee is not None and not kwargs and len(args) == len(self.required):
            kind = type(out)
            if _all(type(each) is kind for each in args):
                self.callee(*args, out, stream=stream)
                return out
        bound = self.bind(args, kwargs)
        if self.view and out is None:
            return view_like_kind(bound[0], *Arguments(self, bound).view())
        if self.results == 0:
            Arguments(self, bound).run((), stream)
            return None
        if out is None:
            like = values.first_array(bound)
            make = empty_like_kind if like is not None else lambda _, *each: values.empty_result(self, bound, *each)
            outs = tuple(make(like, shape, dtype) for shape, dtype in self.shaped(bound))
        else:
            outs = (out,) if self.results == 1 else tuple(out)
        if self.simple(bound):
            self.callee(*bound[:len(self.required)], *outs, stream=stream)
        else:
            Arguments(self, bound).run(outs, stream)
        return outs[0] if self.results == 1 else outs


def _signature(op):
    kinds = inspect.Parameter
    shown = [kinds(each.name, kinds.KEYWORD_ONLY if each.named_only else kinds.POSITIONAL_OR_KEYWORD,
                   default=kinds.empty if each.default is REQUIRED else each.default) for each in op.parameters]
    if op.results:
        shown.append(kinds("out", kinds.KEYWORD_ONLY, default=None))
    shown.append(kinds("stream", kinds.KEYWORD_ONLY, default=None))
    return inspect.Signature(shown)


def _function(described):
    op = _Op(described)
    if op.results:
        def function(*args, out=None, stream=None, **kwargs):
            return op.call(args, kwargs, out, stream)
    else:
        def function(*args, stream=None, **kwargs):
            return op.call(args, kwargs, None, stream)
    name = described["name"]
    function.__name__ = function.__qualname__ = name
    function.__module__ = __name__
    function.__signature__ = _signature(op)
    function.__doc__ = f"{described['signature']}\n\n{described['formula']}. Dtypes: {' '.join(described['dtypes'])}."
    return function


_described = json.loads(take_text(lib.ops_json))
__all__ = [each["name"] for each in _described]
globals().update((each["name"], _function(each)) for each in _described)
