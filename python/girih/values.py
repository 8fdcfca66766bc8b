# SPDX-License-Identifier: Apache-2.0
"""Arguments of an operator as the C interface wants them: arrays, numbers, texts, lists, dtypes."""
import ctypes
import sys

from girih._errors import GirihError
from girih._library import ArrayStruct, ShapedStruct, StridedStruct, ValueStruct, check, lib
from girih.arrays import empty, int64s
from girih.devices import as_device, native_stream
from girih.dtypes import DType, as_dtype, to_torch
from girih.operands import current_stream, shape_and_type, structs_of

REQUIRED = type("Required", (), {"__repr__": lambda self: "<required>"})()
NONE, ARRAY, ARRAYS, INT, FLOAT, BOOL, TEXT, INTS, DTYPE, DEVICE = range(10)
_MOST_RESULTS = 8


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


def is_array(value):
    """Whether the value has elements, whatever library it comes from."""
    if isinstance(value, (bool, int, float, str, list, tuple, DType)) or value is None:
        return False
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.generic, numpy.dtype)):
        return False
    torch = sys.modules.get("torch")
    return not (torch is not None and isinstance(value, (torch.dtype, torch.device))) and not isinstance(value, type)


def _is_list_of_arrays(value):
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(is_array(each) for each in value)


def first_array(bound):
    """The first array among the arguments: what results are like. None where there is none."""
    for value in bound:
        if is_array(value):
            return value
        if _is_list_of_arrays(value):
            return value[0]
    return None


def empty_result(op, bound, shape, dtype):
    """A new array for a result of a call without arrays: torch's where its device is torch's, else of Girih's own."""
    device = next((value for value, each in zip(bound, op.parameters) if each.type == "device"), None)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(device, torch.device):
        return torch.empty(shape, dtype=to_torch(dtype), device=device)
    return empty(shape, dtype, as_device(device))


def key_of(value):
    """All of an argument that shapes of results may depend on, hashable."""
    if is_array(value):
        return shape_and_type(value)
    if isinstance(value, (list, tuple)):
        return tuple(key_of(each) for each in value)
    # True == 1 == 1.0, but they are not the same argument.
    return type(value), value


class Arguments:
    """The arguments of one call, bound, as C structs that live as long as this."""

    def __init__(self, op, bound):
        self._op, self._keep, self._arrays = op, [], []
        self._values = (ValueStruct * max(len(bound), 1))()
        for struct, value, parameter in zip(self._values, bound, op.parameters):
            self._fill(struct, value, parameter)
        self._count = len(bound)

    def _refuse(self, parameter, value):
        raise GirihError("argument", f"error: [argument] {self._op.name.decode()}: {parameter.name} cannot be a "
                         f"{type(value).__name__}")

    def _fill(self, struct, value, parameter):
        if value is None:
            struct.kind = NONE
        elif parameter.type == "dtype":
            struct.kind, struct.value.integer = DTYPE, int(as_dtype(value))
        elif parameter.type == "device":
            struct.kind, struct.value.device = DEVICE, as_device(value).struct
        elif is_array(value):
            self._fill_arrays(struct, ARRAY, [value])
        elif parameter.type == "arrays" and isinstance(value, (list, tuple)):
            if not all(is_array(each) for each in value):
                self._refuse(parameter, value)
            self._fill_arrays(struct, ARRAYS, list(value))
        elif _is_list_of_arrays(value):
            self._fill_arrays(struct, ARRAYS, list(value))
        elif isinstance(value, (list, tuple)):
            if not all(hasattr(each, "__index__") for each in value):
                self._refuse(parameter, value)
            struct.kind, struct.count = INTS, len(value)
            numbers = int64s([each.__index__() for each in value])
            self._keep.append(numbers)
            struct.value.integers = ctypes.cast(numbers, ctypes.POINTER(ctypes.c_int64))
        elif isinstance(value, str):
            text = value.encode()
            self._keep.append(text)
            struct.kind, struct.value.text = TEXT, text
        elif isinstance(value, bool):
            struct.kind, struct.value.integer = BOOL, value
        elif hasattr(value, "__index__"):
            struct.kind, struct.value.integer = INT, value.__index__()
        elif hasattr(value, "__float__"):
            struct.kind, struct.value.real = FLOAT, float(value)
        else:
            self._refuse(parameter, value)

    def _fill_arrays(self, struct, kind, arrays):
        structs, keep = structs_of(arrays)
        self._keep += [structs, keep]
        self._arrays += arrays
        struct.kind, struct.count = kind, len(arrays)
        struct.value.arrays = ctypes.cast(structs, ctypes.POINTER(ArrayStruct))

    def results(self):
        """Shape and DType of each result."""
        made, count = (ShapedStruct * _MOST_RESULTS)(), ctypes.c_int32()
        check(lib.op_results(self._op.name, self._values, self._count, made, _MOST_RESULTS, ctypes.byref(count)))
        return [(tuple(each.shape[:each.rank]), DType(each.dtype)) for each in made[:count.value]]

    def view(self):
        """Shape, strides and offset of the view that the operator gives of its first argument."""
        made = StridedStruct()
        check(lib.op_view(self._op.name, self._values, self._count, ctypes.byref(made)))
        return tuple(made.shape[:made.rank]), tuple(made.strides[:made.rank]), made.offset

    def run(self, outs, stream):
        """Calls the operator into `outs`."""
        structs, keep = structs_of(outs)
        native = current_stream([*self._arrays, *outs]) if stream is None else native_stream(stream)
        check(lib.op_run(self._op.name, self._values, self._count, structs, len(outs), native))
        del keep
