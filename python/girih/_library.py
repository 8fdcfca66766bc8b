# SPDX-License-Identifier: Apache-2.0
"""Finds libgirih.so, loads it and declares the functions of ops/capi/girih_c.h that the package calls."""
import ctypes
import os
import pathlib
from ctypes import POINTER, c_char_p, c_int, c_int32, c_int64, c_uint32, c_uint64, c_void_p, py_object

from girih._errors import GirihError

ABI_VERSION = 1
HOST, CUDA = 0, 1
READ_ONLY, BY_VALUE, CONSTANT = 1, 2, 4


class DeviceStruct(ctypes.Structure):
    _fields_ = [("kind", c_int32), ("index", c_int32)]


class DeviceInfoStruct(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64), ("name", ctypes.c_char * 128), ("compute_capability", c_int32), ("processors", c_int32),
        ("memory_bytes", c_int64), ("l2_bytes", c_int64), ("shared_bytes", c_int64), ("driver_version", c_int32)]


class ArrayStruct(ctypes.Structure):
    _fields_ = [
        ("data", c_void_p), ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)), ("rank", c_int32),
        ("dtype", c_int32), ("device", DeviceStruct), ("flags", c_uint32), ("reserved", c_uint32)]


class LaunchOptions(ctypes.Structure):
    _fields_ = [("size", c_uint64), ("stream", c_void_p), ("config", c_char_p)]


class InspectOptions(ctypes.Structure):
    _fields_ = [("size", c_uint64), ("stage", c_char_p), ("arch", c_char_p), ("config", c_char_p)]


class OperandType(ctypes.Structure):
    _fields_ = [("dtype", c_int32), ("rank", c_int32), ("flags", c_uint32)]


class ShapedStruct(ctypes.Structure):
    _fields_ = [("shape", c_int64 * 8), ("rank", c_int32), ("dtype", c_int32)]


class StridedStruct(ctypes.Structure):
    _fields_ = [("shape", c_int64 * 8), ("strides", c_int64 * 8), ("offset", c_int64), ("rank", c_int32),
                ("reserved", c_int32)]


class PythonFunctions(ctypes.Structure):
    _fields_ = [
        ("size", c_uint64), ("tuple_size", c_void_p), ("tuple_item", c_void_p), ("save_thread", c_void_p),
        ("restore_thread", c_void_p), ("capsule_is_valid", c_void_p), ("capsule_pointer", c_void_p),
        ("get_buffer", c_void_p), ("release_buffer", c_void_p), ("call_method", c_void_p), ("is_true", c_void_p),
        ("release", c_void_p)]


def _candidates():
    """Where the library may be: named by the user, or else beside the package, in the bundle, in a build tree."""
    named = os.environ.get("GIRIH_LIBRARY")
    if named:
        return [pathlib.Path(named)]
    package = pathlib.Path(__file__).resolve().parent
    root = package.parent.parent
    built = sorted(root.glob("build/*/lib/libgirih.so"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [package / "libgirih.so", root / "lib" / "libgirih.so", *built]


def _find():
    places = _candidates()
    for path in places:
        if path.is_file():
            return path
    looked = "\n  ".join(str(path) for path in places)
    raise ImportError(f"libgirih.so is at none of these places; set GIRIH_LIBRARY to its path:\n  {looked}")


# name: (result, arguments). A status is checked by check().
_FUNCTIONS = {
    "version": (c_char_p, []),
    "abi_version": (c_int32, []),
    "last_error": (c_char_p, []),
    "last_error_id": (c_char_p, []),
    "text_free": (None, [c_void_p]),
    "dtype_name": (c_char_p, [c_int32]),
    "dtype_bits": (c_int32, [c_int32]),
    "dtype_promote": (c_int32, [c_int32, c_int32]),
    "cuda_device_count": (c_int32, []),
    "cuda_unavailable_reason": (c_char_p, []),
    "device_get_info": (c_int, [DeviceStruct, POINTER(DeviceInfoStruct)]),
    "device_synchronize": (c_int, [DeviceStruct]),
    "stream_create": (c_int, [DeviceStruct, POINTER(c_void_p)]),
    "stream_wrap": (c_int, [c_void_p, DeviceStruct, POINTER(c_void_p)]),
    "stream_native": (c_void_p, [c_void_p]),
    "stream_synchronize": (c_int, [c_void_p]),
    "stream_free": (None, [c_void_p]),
    "buffer_create": (c_int, [c_int32, c_int32, POINTER(c_int64), DeviceStruct, c_int32, POINTER(c_void_p)]),
    "buffer_view": (c_int, [c_void_p, POINTER(ArrayStruct)]),
    "buffer_constant": (c_int, [c_void_p, POINTER(c_void_p)]),
    "buffer_strided": (c_int, [c_void_p, c_int32, POINTER(c_int64), POINTER(c_int64), c_int64, POINTER(c_void_p)]),
    "buffer_free": (None, [c_void_p]),
    "array_copy": (c_int, [POINTER(ArrayStruct), POINTER(ArrayStruct)]),
    "buffer_from_dlpack": (c_int, [c_void_p, c_int32, POINTER(c_void_p)]),
    "buffer_to_dlpack": (c_int, [c_void_p, c_int32, POINTER(c_void_p)]),
    "kernel_count": (c_int32, []),
    "kernel_name_at": (c_char_p, [c_int32]),
    "kernel_find": (c_int, [c_char_p, POINTER(c_void_p)]),
    "kernel_free": (None, [c_void_p]),
    "kernel_name": (c_char_p, [c_void_p]),
    "kernel_arity": (c_int32, [c_void_p]),
    "kernel_with": (c_int, [c_void_p, c_char_p, POINTER(c_void_p)]),
    "kernel_prepare": (c_int, [c_void_p, POINTER(ArrayStruct), c_int32, POINTER(LaunchOptions), POINTER(c_void_p)]),
    "kernel_program": (c_int, [c_void_p, POINTER(ArrayStruct), c_int32, POINTER(LaunchOptions), POINTER(c_void_p)]),
    "kernel_default_config": (c_int, [c_void_p, POINTER(ArrayStruct), c_int32, POINTER(c_void_p)]),
    "kernel_inspect": (c_int, [c_void_p, POINTER(ArrayStruct), c_int32, POINTER(InspectOptions), POINTER(c_void_p)]),
    "program_parse": (c_int, [c_char_p, POINTER(c_void_p)]),
    "program_free": (None, [c_void_p]),
    "program_text": (c_int, [c_void_p, POINTER(c_void_p)]),
    "program_hash": (c_int, [c_void_p, POINTER(c_void_p)]),
    "program_kernel": (c_int, [c_void_p, POINTER(c_void_p)]),
    "program_inspect": (c_int, [c_void_p, POINTER(InspectOptions), POINTER(c_void_p)]),
    "ops_json": (c_int, [POINTER(c_void_p)]),
    # Values and arrays come as addresses.
    "op_results": (c_int, [c_char_p, c_void_p, c_int32, POINTER(ShapedStruct), c_int32, POINTER(c_int32)]),
    "op_run": (c_int, [c_char_p, c_void_p, c_int32, c_void_p, c_int32, c_void_p]),
    "op_view": (c_int, [c_char_p, c_void_p, c_int32, POINTER(StridedStruct)]),
    "plan_create": (c_int, [c_void_p, POINTER(OperandType), c_int32, DeviceStruct, POINTER(LaunchOptions),
                            POINTER(c_void_p)]),
    "plan_create_op": (c_int, [c_char_p, POINTER(OperandType), c_int32, DeviceStruct, POINTER(c_void_p)]),
    # Packed numbers come as bytes: c_char_p hands on their address without a copy.
    "plan_launch": (c_int, [c_void_p, c_char_p, c_void_p]),
    "plan_free": (None, [c_void_p]),
    "python_attach": (c_int, [POINTER(PythonFunctions)]),
    "caller_create": (c_int, [c_void_p, c_char_p, c_void_p, c_void_p, POINTER(c_void_p)]),
    "caller_free": (None, [c_void_p]),
}


class _Functions:
    """The library's functions without their prefix: `lib.kernel_find`."""

    def __init__(self, path):
        self.dll = ctypes.CDLL(str(path))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(self.dll, "girih_" + name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)


def check(status):
    """Raises GirihError unless `status` is 0."""
    if status:
        kind = {1: "compile", 2: "runtime"}.get(status, "internal")
        raise GirihError(lib.last_error_id().decode(), lib.last_error().decode(errors="replace"), kind)


def take_text(function, *arguments):
    """Calls a function whose last argument receives a text, and frees that."""
    text = c_void_p()
    check(function(*arguments, ctypes.byref(text)))
    try:
        return ctypes.string_at(text).decode()
    finally:
        lib.text_free(text)


def new_handle(function, *arguments):
    """Calls a function whose last argument receives a handle."""
    handle = c_void_p()
    check(function(*arguments, ctypes.byref(handle)))
    return handle


class Handle:
    """Owns a handle of the library. `value` is the c_void_p; nothing to convert when it is passed."""

    __slots__ = ("value", "_free")

    def __init__(self, value, free):
        self.value = value
        self._free = free

    def __del__(self):
        # Half-made objects, and an interpreter that is shutting down, have nothing to free.
        if getattr(self, "_free", None) is not None:
            self._free(self.value)


def _attach_python(functions):
    """Hands the library the interpreter's functions: it links to none itself."""
    def address(name):
        return ctypes.cast(getattr(ctypes.pythonapi, name), c_void_p).value
    table = PythonFunctions(
        ctypes.sizeof(PythonFunctions), address("PyTuple_Size"), address("PyTuple_GetItem"),
        address("PyEval_SaveThread"), address("PyEval_RestoreThread"), address("PyCapsule_IsValid"),
        address("PyCapsule_GetPointer"), address("PyObject_GetBuffer"), address("PyBuffer_Release"),
        address("PyObject_VectorcallMethod"), address("PyObject_IsTrue"), address("Py_DecRef"))
    check(functions.python_attach(ctypes.byref(table)))


PATH = str(_find())
lib = _Functions(PATH)
if lib.abi_version() != ABI_VERSION:
    raise ImportError(f"{PATH} has C interface {lib.abi_version()}, this package needs {ABI_VERSION}")
VERSION = lib.version().decode()
_attach_python(lib)

# These keep the GIL: the first releases it by itself, the second is called by the interpreter.
_holding_gil = ctypes.PyDLL(PATH)
caller_call = _holding_gil.girih_caller_call
caller_call.restype, caller_call.argtypes = c_int, [c_void_p, py_object]
capsule_destructor = ctypes.cast(_holding_gil.girih_python_capsule_destructor, c_void_p)
