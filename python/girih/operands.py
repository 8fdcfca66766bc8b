# SPDX-License-Identifier: Apache-2.0
"""Arguments of a call, whatever library they come from, as the numbers that the C interface wants."""
import ctypes
import itertools
import struct
import sys

from girih._errors import GirihError
from girih._library import BY_VALUE, CONSTANT, READ_ONLY, ArrayStruct
from girih.arrays import Array, Scalar, empty, from_dlpack, int64s
from girih.devices import HOST_DEVICE, Device, as_device
from girih.dtypes import as_dtype, from_numpy, to_numpy, to_torch, torch_types

# An ArrayStruct: its address, and what stands behind that.
ARRAY = struct.Struct("@P40s")
_AFTER_ADDRESS = struct.Struct("@PPiiiiII")
_FORMS_KEPT = 4096  # of each library's arrays; then they are made anew


class Form:
    """All of an array but its address: arrays alike share one. `kind` is what a kernel's plan depends on (dtype, rank,
    flags, device), `sizes` are the shape and the strides, `packed` is what an ArrayStruct holds behind its address, valid
    while the Form lives, and `address` gives the address of such an array."""

    __slots__ = ("shape", "strides", "dtype", "device", "flags", "address", "kind", "sizes", "packed", "_memory")

    def __init__(self, shape, strides, dtype, device, flags, address):
        self.shape, self.strides, self.dtype, self.device, self.flags = shape, strides, dtype, device, flags
        self.address = address
        self.kind = dtype, len(shape), flags, device
        self.sizes = (*shape, *strides)
        self._memory = int64s(self.sizes)
        sizes, place = ctypes.addressof(self._memory), device.struct
        self.packed = _AFTER_ADDRESS.pack(sizes, sizes + 8 * len(shape), len(shape), dtype, place.kind, place.index, flags, 0)


def _refuse(what, help_text=""):
    raise GirihError("argument", f"error: [argument] {what}" + (f"\nhelp: {help_text}" if help_text else ""))


def _kept(forms, key, form):
    if len(forms) >= _FORMS_KEPT:
        forms.clear()
    forms[key] = form
    return form


def _form_of_array(array):
    if array.form is None:
        flags = (READ_ONLY if array.read_only else 0) | (CONSTANT if array.constant else 0)
        key = array.shape, array.strides, array.dtype, array.device, flags
        array.form = _array_forms.get(key) or _kept(_array_forms, key, Form(*key, Array.data_ptr))
    return array.form


def _form_of_numpy(array):
    key = array.dtype, array.shape, array.strides, array.flags.writeable
    return _numpy_forms.get(key) or _kept(_numpy_forms, key, _new_form_of_numpy(array))


def _new_form_of_numpy(array):
    dtype = from_numpy(array.dtype)
    item = array.itemsize
    for stride, size in zip(array.strides, array.shape):
        if stride % item and size > 1:
            _refuse(f"a NumPy array whose strides {array.strides} are no multiples of its {item}-byte elements")
    address = _address_of_buffer
    try:
        address(array)
    except (TypeError, ValueError):  # not contiguous, read-only or of a type that buffers do not have
        address = _address_of_numpy
    return Form(array.shape, tuple(stride // item for stride in array.strides), dtype, HOST_DEVICE,
                0 if array.flags.writeable else READ_ONLY, address)


_view_buffer = (ctypes.c_char * 0).from_buffer


def _address_of_buffer(array):
    return ctypes.addressof(_view_buffer(array))


def _address_of_numpy(array):
    return array.ctypes.data


def _form_of_torch(tensor):
    torch = sys.modules["torch"]
    if tensor.layout is not torch.strided:
        _refuse(f"a torch tensor of layout {tensor.layout} cannot be used", "call to_dense() first")
    if tensor.is_neg():
        _refuse("a torch tensor with the negative bit set cannot be used", "call resolve_neg() first")
    key = tensor.dtype, tensor.shape, tensor.stride(), tensor.device
    return _torch_forms.get(key) or _kept(_torch_forms, key, _new_form_of_torch(tensor))


def _new_form_of_torch(tensor):
    dtype = torch_types().get(tensor.dtype)
    if dtype is None:
        raise GirihError("dtype", f"error: [dtype] torch tensors of type {tensor.dtype} cannot be used")
    device = tensor.device
    if device.type not in ("cpu", "cuda"):
        _refuse(f"a torch tensor on {device} cannot be used")
    placed = HOST_DEVICE if device.type == "cpu" else Device("cuda", device.index)
    return Form(tuple(tensor.shape), tensor.stride(), dtype, placed, 0, _address_of_torch)


def _address_of_torch(tensor):
    return tensor.data_ptr()


def _form_of_scalar(scalar):
    return _array_forms.get(scalar.dtype) or _kept(
        _array_forms, scalar.dtype, Form((), (), scalar.dtype, HOST_DEVICE, BY_VALUE, lambda each: each.address))


_array_forms, _numpy_forms, _torch_forms = {}, {}, {}
_readers = {Array: _form_of_array, Scalar: _form_of_scalar}


def form_reader(kind):
    """The function that gives the Form of arguments of this type; None where from_dlpack() must take them first."""
    if kind not in _readers:
        _readers[kind] = _new_form_reader(kind)
    return _readers[kind]


def _new_form_reader(kind):
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if issubclass(kind, Array):
        return _form_of_array
    if numpy is not None and issubclass(kind, numpy.ndarray):
        return _form_of_numpy
    if torch is not None and issubclass(kind, torch.Tensor):
        return _form_of_torch
    if hasattr(kind, "__dlpack__"):
        return None
    _refuse(f"{kind.__name__} is no array", "NumPy arrays, torch tensors, girih.Array and objects with __dlpack__ are")


def read(value, stream=None):
    """Form and address of an argument, and what must live until the call returns. `stream` is the CUstream that the call
    will use."""
    form_of = form_reader(type(value))
    if form_of is None:
        value, form_of = from_dlpack(value, stream), _form_of_array
    form = form_of(value)
    return form, form.address(value), value


def lends_buffers(kind):
    """Whether arguments of this type are read well through the buffer protocol: NumPy's own class."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and kind is numpy.ndarray


def struct_of(value):
    """An ArrayStruct and what must live as long as it."""
    form, address, keep = read(value)
    return ArrayStruct.from_buffer_copy(ARRAY.pack(address, form.packed)), (form, keep)


def structs_of(values):
    """A C array of ArrayStruct and what must live as long as it."""
    made = [struct_of(value) for value in values]
    return (ArrayStruct * len(made))(*(struct for struct, _ in made)), made


def current_stream(*lists):
    """The CUstream, as an integer, on which work on the arguments in these lists is to run: torch's current one when a
    CUDA tensor of torch is among them, else the default one."""
    torch = sys.modules.get("torch")
    if torch is None:
        return 0
    for value in itertools.chain(*lists):
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


def _empty_of_torch(like, shape, dtype):
    return sys.modules["torch"].empty(shape, dtype=dtype, device=like.device)


def _empty_on_torch_device(device, shape, dtype):
    return sys.modules["torch"].empty(shape, dtype=dtype, device=device)


def _empty_of_numpy(like, shape, dtype):
    return sys.modules["numpy"].empty(shape, dtype)


def _empty_like(like, shape, dtype):
    return empty(shape, dtype, read(like)[0].device)


def _empty_on(device, shape, dtype):
    return empty(shape, dtype, as_device(device))


def result_maker(like):
    """How a result is made: a function of `like`, the shape and the library's own dtype, and one that gives that dtype of
    a DType. `like` is an array, of whose library and on whose device the result is to be, or else a device, or None."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if torch is not None and isinstance(like, torch.Tensor):
        return _empty_of_torch, to_torch
    if torch is not None and isinstance(like, torch.device):
        return _empty_on_torch_device, to_torch
    if numpy is not None and isinstance(like, numpy.ndarray):
        return _empty_of_numpy, to_numpy
    return (_empty_on if like is None or isinstance(like, (str, Device)) else _empty_like), as_dtype
