# SPDX-License-Identifier: Apache-2.0
"""Arguments of an operator as the C interface wants them: arrays, numbers, texts, lists, dtypes."""
import ctypes
import functools
import struct
import sys

from girih._errors import GirihError
from girih.arrays import int64s
from girih.devices import as_device
from girih.dtypes import DType, as_dtype
from girih.operands import ARRAY, form_reader, read, structs_of

REQUIRED = type("Required", (), {"__repr__": lambda self: "<required>"})()
NONE, ARRAY_VALUE, ARRAYS, INT, FLOAT, BOOL, TEXT, INTS, DTYPE, DEVICE = range(10)
# A value: its kind and a count, and a union of a number, a pointer and two numbers.
VALUE_BYTES = 16
_UNION_OF_TWO = struct.Struct("@ii")
_TEXTS_KEPT = 4096
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


def _default(text):
    if text == "None":
        return None
    if text in ("True", "False"):
        return text == "True"
    if text[0] == "'":
        return text[1:-1]
    if text[0] in "([":
        return tuple(int(piece) for piece in text[1:-1].split(",") if piece.strip())
    try:
        return int(text)
    except ValueError:
        return float(text)


class Parameter:
    """One parameter of an operator: name, type, default."""

    __slots__ = ("name", "type", "named_only", "default")

    def __init__(self, described):
        self.name, self.type = described["name"], described["type"]
        self.named_only = described["named_only"]
        self.default = _default(described["default"]) if "default" in described else REQUIRED


@functools.lru_cache(maxsize=None)
def is_array(kind):
    """Whether values of this type have elements, whatever library they come from."""
    if issubclass(kind, (bool, int, float, str, list, tuple, DType, type(None), type)):
        return False
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None and issubclass(kind, (numpy.generic, numpy.dtype)):
        return False
    return torch is None or not issubclass(kind, (torch.dtype, torch.device))


def _is_list_of_arrays(value):
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(is_array(type(each)) for each in value)


def first_array(values):
    """The first array among values: what results are like. None where there is none."""
    for value in values:
        if is_array(type(value)):
            return value
        if _is_list_of_arrays(value):
            return value[0]
    return None


class Block:
    """Memory of the C structs of one call: of its values, then of arrays. `keep` is what must live until the call
    returns, `fixed` what must live as long as the Block."""

    __slots__ = ("words", "halves", "reals", "address", "keep", "fixed")

    def __init__(self, size):
        self.words = (ctypes.c_int64 * (size // 8))()
        self.halves = (ctypes.c_int32 * (size // 4)).from_buffer(self.words)
        self.reals = (ctypes.c_double * (size // 8)).from_buffer(self.words)
        self.address = ctypes.addressof(self.words)
        self.keep, self.fixed = [], []


class Slot:
    """Where an argument goes in a Block: the value number `place`, and an array of its own from byte `array_at` on.
    begin() says so; write() writes what differs from call to call, and gives all of the argument that the shapes of
    results may depend on, hashable."""

    kind, count = NONE, 0

    def __init__(self, place, array_at):
        self.place, self.at, self.array_at = place, place * (VALUE_BYTES // 8) + 1, array_at

    def begin(self, block):
        self._say(block, self.kind, self.count)

    def _say(self, block, kind, count):
        block.halves[4 * self.place], block.halves[4 * self.place + 1] = kind, count

    def write(self, block, value):
        return None


class _ArraySlot(Slot):
    kind, count = ARRAY_VALUE, 1

    def __init__(self, place, array_at, form_of):
        super().__init__(place, array_at)
        self._form_of = form_of

    def begin(self, block):
        super().begin(block)
        block.words[self.at] = block.address + self.array_at

    def write(self, block, value):
        form = self._form_of(value)
        ARRAY.pack_into(block.words, self.array_at, form.address(value), form.packed)
        return form


class _LentArraySlot(_ArraySlot):
    def write(self, block, value):
        form, address, keep = read(value)
        block.keep.append(keep)
        ARRAY.pack_into(block.words, self.array_at, address, form.packed)
        return form


class _NamedSlot(Slot):
    """One that says whose it is where a value cannot be."""

    def __init__(self, place, array_at, op, parameter):
        super().__init__(place, array_at)
        self._op, self._parameter = op, parameter

    def _whole(self, value):
        number = value.__index__()
        if not _LEAST <= number <= _MOST:
            raise _no_argument(self._op, self._parameter, f"is {number}, which does not fit in 64 bits")
        return number


class _IntSlot(_NamedSlot):
    kind = INT

    def write(self, block, value):
        number = block.words[self.at] = self._whole(value)
        return number


class _BoolSlot(Slot):
    kind = BOOL

    def write(self, block, value):
        block.words[self.at] = value
        return value


class _FloatSlot(Slot):
    kind = FLOAT

    def write(self, block, value):
        number = block.reals[self.at] = float(value)
        return number


@functools.lru_cache(maxsize=_TEXTS_KEPT)
def _c_text(text):
    return ctypes.create_string_buffer(text.encode())


class _TextSlot(Slot):
    kind = TEXT

    def write(self, block, value):
        memory = _c_text(value)
        block.keep.append(memory)
        block.words[self.at] = ctypes.addressof(memory)
        return value


class _DTypeSlot(_NamedSlot):
    kind = DTYPE

    def write(self, block, value):
        try:
            number = block.words[self.at] = int(as_dtype(value))
        except GirihError as error:
            raise GirihError(error.id, error.message.replace(
                f"[{error.id}] ", f"[{error.id}] {self._op}: {self._parameter.name}: ", 1)) from None
        return number


class _DeviceSlot(Slot):
    kind = DEVICE

    def write(self, block, value):
        device = as_device(value)
        _UNION_OF_TWO.pack_into(block.words, 8 * self.at, device.struct.kind, device.struct.index)
        return device


class _NoIntsSlot(Slot):
    """None for a list of integers that may be empty: as in PyTorch it is."""

    kind = INTS


class _ListSlot(_NamedSlot):
    """Of arrays or of integers."""

    def write(self, block, value):
        arrays = _is_list_of_arrays(value)
        if self._parameter.type == "arrays" and value and not arrays:
            self._refuse_elements(value, lambda each: is_array(type(each)), "arrays")
        if arrays or self._parameter.type == "arrays":
            memory, keep = structs_of(value)
            kind, seen = ARRAYS, tuple(form for _, (form, _) in keep)
            block.keep.append(keep)
        else:
            if not all(hasattr(each, "__index__") for each in value):
                self._refuse_elements(value, lambda each: hasattr(each, "__index__"), "integers")
            kind, seen = INTS, tuple([self._whole(each) for each in value])
            memory = int64s(seen)
        block.keep.append(memory)
        self._say(block, kind, len(value))
        block.words[self.at] = ctypes.addressof(memory)
        return seen


    def _refuse_elements(self, value, fits, what):
        place = next(place for place, each in enumerate(value) if not fits(each))
        raise _no_argument(self._op, self._parameter,
                           f"must be a list of {what}, and element {place} is of type {type(value[place]).__name__}")


def _no_argument(op, parameter, what):
    return GirihError("argument", f"error: [argument] {op}: {parameter.name} {what}")


def slot(op, parameter, kind, place, array_at):
    """The Slot of arguments of type `kind` for a parameter of the operator `op`. Raises GirihError [argument]."""
    if kind is type(None):
        none_is_empty = parameter.type == "ints" and parameter.default == ()
        return (_NoIntsSlot if none_is_empty else Slot)(place, array_at)
    if parameter.type == "dtype":
        return _DTypeSlot(place, array_at, op, parameter)
    if parameter.type == "device":
        return _DeviceSlot(place, array_at)
    if is_array(kind):
        try:
            form_of = form_reader(kind)
        except GirihError:
            raise _no_argument(op, parameter, f"cannot be of type {kind.__name__}") from None
        return _ArraySlot(place, array_at, form_of) if form_of else _LentArraySlot(place, array_at, None)
    if issubclass(kind, (list, tuple)):
        return _ListSlot(place, array_at, op, parameter)
    for scalar, made in ((str, _TextSlot), (bool, _BoolSlot)):
        if issubclass(kind, scalar):
            return made(place, array_at)
    if hasattr(kind, "__index__"):
        return _IntSlot(place, array_at, op, parameter)
    if hasattr(kind, "__float__"):
        return _FloatSlot(place, array_at)
    raise _no_argument(op, parameter, f"cannot be of type {kind.__name__}")
