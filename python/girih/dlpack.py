# SPDX-License-Identifier: Apache-2.0
"""DLPack capsules: the structures themselves are read and written by libgirih.so."""
import ctypes
from ctypes import c_char_p, c_int, c_void_p, py_object

from girih._errors import GirihError
from girih._library import Handle, capsule_destructor, lib, new_handle

CPU, CUDA, CUDA_HOST, CUDA_MANAGED = 1, 2, 3, 13
_PLAIN, _VERSIONED = b"dltensor", b"dltensor_versioned"
_EXCHANGE = b"dlpack_exchange_api"


def _python(name, result, arguments):
    function = getattr(ctypes.pythonapi, name)
    function.restype, function.argtypes = result, arguments
    return function


_is_valid = _python("PyCapsule_IsValid", c_int, [py_object, c_char_p])
_pointer = _python("PyCapsule_GetPointer", c_void_p, [py_object, c_char_p])
_set_name = _python("PyCapsule_SetName", c_int, [py_object, c_char_p])
_new = _python("PyCapsule_New", py_object, [c_void_p, c_char_p, c_void_p])

# A capsule keeps only the address of its name.
_USED = {_PLAIN: b"used_dltensor", _VERSIONED: b"used_dltensor_versioned"}


def buffer_from_capsule(capsule):
    """Takes the tensor out of a capsule; returns the Handle of a girih_buffer."""
    for name, versioned in ((_VERSIONED, 1), (_PLAIN, 0)):
        if _is_valid(capsule, name):
            managed = _pointer(capsule, name)
            # From here on the library calls the deleter, also when it refuses the tensor.
            _set_name(capsule, _USED[name])
            return Handle(new_handle(lib.buffer_from_dlpack, managed, versioned), lib.buffer_free)
    raise GirihError("dlpack", "error: [dlpack] this capsule holds no tensor, or one that was taken already")


def capsule_from_buffer(handle, versioned):
    """A new capsule that shares the memory of a girih_buffer."""
    managed = new_handle(lib.buffer_to_dlpack, handle.value, int(versioned))
    return _new(managed, _VERSIONED if versioned else _PLAIN, capsule_destructor)


def request(producer, stream):
    """producer.__dlpack__() with the newest version that it knows. `stream` is None on the host."""
    options = {} if stream is None else {"stream": stream}
    try:
        return producer.__dlpack__(max_version=(1, 0), **options)
    except TypeError:
        return producer.__dlpack__(**options)


def exchange_table(kind):
    """Address of the C exchange table of a type (DLPack 1.3), or None."""
    capsule = getattr(kind, "__dlpack_c_exchange_api__", None)
    if capsule is None or not _is_valid(capsule, _EXCHANGE):
        return None
    return _pointer(capsule, _EXCHANGE)
