# SPDX-License-Identifier: Apache-2.0
"""Girih from Python: kernels and operators of libgirih.so on NumPy arrays, torch tensors and anything with DLPack.

    import girih
    c = girih.ops.matmul(a, b)            # a, b: torch or NumPy; c is of the same kind
    girih.kernel("matmul")(a, b, c)       # the kernel itself, into an array of yours

Work on CUDA tensors is submitted to torch's current stream. Errors are girih.GirihError, with an id and a message.
"""
from girih import ops
from girih._errors import GirihError
from girih._library import PATH as library_path
from girih._library import VERSION as __version__
from girih.arrays import Array, Scalar, asarray, constant, empty, from_dlpack, zeros
from girih.devices import Device, DeviceInfo, Stream, cuda_unavailable_reason, device_count, device_info, synchronize
from girih.dtypes import DType
from girih.kernels import Kernel, Program, Spec, kernel, kernel_names

__all__ = [
    "Array", "DType", "Device", "DeviceInfo", "GirihError", "Kernel", "Program", "Scalar", "Spec", "Stream", "asarray",
    "constant", "cuda_unavailable_reason", "device_count", "device_info", "empty", "from_dlpack", "kernel", "kernel_names",
    "library_path", "ops", "synchronize", "zeros",
]
