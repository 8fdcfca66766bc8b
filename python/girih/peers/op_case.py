# SPDX-License-Identifier: Apache-2.0
"""One comparison of an operator with PyTorch."""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    """`girih.ops.NAME(*arguments(r), **kwargs)` against `reference(torch, *arguments)`.

    `arguments` gets a Maker, whose dtype is the one under test: `r.normal((3, 4))`. `dtypes` is "floats" (f32 f16 bf16),
    "ints" (i32 i64 i16 i8 u8), "all", or a tuple of names. `tolerance` is (relative, absolute) where the dtype's own does
    not suit."""

    name: str
    reference: typing.Callable
    arguments: typing.Callable
    dtypes: typing.Any = "floats"
    kwargs: dict = dataclasses.field(default_factory=dict)
    tolerance: typing.Optional[tuple] = None
