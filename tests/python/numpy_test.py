# SPDX-License-Identifier: Apache-2.0
"""add and matmul on NumPy arrays, against NumPy in a wider type."""
import unittest

from expect import Case, girih, needs_numpy, numpy, poisoned

SIZES = [0, 1, 2, 31, 127, 128, 129, 1009]


@needs_numpy
class Add(Case):
    def test_sizes_and_dtypes(self):
        for dtype in ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8"):
            for size in SIZES:
                with self.subTest(dtype=dtype, size=size):
                    a, b, out = self.integers(size, dtype), self.integers(size, dtype), poisoned(size, dtype)
                    self.assertIs(girih.ops.add(a, b, out=out), out)
                    numpy.testing.assert_array_equal(out, a + b)

    def test_broadcast(self):
        for first, second in (((3, 1, 5), (4, 1)), ((), (7,)), ((2, 3), (1, 1)), ((0, 3), (1,)), ((1,), (1, 1))):
            with self.subTest(first=first, second=second):
                a, b = self.integers(first, "float32"), self.integers(second, "float32")
                result = girih.ops.add(a, b)
                self.assertIsInstance(result, numpy.ndarray)
                numpy.testing.assert_array_equal(result, a + b)
                self.assertEqual(result.shape, numpy.broadcast_shapes(first, second))

    def test_strides(self):
        whole = self.integers((64, 48), "float32")
        out = poisoned((48, 32), "float32")
        girih.ops.add(whole.T[:, ::2], whole[:48, :32], out=out)
        numpy.testing.assert_array_equal(out, whole.T[:, ::2] + whole[:48, :32])
        # Only the elements of the view are written.
        frame = poisoned((10, 10), "int32")
        before = frame.copy()
        ones = numpy.ones((4, 5), "int32")
        girih.ops.add(ones, ones, out=frame[1:9:2, 5:])
        numpy.testing.assert_array_equal(frame[1:9:2, 5:], 2)
        frame[1:9:2, 5:] = before[1:9:2, 5:]
        numpy.testing.assert_array_equal(frame, before)

    def test_negative_strides(self):
        a = self.integers(100, "float32")
        numpy.testing.assert_array_equal(girih.ops.add(a[::-1], a), a[::-1] + a)

    def test_promotion(self):
        a, b = self.integers(9, "int8"), self.integers(9, "float32")
        result = girih.ops.add(a, b)
        self.assertEqual(result.dtype, numpy.float32)
        numpy.testing.assert_array_equal(result, a + b)

    def test_bfloat16(self):
        try:
            import ml_dtypes
        except ImportError:
            self.skipTest("ml_dtypes is not installed")
        a, b = self.integers(1009, ml_dtypes.bfloat16), self.integers(1009, ml_dtypes.bfloat16)
        result = girih.ops.add(a, b)
        self.assertEqual(result.dtype, ml_dtypes.bfloat16)
        numpy.testing.assert_array_equal(result.astype("float32"), a.astype("float32") + b.astype("float32"))


@needs_numpy
class Matmul(Case):
    def test_sizes(self):
        for m, n, k in ((1, 1, 1), (0, 3, 4), (3, 0, 4), (3, 4, 0), (31, 37, 41), (64, 64, 64), (65, 63, 129), (1, 257, 64)):
            for dtype in ("float64", "float32"):
                with self.subTest(m=m, n=n, k=k, dtype=dtype):
                    a, b, out = self.integers((m, k), dtype), self.integers((k, n), dtype), poisoned((m, n), dtype)
                    girih.ops.matmul(a, b, out=out)
                    numpy.testing.assert_array_equal(out, a @ b)

    def test_random_against_double(self):
        a, b = self.random.standard_normal((70, 300)), self.random.standard_normal((300, 50))
        result = girih.ops.matmul(a.astype("float32"), b.astype("float32"))
        exact = a.astype("float32").astype("float64") @ b.astype("float32").astype("float64")
        scale = numpy.abs(a) @ numpy.abs(b)
        self.assertLess(numpy.max(numpy.abs(result - exact) / scale), 300 * 2.0 ** -24)

    def test_vectors_and_views(self):
        a, b, v = self.integers((20, 30), "float32"), self.integers((25, 30), "float32"), self.integers(30, "float32")
        numpy.testing.assert_array_equal(girih.ops.matmul(a, b.T), a @ b.T)
        numpy.testing.assert_array_equal(girih.ops.matmul(a, v), a @ v)
        numpy.testing.assert_array_equal(girih.ops.matmul(v, b.T), v @ b.T)
        self.assertEqual(girih.ops.matmul(v, v).shape, ())
        numpy.testing.assert_array_equal(girih.ops.matmul(v, v), v @ v)
        numpy.testing.assert_array_equal(girih.ops.matmul(a[::2, ::3], b.T[::3, 1:]), a[::2, ::3] @ b.T[::3, 1:])

    def test_int8(self):
        a, b = self.integers((33, 70), "int8", -128, 128), self.integers((70, 17), "int8", -128, 128)
        result = girih.ops.matmul(a, b)
        self.assertEqual(result.dtype, numpy.int32)
        numpy.testing.assert_array_equal(result, a.astype("int32") @ b.astype("int32"))


@needs_numpy
class Kernels(Case):
    def test_matmul_kernel_with_config(self):
        a, b, c = self.integers((40, 50), "float32"), self.integers((50, 60), "float32"), poisoned((40, 60), "float32")
        kernel = girih.kernel("matmul")
        kernel(a, b, c, config="BM=16 BN=32 BK=16")
        numpy.testing.assert_array_equal(c, a @ b)
        self.assertIn("BM=", kernel.default_config(a, b, c))
        self.assertEqual(kernel.prepare(a, b, c, config="BM=16 BN=32 BK=16")["programs"], 3 * 2)

    def test_program_text_runs_elsewhere(self):
        a, b, c = self.integers((40, 48), "float32"), self.integers((48, 64), "float32"), poisoned((40, 64), "float32")
        program = girih.Program(girih.kernel("matmul").program(a, b, c))
        program(a, b, c)
        numpy.testing.assert_array_equal(c, a @ b)
        self.assertEqual(len(program.hash), 32)
        self.assertEqual(girih.Program(program.text).hash, program.hash)
        self.assertEqual(program.name, "matmul")

    def test_sixteen_arrays(self):
        arrays = [self.integers(1000, "float32") for _ in range(15)]
        out = poisoned(1000, "float32")
        girih.kernel("add16")(*arrays, out)
        numpy.testing.assert_array_equal(out, sum(arrays))

    def test_inspect_needs_no_gpu(self):
        spec = girih.Spec((1 << 20,), "bf16")
        ptx = girih.kernel("add").inspect(spec, spec, spec, stage="ptx", arch="sm_90a")
        self.assertIn(".target sm_90a", ptx)
        self.assertIn("tile.load", girih.kernel("add").inspect(spec, spec, spec, stage="tile", arch="sm_80"))

    def test_names(self):
        self.assertLessEqual({"add", "matmul", "add16"}, set(girih.kernel_names()))
        self.assertEqual(girih.kernel("matmul").arity, 3)


@needs_numpy
class Random(Case):
    def test_without_arrays(self):
        made = girih.ops.rand((2, 3), seed=7)
        self.assertIsInstance(made, girih.Array)
        self.assertEqual((made.shape, made.dtype, made.device), ((2, 3), girih.DType.f32, girih.Device()))
        out = poisoned((2, 3), "float64")
        self.assertIs(girih.ops.rand(out.shape, seed=7, dtype="f64", device="host", out=out), out)
        self.assertTrue(((out >= 0) & (out < 1)).all())
        again = poisoned((2, 3), "float32")
        self.assertIs(girih.ops.rand(again.shape, seed=7, device="host", out=again), again)
        numpy.testing.assert_array_equal(numpy.asarray(made), again)
        self.assertTrue(((again >= 0) & (again < 1)).all())

    def test_seeds_in_memory(self):
        seed = numpy.array(7, "int64")
        for shape in ((), (5,), (2, 3)):
            numpy.testing.assert_array_equal(numpy.asarray(girih.ops.randn(shape, seed=seed)),
                                             numpy.asarray(girih.ops.randn(shape, seed=7)))

    def test_bad_arguments(self):
        with self.assertRaises(TypeError):
            girih.ops.rand((2,))
        for arguments, word in (({"seed": 1.5}, "seed"), ({"seed": 1, "dtype": "i32"}, "dtype"),
                                ({"seed": 1, "device": "nowhere"}, "nowhere")):
            with self.assertRaisesRegex(girih.GirihError, word):
                girih.ops.rand((2,), **arguments)

    def test_sample(self):
        logits = self.integers((3, 50), "float32")
        drawn = girih.ops.sample(logits, temperature=numpy.zeros(3, "float32"), seed=numpy.arange(3))
        numpy.testing.assert_array_equal(drawn, logits.argmax(1))


if __name__ == "__main__":
    unittest.main()
