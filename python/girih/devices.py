# SPDX-License-Identifier: Apache-2.0
"""Devices and streams."""
import ctypes
import typing

from girih._errors import GirihError
from girih._library import CUDA, HOST, DeviceInfoStruct, DeviceStruct, Handle, check, lib, new_handle


class Device(typing.NamedTuple):
    """Where an array lives: kind "host" or "cuda", and a number."""

    kind: str = "host"
    index: int = 0

    def __str__(self):
        return "host" if self.kind == "host" else f"cuda:{self.index}"

    @property
    def struct(self):
        return DeviceStruct(CUDA if self.kind == "cuda" else HOST, self.index)


HOST_DEVICE = Device()


def as_device(value):
    """A Device from itself, from "host", "cpu", "cuda" or "cuda:1", or from a torch.device."""
    if isinstance(value, Device):
        return value
    if value is None:
        return HOST_DEVICE
    kind, _, index = str(value).partition(":")
    if kind in ("host", "cpu") and index in ("", "0"):
        return HOST_DEVICE
    if kind == "cuda" and (not index or index.isdecimal()):
        return Device("cuda", int(index or 0))
    raise GirihError("device", f"error: [device] there is no device '{value}'\nhelp: host, cuda or cuda:NUMBER")


class DeviceInfo(typing.NamedTuple):
    """What the library knows of a device."""

    name: str
    compute_capability: int  # 90 for 9.0; 0 on the host
    processors: int  # multiprocessors, or threads of the host
    memory_bytes: int
    l2_bytes: int
    shared_bytes: int
    driver_version: int


def device_count():
    """Number of usable CUDA devices."""
    return lib.cuda_device_count()


def cuda_unavailable_reason():
    """Why device_count() is 0; "" when it is not."""
    return lib.cuda_unavailable_reason().decode()


def device_info(device="host"):
    info = DeviceInfoStruct(size=ctypes.sizeof(DeviceInfoStruct))
    check(lib.device_get_info(as_device(device).struct, ctypes.byref(info)))
    return DeviceInfo(info.name.decode(), info.compute_capability, info.processors, info.memory_bytes, info.l2_bytes,
                      info.shared_bytes, info.driver_version)


def synchronize(device="host"):
    """Waits for everything submitted to the device."""
    check(lib.device_synchronize(as_device(device).struct))


class Stream:
    """A queue of work of the library's own. Streams of torch are used as they are."""

    def __init__(self, device):
        self.device = as_device(device)
        self._handle = Handle(new_handle(lib.stream_create, self.device.struct), lib.stream_free)

    @property
    def native(self):
        """The CUstream as an integer; 0 on the host."""
        return lib.stream_native(self._handle.value) or 0

    def synchronize(self):
        check(lib.stream_synchronize(self._handle.value))


def native_stream(stream):
    """The CUstream, as an integer, of a Stream, a torch.cuda.Stream or an integer."""
    if isinstance(stream, int):
        return stream
    if isinstance(stream, Stream):
        return stream.native
    native = getattr(stream, "cuda_stream", None)
    if native is None:
        raise GirihError("argument", f"error: [argument] {type(stream).__name__} is no stream")
    return native
