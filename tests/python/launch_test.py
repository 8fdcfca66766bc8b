# SPDX-License-Identifier: Apache-2.0
"""The quick path of a call: a type with DLPack's C exchange table, made of ctypes functions."""
import ctypes
import gc
import unittest
import weakref

from expect import Case, girih, needs_numpy, numpy

from dlpack_test import Tensor
from girih import dlpack

FromObject = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.POINTER(Tensor))
CurrentStream = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_int32, ctypes.c_int32, ctypes.POINTER(ctypes.c_void_p))


class Table(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("previous", ctypes.c_void_p),
        ("unused", ctypes.c_void_p * 3), ("from_object", FromObject), ("current_stream", CurrentStream)]


reads = []


def _from_object(value, out):
    reads.append(value)
    if not isinstance(value, Lent):
        return -1  # a Python error set in a ctypes callback would be printed, not kept: torch_test has one
    ctypes.pointer(out.contents)[0] = value.tensor
    return 0


_table = Table(1, 3, None, (ctypes.c_void_p * 3)(), FromObject(_from_object), CurrentStream(lambda kind, index, out: 0))


# A capsule keeps only the address of its name.
_NAME = b"dlpack_exchange_api"


class Lent:
    """A NumPy array that lends its memory through the C table only, or else through __dlpack__."""

    __dlpack_c_exchange_api__ = dlpack._new(ctypes.addressof(_table), _NAME, None)

    def __init__(self, array):
        self.array = array
        self.move(array)

    def move(self, array):
        """Other memory, shape and strides for the same object."""
        self.array = array
        rank, item = array.ndim, array.itemsize
        self.shape = (ctypes.c_int64 * rank)(*array.shape)
        self.strides = (ctypes.c_int64 * rank)(*(stride // item for stride in array.strides))
        code = {"f": 2, "i": 0}[array.dtype.kind]
        self.tensor = Tensor(array.ctypes.data, 1, 0, rank, code, 8 * item, 1, self.shape, self.strides, 0)

    def __dlpack_device__(self):
        return 1, 0

    def __dlpack__(self, **options):
        return self.array.__dlpack__()


@needs_numpy
class Launch(Case):
    def setUp(self):
        super().setUp()
        self.kernel = girih.Kernel("add")
        self.values = [self.integers(100, "float32") for _ in range(3)]
        self.arrays = [Lent(value) for value in self.values]
        self.kernel(*self.arrays)  # finds the table
        reads.clear()

    def check(self):
        self.values[2][...] = numpy.nan
        self.kernel(*self.arrays)
        numpy.testing.assert_array_equal(self.values[2], self.values[0] + self.values[1])

    def test_table_is_used(self):
        self.check()
        self.assertEqual(len(reads), 3)

    def test_arguments_are_read_anew(self):
        self.check()
        self.values[0] = self.integers(100, "float32")
        self.arrays[0].move(self.values[0])
        self.check()
        for index, value in enumerate(self.values):
            self.values[index] = numpy.asarray(self.integers((7, 9), "float32").T if index else self.integers((9, 7), "float32"))
            self.arrays[index].move(self.values[index])
        self.check()

    def test_mixed_libraries(self):
        self.values[2][...] = numpy.nan
        self.kernel(self.arrays[0], self.values[1], self.arrays[2])
        numpy.testing.assert_array_equal(self.values[2], self.values[0] + self.values[1])

    def test_errors(self):
        with self.refused("count"):
            self.kernel(self.arrays[0])
        with self.refused("argument", "is no array"):
            self.kernel(self.arrays[0], 5, self.arrays[2])
        with self.refused("overlap"):
            self.kernel(self.arrays[0], self.arrays[1], self.arrays[0])
        self.arrays[0].tensor.code = 5
        with self.refused("dlpack", "type code 5"):
            self.kernel(*self.arrays)

    def test_config_and_stream_take_the_other_path(self):
        self.values[2][...] = numpy.nan
        self.kernel(*self.arrays, stream=0)
        self.kernel(*self.arrays, config="BLOCK=64")
        self.assertEqual(reads, [])
        numpy.testing.assert_array_equal(self.values[2], self.values[0] + self.values[1])

    def test_operators_use_it_too(self):
        girih.ops.add(*self.arrays[:2], out=self.arrays[2])
        reads.clear()
        self.values[2][...] = numpy.nan
        girih.ops.add(*self.arrays[:2], out=self.arrays[2])
        self.assertEqual(len(reads), 3)
        numpy.testing.assert_array_equal(self.values[2], self.values[0] + self.values[1])


@needs_numpy
class Numbers(Case):
    def test_pass_by_value(self):
        x = numpy.ones(100, "float32")
        y = numpy.full(100, numpy.nan, "float32")
        program = girih.Program(girih.kernel("leaky_relu").program(x, girih.Scalar(0.5, "f32"), y))
        for slope in (0.5, 0.25):  # no other Program for another number
            program(-x, girih.Scalar(slope, "f32"), y)
            numpy.testing.assert_array_equal(y, numpy.full(100, -slope, "float32"))
        with self.assertRaisesRegex(girih.GirihError, "by value"):
            program(-x, numpy.array(0.5, "float32"), y)

    def test_mistakes(self):
        for value, dtype in ((300, "u8"), ("x", "f32"), (0.5, "i32"), (1, "e4m3")):
            with self.subTest(dtype=dtype), self.assertRaises(girih.GirihError):
                girih.Scalar(value, dtype)
        x = numpy.ones(4, "float32")
        with self.assertRaisesRegex(girih.GirihError, "passed by value"):
            girih.kernel("neg")(x, girih.Scalar(1.0, "f32"))


@needs_numpy
class Buffers(Case):
    """NumPy's own arrays are read through the buffer protocol from the second call on."""

    def quick(self, name):
        """A kernel whose other path is shut."""
        kernel = girih.Kernel(name)
        one = numpy.ones(3, "float32")
        kernel(one, one, numpy.empty(3, "float32"))

        def shut(*arguments):
            raise AssertionError("the call went through a plan")
        kernel._launch = shut
        return kernel

    def test_dtypes_and_strides(self):
        kernel = self.quick("add")
        for dtype in ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8"):
            with self.subTest(dtype=dtype):
                whole = self.integers((20, 30), dtype)
                out = numpy.zeros((10, 10), dtype)
                kernel(whole[::2, ::-3], whole[::-1].T[:10, 5:15], out)
                numpy.testing.assert_array_equal(out, whole[::2, ::-3] + whole[::-1].T[:10, 5:15])

    def test_what_it_cannot_read_goes_the_other_way(self):
        kernel = girih.Kernel("add")
        one = numpy.ones(3, "float32")
        kernel(one, one, numpy.empty(3, "float32"))
        with self.refused("dtype", "complex64"):
            kernel(one.astype("complex64"), one, one)
        with self.refused("dtype", ">f4"):
            kernel(one.astype(">f4"), one, one)
        with self.refused("argument", "strides"):
            kernel(numpy.zeros(3, numpy.dtype([("x", "f4"), ("tag", "i1")]))["x"], one, one.copy())
        out = numpy.zeros(3, "float32")
        kernel(one, girih.asarray(one), out)
        numpy.testing.assert_array_equal(out, 2)

    def test_read_only(self):
        kernel = self.quick("add")
        one, out = numpy.ones(3, "float32"), numpy.zeros(3, "float32")
        one.flags.writeable = False
        kernel(one, one, out)
        out.flags.writeable = False
        with self.refused("argument", "read-only"):
            kernel(one, one, out)

    def test_constant(self):
        kernel = girih.kernel("add")
        source = numpy.arange(3, dtype="float32")
        one, out = girih.constant(source), numpy.zeros(3, "float32")
        self.assertTrue(one.constant and one.read_only and one.strided((2,), (1,)).constant)
        kernel(one, one, out)
        numpy.testing.assert_array_equal(out, 2 * source)
        with self.refused("argument", "read-only"):
            kernel(out, out, one)

    def test_buffers_are_released(self):
        kernel = self.quick("add")
        arrays = [numpy.ones(1000, "float32") for _ in range(3)]
        watch = [weakref.ref(array) for array in arrays]
        kernel(*arrays)
        with self.refused("overlap"):
            kernel(arrays[0], arrays[1], arrays[0])
        del arrays
        gc.collect()
        self.assertEqual([ref() for ref in watch], [None] * 3)


if __name__ == "__main__":
    unittest.main()
