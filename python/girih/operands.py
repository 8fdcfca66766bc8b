# SPDX-License-Identifier: Apache-2.0
"""Arguments of a call, whatever library they come from, as the numbers that the C interface wants."""
import ctypes
import sys

from girih._errors import GirihError
from girih._library import BY_VALUE, CONSTANT, READ_ONLY, ArrayStruct
from girih.arrays import Array, Scalar, empty, from_dlpack, int64s
from girih.devices import HOST_DEVICE, Device
from girih.dtypes import from_numpy, to_numpy, to_torch, torch_types


class Operand:
    """One argument: `kind` is what a plan depends on (dtype, rank, flags, device), the rest changes from call to call.
    `keep` is what must live until the call returns."""

    __slots__ = ("address", "shape", "strides", "dtype", "device", "flags", "keep")

    def __init__(self, address, shape, strides, dtype, device, flags, keep):
        self.address, self.shape, self.strides = address, shape, strides
        self.dtype, self.device, self.flags, self.keep = dtype, device, flags, keep

    @property
    def kind(self):
        return self.dtype, len(self.shape), self.flags, self.device


def _refuse(what, help_text=""):
    raise GirihError("argument", f"error: [argument] {what}" + (f"\nhelp: {help_text}" if help_text else ""))


def _read_array(array, stream):
    flags = (READ_ONLY if array.read_only else 0) | (CONSTANT if array.constant else 0)
    return Operand(array.data_ptr(), array.shape, array.strides, array.dtype, array.device, flags, array)


def _read_numpy(array, stream):
    dtype = from_numpy(array.dtype)
    item = array.itemsize
    for stride, size in zip(array.strides, array.shape):
        if stride % item and size > 1:
            _refuse(f"a NumPy array whose strides {array.strides} are no multiples of its {item}-byte elements")
    return Operand(array.ctypes.data, array.shape, tuple(stride // item for stride in array.strides), dtype,
                   HOST_DEVICE, 0 if array.flags.writeable else READ_ONLY, array)


_torch_devices = {}


def _torch_device(device):
    known = _torch_devices.get(device)
    if known is None:
        if device.type not in ("cpu", "cuda"):
            _refuse(f"a torch tensor on {device} cannot be used")
        known = HOST_DEVICE if device.type == "cpu" else Device("cuda", device.index)
        _torch_devices[device] = known
    return known


def _read_torch(tensor, stream):
    torch = sys.modules["torch"]
    if tensor.layout is not torch.strided:
        _refuse(f"a torch tensor of layout {tensor.layout} cannot be used", "call to_dense() first")
    if tensor.is_neg():
        _refuse("a torch tensor with the negative bit set cannot be used", "call resolve_neg() first")
    dtype = torch_types().get(tensor.dtype)
    if dtype is None:
        raise GirihError("dtype", f"error: [dtype] torch tensors of type {tensor.dtype} cannot be used")
    return Operand(tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), dtype, _torch_device(tensor.device), 0,
                   tensor)


def _read_dlpack(value, stream):
    return _read_array(from_dlpack(value, stream), stream)


def _read_scalar(scalar, stream):
    return Operand(scalar.address, (), (), scalar.dtype, HOST_DEVICE, BY_VALUE, scalar)


_readers = {Array: _read_array, Scalar: _read_scalar}


def _reader(kind):
    """How to read arguments of this type."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if issubclass(kind, Array):
        return _read_array
    if numpy is not None and issubclass(kind, numpy.ndarray):
        return _read_numpy
    if torch is not None and issubclass(kind, torch.Tensor):
        return _read_torch
    if hasattr(kind, "__dlpack__"):
        return _read_dlpack
    _refuse(f"{kind.__name__} is no array", "NumPy arrays, torch tensors, girih.Array and objects with __dlpack__ are")


def read(value, stream=None):
    """The Operand of an argument. `stream` is the CUstream that the call will use."""
    kind = type(value)
    reader = _readers.get(kind)
    if reader is None:
        reader = _readers[kind] = _reader(kind)
    return reader(value, stream)


def shape_and_type(value):
    """Shape and DType of an argument: all that the shape of a result depends on."""
    kind = type(value)
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None and kind is torch.Tensor and value.dtype in torch_types():
        return tuple(value.shape), torch_types()[value.dtype]
    if numpy is not None and kind is numpy.ndarray:
        return value.shape, from_numpy(value.dtype)
    operand = read(value)
    return operand.shape, operand.dtype


def lends_buffers(kind):
    """Whether arguments of this type are read well through the buffer protocol: NumPy's own class."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and kind is numpy.ndarray


def struct_of(value):
    """An ArrayStruct and what must live as long as it."""
    operand = read(value)
    shape, strides = int64s(operand.shape), int64s(operand.strides)
    pointer = ctypes.POINTER(ctypes.c_int64)
    made = ArrayStruct(operand.address or None, ctypes.cast(shape, pointer), ctypes.cast(strides, pointer),
                       len(operand.shape), operand.dtype, operand.device.struct, operand.flags, 0)
    return made, (operand, shape, strides)


def structs_of(values):
    """A C array of ArrayStruct and what must live as long as it."""
    made = [struct_of(value) for value in values]
    return (ArrayStruct * len(made))(*(struct for struct, _ in made)), made


def current_stream(values):
    """The CUstream, as an integer, on which work on these arguments is to run: torch's current one when a CUDA tensor
    of torch is among them, else the default one."""
    torch = sys.modules.get("torch")
    if torch is None:
        return 0
    for value in values:
        if isinstance(value, torch.Tensor) and value.is_cuda:
            raw = getattr(torch._C, "_cuda_getCurrentRawStream", None)
            index = value.get_device()
            return raw(index) if raw else torch.cuda.current_stream(index).cuda_stream
    return 0


class _Strided:
    """What NumPy reads a view of an array through; NumPy keeps it, and so the array, alive."""

    def __init__(self, array, shape, strides, offset):
        self.array = array
        item = array.itemsize
        self.__array_interface__ = {
            "version": 3, "typestr": f"|V{item}", "shape": shape,
            "data": (array.ctypes.data + offset * item, not array.flags.writeable),
            "strides": tuple(stride * item for stride in strides)}


def view_like_kind(like, shape, strides, offset):
    """A view of the memory of `like`, of its library: in elements, `offset` from the first one."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(like, torch.Tensor):
        return like.as_strided(shape, strides, like.storage_offset() + offset)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(like, numpy.ndarray):
        return numpy.asarray(_Strided(like, shape, strides, offset)).view(like.dtype)
    array = like if isinstance(like, Array) else from_dlpack(like)
    return array.strided(shape, strides, offset)


def empty_like_kind(like, shape, dtype):
    """A new array of the library that `like` comes from, on its device."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(like, torch.Tensor):
        return torch.empty(shape, dtype=to_torch(dtype), device=like.device)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(like, numpy.ndarray):
        return numpy.empty(shape, to_numpy(dtype))
    return empty(shape, dtype, read(like).device)
