# SPDX-License-Identifier: Apache-2.0
"""girih.Array: making, copying, lifetime."""
import ctypes
import gc
import unittest
import weakref

from expect import Case, girih, needs_numpy, numpy

from girih import _library as library


class Plain(Case):
    """Without NumPy."""

    def test_layouts(self):
        """The same numbers as in tests/capi/capi_test.c."""
        sizes = {library.ArrayStruct: 48, library.OperandType: 12, library.LaunchOptions: 24, library.InspectOptions: 32,
                 library.DeviceInfoStruct: 176}
        self.assertEqual({kind: ctypes.sizeof(kind) for kind in sizes}, sizes)
        self.assertEqual(library.ArrayStruct.device.offset, 32)

    def test_shape_and_type(self):
        array = girih.zeros((3, 4), "bf16")
        self.assertEqual((array.shape, array.strides, array.dtype), ((3, 4), (4, 1), girih.DType.bf16))
        self.assertEqual((array.ndim, array.size, str(array.device)), (2, 12, "host"))
        self.assertEqual(array.data_ptr() % 256, 0)
        self.assertEqual(repr(array), "girih.Array(bf16[3, 4] on host)")

    def test_device(self):
        info = girih.device_info("host")
        self.assertGreater(info.processors, 0)
        girih.synchronize("host")
        self.assertEqual(girih.Stream("host").native, 0)

    def test_ops_on_arrays(self):
        result = girih.ops.matmul(girih.zeros((3, 4)), girih.zeros((4, 5)))
        self.assertEqual((type(result), result.shape), (girih.Array, (3, 5)))


@needs_numpy
class WithNumpy(Case):
    def test_round_trip(self):
        for dtype in ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"):
            for shape in ((), (0,), (5,), (2, 3), (2, 0, 3), (1, 2, 3, 4)):
                with self.subTest(dtype=dtype, shape=shape):
                    source = self.random.integers(0, 2, shape).astype(dtype)
                    array = girih.asarray(source)
                    self.assertEqual(array.shape, shape)
                    numpy.testing.assert_array_equal(numpy.asarray(array), source)
                    self.assertEqual(array.numpy().dtype, source.dtype)

    def test_numpy_shares_memory(self):
        array = girih.zeros((4, 4), "i32")
        view = array.numpy()
        view[2, 1] = 7
        self.assertEqual(array.numpy()[2, 1], 7)

    def test_memory_lives_as_long_as_any_view(self):
        array = girih.asarray(numpy.arange(100000, dtype="int64"))
        view = array.numpy()[10:20]
        dead = weakref.ref(array)
        del array
        gc.collect()
        self.assertIsNotNone(dead())
        girih.asarray(numpy.zeros(100000, "int64"))  # would take the memory, were it free
        numpy.testing.assert_array_equal(view, numpy.arange(10, 20))
        del view
        gc.collect()
        self.assertIsNone(dead())

    def test_memory_is_freed(self):
        def resident():
            with open("/proc/self/statm", encoding="ascii") as file:
                return int(file.read().split()[1])
        girih.ops.add(girih.zeros(1 << 22), girih.zeros(1 << 22))
        before = resident()
        for _ in range(64):
            girih.ops.add(girih.zeros(1 << 22), girih.zeros(1 << 22))
        gc.collect()
        self.assertLess(resident() - before, 3 * (1 << 22) * 4 * 8 // 4096)

    def test_copy_from_strided(self):
        source = numpy.arange(24, dtype="float32").reshape(4, 6)
        array = girih.empty((6, 2), "f32").copy_from(source.T[:, ::2])
        numpy.testing.assert_array_equal(array.numpy(), source.T[:, ::2])
        with self.refused("shape"):
            girih.empty((6, 3), "f32").copy_from(source.T[:, ::2])

    def test_handles_are_freed(self):
        for _ in range(1000):
            girih.Program(girih.kernel("add").program(*[girih.zeros(64)] * 3))


if __name__ == "__main__":
    unittest.main()
