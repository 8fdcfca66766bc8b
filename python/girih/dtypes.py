# SPDX-License-Identifier: Apache-2.0
"""Element types, and what NumPy and torch call them."""
import enum
import functools
import sys

from girih._errors import GirihError
from girih._library import lib


class DType(enum.IntEnum):
    """Element type; the numbers are those of the C interface."""

    f64 = 0
    f32 = 1
    f16 = 2
    bf16 = 3
    e4m3 = 4
    e5m2 = 5
    i64 = 6
    i32 = 7
    i16 = 8
    i8 = 9
    u8 = 10
    bool = 11
    i4 = 12
    u4 = 13
    e2m1 = 14
    ue8m0 = 15

    @property
    def bits(self):
        return lib.dtype_bits(self)

    def __str__(self):
        return self.name


_NUMPY = {
    "float64": DType.f64, "float32": DType.f32, "float16": DType.f16, "int64": DType.i64, "int32": DType.i32,
    "int16": DType.i16, "int8": DType.i8, "uint8": DType.u8, "bool": DType.bool,
}
# Of the package ml_dtypes, by name: it need not be installed.
_ML_DTYPES = {
    "bfloat16": DType.bf16, "float8_e4m3fn": DType.e4m3, "float8_e5m2": DType.e5m2, "float8_e8m0fnu": DType.ue8m0,
}
_TORCH = {
    "float64": DType.f64, "float32": DType.f32, "float16": DType.f16, "bfloat16": DType.bf16,
    "float8_e4m3fn": DType.e4m3, "float8_e5m2": DType.e5m2, "float8_e8m0fnu": DType.ue8m0, "int64": DType.i64,
    "int32": DType.i32, "int16": DType.i16, "int8": DType.i8, "uint8": DType.u8, "bool": DType.bool,
}


@functools.lru_cache(maxsize=None)
def torch_types():
    """torch dtype -> DType, of those that the installed torch has. Call it when torch is loaded."""
    torch = sys.modules["torch"]
    return {getattr(torch, name): dtype for name, dtype in _TORCH.items() if hasattr(torch, name)}


@functools.lru_cache(maxsize=None)
def from_numpy(dtype):
    """The DType of a numpy.dtype. Raises GirihError [dtype]."""
    found = {**_NUMPY, **_ML_DTYPES}.get(dtype.name)
    if found is None or not dtype.isnative:
        raise GirihError("dtype", f"error: [dtype] NumPy arrays of type {dtype} cannot be used")
    return found


@functools.lru_cache(maxsize=None)
def to_numpy(dtype):
    """The numpy.dtype of a DType. Raises GirihError [dtype]."""
    import numpy
    for name, each in _NUMPY.items():
        if each == dtype:
            return numpy.dtype(name)
    for name, each in _ML_DTYPES.items():
        if each == dtype:
            try:
                import ml_dtypes
                return numpy.dtype(getattr(ml_dtypes, name))
            except (ImportError, AttributeError):
                break
    raise GirihError("dtype", f"error: [dtype] NumPy has no type for {dtype}\nhelp: install ml_dtypes")


@functools.lru_cache(maxsize=None)
def to_torch(dtype):
    """The torch dtype of a DType. Raises GirihError [dtype]."""
    for each, known in torch_types().items():
        if known == dtype:
            return each
    raise GirihError("dtype", f"error: [dtype] torch has no type for {dtype}")


def as_dtype(value):
    """A DType from itself, its name, or a NumPy or torch type."""
    if isinstance(value, DType):
        return value
    if isinstance(value, str):
        if value in DType.__members__:
            return DType[value]
        known = ", ".join(DType.__members__)
        raise GirihError("dtype", f"error: [dtype] there is no dtype '{value}'\nhelp: one of {known}")
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.dtype):
        if value in torch_types():
            return torch_types()[value]
        raise GirihError("dtype", f"error: [dtype] torch tensors of type {value} cannot be used")
    import numpy
    return from_numpy(numpy.dtype(value))


@functools.lru_cache(maxsize=None)
def promote(first, second):
    """The type of a sum."""
    found = lib.dtype_promote(first, second)
    if found < 0:
        raise GirihError("dtype", f"error: [dtype] {first} and {second} have no sum")
    return DType(found)
