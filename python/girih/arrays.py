# SPDX-License-Identifier: Apache-2.0
"""Array: memory of the library's own, or memory that came through DLPack."""
import ctypes
import math
import struct
import sys

from girih import dlpack
from girih._errors import GirihError
from girih._library import CONSTANT, CUDA, READ_ONLY, ArrayStruct, Handle, check, lib, new_handle
from girih.devices import HOST_DEVICE, Device, as_device, synchronize
from girih.dtypes import DType, as_dtype, from_numpy, to_numpy

_NUMPY_KINDS = "fiub"


def int64s(values):
    """A C array of int64."""
    return (ctypes.c_int64 * len(values))(*values)


class Scalar:
    """A number for an operand of rank 0 of a kernel: passed by value, on every device, and no reason to compile anew.
    `girih.Scalar(0.25, "f32")`; its dtype is the operand's."""

    __slots__ = ("dtype", "_memory")
    _PACKED = {DType.f64: "d", DType.f32: "f", DType.f16: "e", DType.i64: "q", DType.i32: "i", DType.i16: "h",
               DType.i8: "b", DType.u8: "B", DType.bool: "?"}

    def __init__(self, value, dtype):
        self.dtype = as_dtype(dtype)
        if self.dtype == DType.bf16:  # the upper half of an f32, rounded to nearest even
            bits = int.from_bytes(struct.pack("<f", value), "little")
            if value == value:
                bits += 0x7FFF + (bits >> 16 & 1)
            packed = (bits >> 16 & 0xFFFF).to_bytes(2, "little")
        elif self.dtype in self._PACKED:
            try:
                packed = struct.pack("<" + self._PACKED[self.dtype], value)
            except (struct.error, OverflowError) as error:
                raise GirihError("argument", f"error: [argument] {value!r} is no {self.dtype.name}") from error
        else:
            raise GirihError("dtype", f"error: [dtype] a number cannot be passed as {self.dtype.name}")
        self._memory = ctypes.create_string_buffer(packed, 8)

    @property
    def address(self):
        return ctypes.addressof(self._memory)


class Array:
    """A view of memory with shape, strides in elements, dtype and device; made by empty(), zeros(), asarray() and
    from_dlpack(). NumPy and torch take it as it is: numpy.asarray(array), torch.from_dlpack(array)."""

    __slots__ = ("_handle", "struct", "shape", "strides", "dtype", "device", "read_only", "constant",
                 "form", "__weakref__")

    def __init__(self, handle):
        self._handle = handle
        self.struct = ArrayStruct()
        check(lib.buffer_view(handle.value, ctypes.byref(self.struct)))
        rank = self.struct.rank
        self.shape = tuple(self.struct.shape[:rank])
        self.strides = tuple(self.struct.strides[:rank])
        self.dtype = DType(self.struct.dtype)
        on_cuda = self.struct.device.kind == CUDA
        self.device = Device("cuda", self.struct.device.index) if on_cuda else HOST_DEVICE
        self.read_only = bool(self.struct.flags & READ_ONLY)
        self.constant = bool(self.struct.flags & CONSTANT)
        self.form = None  # its operands.Form, once asked for

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return math.prod(self.shape)

    def data_ptr(self):
        """Address of the first element; 0 for an empty array."""
        return self.struct.data or 0

    def copy_from(self, source):
        """Copies the elements of an array of the same shape and dtype, on any device; complete when it returns."""
        from girih.operands import struct_of
        other, keep = struct_of(source)
        check(lib.array_copy(ctypes.byref(other), ctypes.byref(self.struct)))
        del keep
        return self

    def to(self, device):
        """A row-major copy on `device`."""
        return empty(self.shape, self.dtype, device).copy_from(self)

    def strided(self, shape, strides, offset=0):
        """Another view of the memory: in elements, `offset` from the first one."""
        made = new_handle(lib.buffer_strided, self._handle.value, len(shape), int64s(shape), int64s(strides), offset)
        return Array(Handle(made, lib.buffer_free))

    def as_constant(self):
        """A view for reading only, of memory that nothing writes any more, as the weights of a model: a kernel may read
        it before those ahead of it in the stream have ended. Waits for the device."""
        return Array(Handle(new_handle(lib.buffer_constant, self._handle.value), lib.buffer_free))

    def numpy(self):
        """As a NumPy array: without a copy on the host, with one from a GPU."""
        import numpy
        array = self if self.device == HOST_DEVICE else self.to(HOST_DEVICE)
        return numpy.asarray(_Exposed(array)).view(to_numpy(self.dtype))

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        if dtype is not None:
            array = array.astype(dtype, copy=False)
        return array.copy() if copy else array

    def __dlpack_device__(self):
        return (dlpack.CUDA, self.device.index) if self.device.kind == "cuda" else (dlpack.CPU, 0)

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        if dl_device is not None and tuple(dl_device) != self.__dlpack_device__():
            raise BufferError(f"the array is on {self.device}; copy it with to() first")
        if copy:
            return self.to(self.device).__dlpack__(stream=stream, max_version=max_version)
        if self.device.kind == "cuda" and stream != -1:
            synchronize(self.device)  # whatever stream wrote it, any stream of the consumer may now read it
        return dlpack.capsule_from_buffer(self._handle, max_version is not None and max_version[0] >= 1)

    def __repr__(self):
        return f"girih.Array({self.dtype}{list(self.shape)} on {self.device})"


class _Exposed:
    """What NumPy reads an Array's memory through; NumPy keeps it, and so the memory, alive."""

    def __init__(self, array):
        self.array = array
        item = array.dtype.bits // 8
        kind = to_numpy(array.dtype)
        # Types that NumPy has not itself are read as bytes, of which the caller makes a view.
        code = kind.str if kind.kind in _NUMPY_KINDS else f"|V{item}"
        # NumPy refuses a null address even for no elements.
        address = array.data_ptr() or ctypes.addressof(ctypes.c_int64.from_buffer(bytearray(8)))
        self.__array_interface__ = {
            "version": 3, "typestr": code, "shape": array.shape, "data": (address, array.read_only),
            "strides": tuple(stride * item for stride in array.strides)}


def _create(shape, dtype, device, zeroed):
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    made = new_handle(lib.buffer_create, as_dtype(dtype), len(shape), int64s(shape), as_device(device).struct, zeroed)
    return Array(Handle(made, lib.buffer_free))


def empty(shape, dtype="f32", device="host"):
    """Row-major memory that is not initialised."""
    return _create(shape, dtype, device, 0)


def zeros(shape, dtype="f32", device="host"):
    """Row-major memory of zeros."""
    return _create(shape, dtype, device, 1)


def from_dlpack(producer, stream=None):
    """Shares the memory of any object with __dlpack__. `stream` is the CUstream, as an integer, in whose order the
    memory will be used; None is the default one."""
    if not hasattr(producer, "__dlpack__"):
        raise GirihError("argument", f"error: [argument] {type(producer).__name__} is no array: it has no __dlpack__")
    # torch exports the memory of a lazily negated tensor without a word.
    if "torch" in sys.modules and isinstance(producer, sys.modules["torch"].Tensor) and producer.is_neg():
        raise GirihError("argument", "error: [argument] a torch tensor with the negative bit set cannot be shared\n"
                         "help: call resolve_neg() first")
    device_type = producer.__dlpack_device__()[0]
    on_cuda = device_type in (dlpack.CUDA, dlpack.CUDA_MANAGED)
    # DLPack's 1 is the legacy default stream, which our null stream is.
    capsule = dlpack.request(producer, (stream or 1) if on_cuda else None)
    return Array(dlpack.buffer_from_capsule(capsule))


def constant(value):
    """Array.as_constant() of an array of any library, without a copy."""
    return (value if isinstance(value, Array) else from_dlpack(value)).as_constant()


def asarray(value, dtype=None, device="host"):
    """A copy of anything that NumPy takes, on `device`."""
    import numpy
    source = numpy.asarray(value)
    if dtype is not None:
        source = source.astype(to_numpy(as_dtype(dtype)))
    made = empty(source.shape, from_numpy(source.dtype), device)
    return made.copy_from(source) if made.size else made
