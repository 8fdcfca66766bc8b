# SPDX-License-Identifier: Apache-2.0
"""One timing of an operator beside PyTorch, and how the tables timed_*.py say it."""
import dataclasses
import importlib
import math
import pkgutil
import typing

import girih.peers

ROWS, LENGTH = 16384, 4096
MANY, VOCABULARY = 2048, 151936
# Rows of a matrix that caches hold, and of one that is over in a few microseconds.
MIDDLE, SMALL = 1024, 8
# What the list of operators asks of memory-bound ones: this part of the ceiling.
ASKED = 0.93
REHEARSED_SIZE = 256
SHORT = {"bfloat16": "bf16", "float32": "f32", "float16": "f16", "float8_e4m3fn": "e4m3", "int32": "i32", "int64": "i64"}


@dataclasses.dataclass(frozen=True)
class Timed:
    """`girih.ops.NAME(*arguments(m, *size), **kwargs)` beside `peer(torch, *arguments)`.

    `others` are further peers by name. `reference`, the peer unless given, is compared with the results before anything is
    timed; without one ("none") they are not. `rotated` arguments are made anew for each call until they exceed the caches,
    as a model's weights do. `replayed` calls are timed in the replay of a graph, where launches cost least; others with
    cold caches. `moved` gives the bytes that a call of these arguments reads and writes; without it all arguments are read
    once and all results written once. `work` gives the operations of a call of that size, where these and not bytes are
    what takes time. `placed` cases have no array that says where to work, and are told. `asked` is the part of the ceiling
    that a call should reach. `compiled` cases have torch.compile beside them, which takes seconds. `tiny` is the size of a
    rehearsal on a CPU."""

    name: str
    size: tuple
    arguments: typing.Callable
    peer: typing.Optional[typing.Callable] = None
    kwargs: dict = dataclasses.field(default_factory=dict)
    label: str = ""
    shown: str = ""
    dtype: str = "bfloat16"
    others: dict = dataclasses.field(default_factory=dict)
    reference: typing.Any = None
    replayed: bool = False
    rotated: bool = False
    compiled: bool = True
    moved: typing.Optional[typing.Callable] = None
    work: typing.Optional[typing.Callable] = None
    placed: bool = False
    asked: typing.Optional[float] = None
    tiny: typing.Optional[tuple] = None

    @property
    def what(self):
        """The size, and what else tells cases of an operator apart."""
        dtype = "" if self.dtype == "bfloat16" else f" {SHORT[self.dtype]}"
        return (self.shown or "x".join(map(str, self.size))) + dtype + (f", {self.label}" if self.label else "")

    @property
    def checked(self):
        """What the results should be, or None."""
        return None if self.reference == "none" else self.reference or self.peer

    def rehearsed(self):
        """The same with sizes that a CPU goes through at once."""
        size = self.tiny or tuple(min(each, REHEARSED_SIZE) for each in self.size)
        return dataclasses.replace(self, size=size, shown=self.shown or "x".join(map(str, self.size)))


class Maker:
    """Random arguments on a device; floats have the dtype of the case unless another is named."""

    def __init__(self, torch, device, dtype):
        self.torch, self.device, self.dtype = torch, device, dtype

    def _type(self, dtype):
        return getattr(self.torch, dtype or self.dtype)

    def normal(self, *shape, dtype=None, scale=1.0):
        dtype = self._type(dtype)
        if dtype.itemsize == 1:
            return self.torch.empty(shape, device=self.device).normal_(0, scale).to(dtype)
        return self.torch.empty(shape, device=self.device, dtype=dtype).normal_(0, scale)

    def uniform(self, low, high, *shape, dtype=None):
        return self.torch.empty(shape, device=self.device, dtype=self._type(dtype)).uniform_(low, high)

    def positive(self, *shape, dtype=None):
        return self.normal(*shape, dtype=dtype).abs_().add_(0.01)

    def integers(self, low, high, *shape, dtype="int64"):
        return self.torch.randint(low, high, shape, device=self.device, dtype=self._type(dtype))

    def bools(self, *shape):
        return self.integers(0, 2, *shape, dtype="bool")

    def order(self, count, dtype="int64"):
        return self.torch.randperm(count, device=self.device).to(self._type(dtype))

    def numbers(self, values, dtype="int32"):
        return self.torch.tensor(values, device=self.device, dtype=self._type(dtype))

    def pages(self, sequences, length):
        """A block table of pages of 16: those of a sequence are neighbours, in random order."""
        each = length // 16
        return self.torch.stack([self.order(each, "int32") + first * each for first in range(sequences)])


def of(module, name, **kwargs):
    """The peer `torch.MODULE.NAME(*arguments, **kwargs)`; without a module `torch.NAME`."""
    parts = [*(module.split(".") if module else []), name]

    def peer(torch, *arguments):
        found = torch
        for part in parts:
            found = getattr(found, part)
        return found(*arguments, **kwargs)

    return peer


def alike(names, arguments, module="", **fields):
    """Operators whose peers have their names and arguments, over matrices of 16384 x 4096."""
    kwargs = fields.get("kwargs", {})
    return [Timed(name, (ROWS, LENGTH), arguments, of(module, name, **kwargs), **fields) for name in names.split()]


def at_sizes(cases, f32=1):
    """Memory-bound cases over (rows, ...) also at a middle and a small number of rows, and the first so many in f32."""
    found = []
    for place, case in enumerate(cases):
        case = dataclasses.replace(case, asked=ASKED)
        found.append(case)
        found += [dataclasses.replace(case, size=(rows, *case.size[1:]), replayed=True, compiled=False, asked=None)
                  for rows in (MIDDLE, SMALL)]
        if place < f32:
            found.append(dataclasses.replace(case, dtype="float32", compiled=False))
    return found


def matrix(m, *size):
    return [m.normal(*size)]


def two(m, *size):
    return [m.normal(*size), m.normal(*size)]


def product(*sizes):
    """Operations of products of so many multiplications and additions."""
    return 2 * math.prod(sizes)


def all_cases():
    """Those of every table, in the order of the tables' names."""
    for module in sorted(pkgutil.iter_modules(girih.peers.__path__), key=lambda each: each.name):
        if module.name.startswith("timed_"):
            yield from importlib.import_module(f"girih.peers.{module.name}").CASES


# Operators that no case times, and why.
UNTIMED = {name: "a view: nothing is moved"
           for name in "transpose permute reshape expand squeeze unsqueeze narrow select diagonal".split()}
