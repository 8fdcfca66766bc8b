# SPDX-License-Identifier: Apache-2.0
"""DLPack in and out, with a producer made of ctypes structures."""
import ctypes
import gc
import unittest

from expect import Case, girih, needs_numpy, numpy

from girih import dlpack


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_index", ctypes.c_int32),
        ("rank", ctypes.c_int32), ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64)]


Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Managed(ctypes.Structure):
    _fields_ = [("tensor", Tensor), ("context", ctypes.c_void_p), ("deleter", Deleter)]


class ManagedVersioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("context", ctypes.c_void_p), ("deleter", Deleter),
        ("flags", ctypes.c_uint64), ("tensor", Tensor)]


class Producer:
    """Six floats, column by column, as a 2 x 3 array of any DLPack flavour."""

    def __init__(self, versioned=True, major=1, flags=0, device=1, code=2, bits=32, old_signature=False):
        self.values = (ctypes.c_float * 8)(99, 0, 1, 2, 3, 4, 5, 99)
        self.shape, self.strides = (ctypes.c_int64 * 2)(2, 3), (ctypes.c_int64 * 2)(1, 2)
        self.deleted = 0
        self.versioned, self.device, self.old_signature = versioned, device, old_signature
        tensor = Tensor(ctypes.addressof(self.values), device, 0, 2, code, bits, 1, self.shape, self.strides, 4)
        deleter = Deleter(self.delete)
        if versioned:
            self.managed = ManagedVersioned(major, 0, None, deleter, flags, tensor)
        else:
            self.managed = Managed(tensor, None, deleter)

    def delete(self, pointer):
        assert pointer == ctypes.addressof(self.managed)
        self.deleted += 1

    def __dlpack_device__(self):
        return self.device, 0

    def __dlpack__(self, **options):
        if self.old_signature and options:
            raise TypeError("unexpected keyword argument 'max_version'")
        name = b"dltensor_versioned" if self.versioned else b"dltensor"
        return dlpack._new(ctypes.addressof(self.managed), name, None)


class FromDlpack(Case):
    def check(self, producer):
        array = girih.from_dlpack(producer)
        self.assertEqual((array.shape, array.strides, array.dtype), ((2, 3), (1, 2), girih.DType.f32))
        self.assertEqual(array.data_ptr(), ctypes.addressof(producer.values) + 4)
        result = girih.ops.add(array, array)
        self.assertEqual(producer.deleted, 0)
        del array
        gc.collect()
        self.assertEqual(producer.deleted, 1)
        return result

    def test_flavours(self):
        for options in ({}, {"versioned": False}, {"versioned": False, "old_signature": True}):
            with self.subTest(**options):
                result = self.check(Producer(**options))
                flat = (ctypes.c_float * 6).from_address(result.data_ptr())
                self.assertEqual(list(flat), [0, 4, 8, 2, 6, 10])

    def test_any_producer_is_an_argument(self):
        first, second, out = Producer(), Producer(versioned=False), Producer()
        girih.kernel("add")(first, second, out)
        self.assertEqual(list(out.values), [99, 0, 2, 4, 6, 8, 10, 99])
        gc.collect()
        self.assertEqual((first.deleted, second.deleted, out.deleted), (1, 1, 1))

    def test_read_only(self):
        out = Producer(flags=1)
        self.assertTrue(girih.from_dlpack(out).read_only)
        with self.refused("argument", "read-only"):
            girih.kernel("add")(Producer(), Producer(), out)
        self.assertEqual(list(out.values), [99, 0, 1, 2, 3, 4, 5, 99])

    def test_refused_tensors_are_deleted_once(self):
        for options in ({"major": 2}, {"device": 4}, {"code": 5, "bits": 64}, {"code": 2, "bits": 31}, {"flags": 4}):
            with self.subTest(**options):
                producer = Producer(**options)
                with self.refused("dlpack"):
                    girih.from_dlpack(producer)
                self.assertEqual(producer.deleted, 1)

    def test_capsule_is_taken_once(self):
        capsule = Producer().__dlpack__()
        handle = dlpack.buffer_from_capsule(capsule)
        with self.refused("dlpack", "taken"):
            dlpack.buffer_from_capsule(capsule)
        del handle

    def test_no_producer(self):
        with self.refused("argument"):
            girih.from_dlpack(3)


class ToDlpack(Case):
    def test_round_trip(self):
        for versioned in (None, (1, 0), (0, 8)):
            with self.subTest(versioned=versioned):
                array = girih.zeros((2, 3), "i32")
                address = array.data_ptr()
                capsule = array.__dlpack__(max_version=versioned)
                del array
                gc.collect()
                back = girih.arrays.Array(dlpack.buffer_from_capsule(capsule))
                self.assertEqual((back.data_ptr(), back.shape, back.dtype), (address, (2, 3), girih.DType.i32))

    def test_unused_capsules_are_freed(self):
        def resident():
            with open("/proc/self/statm", encoding="ascii") as file:
                return int(file.read().split()[1])
        before = resident()
        for _ in range(64):
            array = girih.zeros(1 << 22, "i32")
            capsule = array.__dlpack__(max_version=(1, 0))
            del array, capsule
        self.assertLess(resident() - before, 4 * (1 << 24) // 4096)

    def test_device(self):
        self.assertEqual(girih.zeros(3).__dlpack_device__(), (1, 0))
        with self.assertRaises(BufferError):
            girih.zeros(3).__dlpack__(dl_device=(2, 0))

    @needs_numpy
    def test_numpy_reads_it(self):
        array = girih.asarray(numpy.arange(6, dtype="int32").reshape(2, 3))
        back = numpy.from_dlpack(array)
        numpy.testing.assert_array_equal(back, [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(back.__array_interface__["data"][0], array.data_ptr())


if __name__ == "__main__":
    unittest.main()
