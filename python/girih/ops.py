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
from girih.op_plans import OpPlan
from girih.values import REQUIRED


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
        self._plans = {}

    def places(self, positional, names):
        """Which parameter each value of a call is of: first `positional` ones without a name, then one for each name."""
        name = self.name.decode()
        if positional > self.positional:
            raise TypeError(f"{name}() takes {self.positional} positional arguments, not {positional}")
        places = list(range(positional))
        for each in names:
            place = self.positions.get(each)
            if place is None:
                raise TypeError(f"{name}() has no parameter '{each}'")
            if place < positional:
                raise TypeError(f"{name}() got '{each}' twice")
            places.append(place)
        for place, each in enumerate(self.parameters):
            if each.default is REQUIRED and place not in places:
                raise TypeError(f"{name}() needs '{each.name}'")
        return places

    def call(self, args, kwargs, out, stream):
        if kwargs:
            given = (*args, *kwargs.values())
            key = (len(args), *kwargs, *map(type, given))
        else:
            given, key = args, tuple(map(type, args))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = OpPlan(self, len(args), kwargs, given)
        return plan.call(given, out, stream)


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
