# SPDX-License-Identifier: Apache-2.0
"""One comparison of an operator with PyTorch."""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    """`girih.ops.NAME(*arguments(r), **kwargs)` against `reference(torch, *arguments)`.

    `arguments` gets a Maker, whose dtype is the one under test: `r.normal((3, 4))`. `dtypes` is "floats" (f32 f16 bf16),
    "ints" (i32 i64 i16 i8 u8), "all", or a tuple of names. `tolerance` is (relative, absolute) where the dtype's own does
    not suit. `terms` products of normal numbers are summed for one result: in f32, one after the other, such a sum is off
    by about terms * 2^-24, and a few times that for the worst of many. `updates` are positions of the arguments that the operator writes;
    the reference gives what becomes of those, after the results."""

    name: str
    reference: typing.Callable
    arguments: typing.Callable
    dtypes: typing.Any = "floats"
    kwargs: dict = dataclasses.field(default_factory=dict)
    tolerance: typing.Optional[tuple] = None
    terms: int = 0
    updates: tuple = ()
