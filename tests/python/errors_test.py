# SPDX-License-Identifier: Apache-2.0
"""Bad calls: one clear error each, and no crash."""
import pickle
import unittest

from expect import Case, girih, needs_numpy, numpy
from girih import kernels


@needs_numpy
class Errors(Case):
    def setUp(self):
        super().setUp()
        self.a, self.b, self.c = (numpy.zeros((8, 8), "float32") for _ in range(3))
        self.matmul = girih.kernel("matmul")

    def test_wrong_dtype(self):
        with self.refused("dtype", "matmul"):
            girih.ops.matmul(self.a, self.b.astype("float64"), out=self.c)
        with self.refused("dtype", "complex64"):
            girih.ops.add(self.a.astype("complex64"), self.b)
        with self.refused("dtype"):
            girih.ops.add(self.a.astype(">f4"), self.b)
        with self.refused("dtype", "add"):
            girih.ops.add(self.a, self.b, out=self.c.astype("int32"))

    def test_wrong_rank(self):
        with self.assertRaises(girih.GirihError) as caught:
            self.matmul(self.a[0], self.b, self.c)
        self.assertNotEqual(caught.exception.kind, "internal")
        with self.refused("shape", "matmul"):
            girih.ops.matmul(numpy.zeros((2, 2, 2), "float32"), self.b)

    def test_wrong_shape(self):
        with self.refused("shape", "f32[8, 8]", "f32[5]"):
            girih.ops.add(self.a, numpy.zeros(5, "float32"))
        with self.refused("shape", "matmul"):
            girih.ops.matmul(self.a, self.b[:5])
        with self.refused("shape", "add"):
            girih.ops.add(self.a, self.b, out=self.c[:4])

    def test_count(self):
        with self.refused("count", "3", "2"):
            self.matmul(self.a, self.b)
        with self.refused("count"):
            self.matmul()

    def test_read_only_output(self):
        self.c.flags.writeable = False
        with self.refused("argument", "read-only"):
            self.matmul(self.a, self.b, self.c)
        numpy.testing.assert_array_equal(self.c, 0)
        self.a.flags.writeable = False
        self.c.flags.writeable = True
        self.matmul(self.a, self.b, self.c)

    def test_overlap(self):
        memory = numpy.zeros(100, "float32")
        with self.refused("overlap", "shares memory"):
            girih.kernel("add")(memory[:50], memory[50:], memory[25:75])
        with self.refused("overlap"):
            girih.kernel("add")(memory[:50], memory[50:], memory[:50])
        # Interleaved views share a range, but no element.
        girih.kernel("add")(memory[0:50:2], memory[50:75], memory[1:50:2])

    def test_output_that_repeats_an_element(self):
        one = numpy.lib.stride_tricks.as_strided(numpy.zeros(1, "float32"), (8,), (0,))
        with self.refused("stride"):
            girih.kernel("add")(self.a[0], self.b[0], one)

    def test_not_an_array(self):
        for value in ([1.0, 2.0], None, 3, "text", object()):
            with self.refused("argument", "is no array"):
                self.matmul(value, self.b, self.c)

    def test_operators_name_the_argument(self):
        for call, fragments in (
                (lambda: girih.ops.add(self.a, object()), ("add: b cannot be of type object",)),
                (lambda: girih.ops.cast(self.a, "f31"), ("cast: dtype: there is no dtype 'f31'",)),
                (lambda: girih.ops.sum(self.a, (0, 0.5)), ("sum: dim must be a list of integers", "element 1", "float")),
                (lambda: girih.ops.cat([self.a, 3]), ("cat: arrays must be a list of arrays", "element 1", "int")),
                (lambda: girih.ops.max_dim(self.a, 0, out=self.b), ("max_dim: out must be a tuple of 2",))):
            with self.refused("dtype" if "dtype" in fragments[0] else "argument", *fragments):
                call()

    def test_read_only_output_of_an_operator(self):
        row = numpy.zeros(8, "float32")
        row.flags.writeable = False
        with self.refused("argument", "mv: out must be writable", "f32[8]"):
            girih.ops.mv(self.a, self.b[0], out=row)

    def test_integers_beyond_64_bits(self):
        """None is cut to a smaller one."""
        for call, name in ((lambda n: girih.ops.add(self.a, n), "add: b"), (lambda n: girih.ops.clamp(self.a, 0, n), "clamp: max"),
                           (lambda n: girih.ops.narrow(self.a, 0, 0, n), "narrow: length"),
                           (lambda n: girih.ops.expand(self.a[:1], (n, 8)), "expand: sizes")):
            for number in (1 << 63, -(1 << 63) - 1, 10**30):
                with self.refused("argument", name, str(number), "64 bits"):
                    call(number)
        self.assertEqual(girih.ops.add(numpy.zeros(1, "int64"), (1 << 63) - 1).item(), (1 << 63) - 1)
        self.assertEqual(girih.ops.add(numpy.zeros(1, "int64"), -(1 << 63)).item(), -(1 << 63))

    def test_no_dimensions(self):
        """None for all of them, as without."""
        x = self.random.integers(0, 9, (3, 4)).astype("int32")
        for _ in range(2):
            self.assertEqual(girih.ops.sum(x, None).item(), x.sum())
            self.assertEqual(girih.ops.amax(x, dim=None, keepdim=True).tolist(), [[x.max()]])
        with self.refused("argument", "flip: dims must be"):
            girih.ops.flip(x, None)

    def test_odd_strides(self):
        records = numpy.zeros(8, numpy.dtype([("x", "f4"), ("tag", "i1")]))
        with self.refused("argument", "strides"):
            girih.ops.add(records["x"], records["x"])

    def test_config(self):
        with self.refused("config"):
            self.matmul(self.a, self.b, self.c, config="BM=16 BN=16 BK=16 num_warps=x")
        with self.refused("config"):
            self.matmul(self.a, self.b, self.c, config="BM=")
        with self.refused("block-missing", "BN"):
            self.matmul(self.a, self.b, self.c, config="BM=16")

    def test_constants(self):
        for values, text in (({"N": 3, "M": numpy.int8(-4)}, "N=3 M=-4"), ({"C": True, "D": False}, "C=true D=false"),
                             ({"S": 0.1, "T": numpy.float32(0.5), "I": float("-inf")}, "S=0.1 T=0.5 I=-inf")):
            given = " ".join(f"{name}={kernels._constant(name, value)}" for name, value in values.items())
            self.assertEqual(given, text)
            made = self.matmul.with_constants(**values)
            self.assertEqual((made.name, made.arity), ("matmul", 3))
            # The library's kernels have none so far: the recorder says so, whichever way it is called.
            for call in (lambda: made(self.a, self.b, self.c), lambda: made.program(self.a, self.b, self.c)):
                with self.refused("constexpr-unknown", "matmul"):
                    call()
        self.matmul.with_constants()(self.a, self.b, self.c)
        with self.refused("constexpr-name", "lower"):
            self.matmul.with_constants(lower=1)
        for value in ("1", None, [1]):
            with self.refused("argument", "SCALE"):
                self.matmul.with_constants(SCALE=value)
        with self.refused("argument", "64 bits"):
            self.matmul.with_constants(N=1 << 70)
        program = girih.Program(self.matmul.program(self.a, self.b, self.c))
        with self.refused("argument", "N", "recorded"):
            program.with_constants(N=1)

    def test_unknown_names(self):
        with self.refused("argument", "nonsense", "matmul"):
            girih.kernel("nonsense")
        spec = girih.Spec((8,), "f32")
        with self.refused("argument", "stage"):
            girih.kernel("add").inspect(spec, spec, spec, stage="soup", arch="sm_90a")
        with self.refused("unsupported-arch"):
            girih.kernel("add").inspect(spec, spec, spec, arch="sm_12")
        with self.refused("dtype"):
            girih.empty(3, "f31")
        with self.refused("device"):
            girih.empty(3, "f32", "tpu")

    def test_program_text(self):
        with self.refused("parse"):
            girih.Program("program ?")
        program = girih.Program(self.matmul.program(self.a, self.b, self.c))
        with self.refused("dtype"):
            program(self.a.astype("float64"), self.b, self.c)
        with self.refused("count"):
            program(self.a)
        with self.refused("rank", "rank 2"):
            program(self.a[0], self.b, self.c)
        with self.refused("argument", "Config"):
            program(self.a, self.b, self.c, config="BM=16 BN=16 BK=16")
        # It was recorded for sizes divisible by 16 or not, and for unit strides: what it relies on is checked.
        with self.refused("stride"):
            program(self.a[:, ::2], self.b, self.c)

    def test_no_gpu(self):
        if girih.device_count():
            self.skipTest("there is a GPU here")
        self.assertTrue(girih.cuda_unavailable_reason())
        with self.assertRaises(girih.GirihError) as caught:
            girih.empty(3, "f32", "cuda")
        self.assertEqual(caught.exception.kind, "runtime")

    def test_error_survives_pickling(self):
        with self.assertRaises(girih.GirihError) as caught:
            girih.kernel("nonsense")
        copy = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual((copy.id, copy.message, copy.kind),
                         (caught.exception.id, caught.exception.message, caught.exception.kind))


if __name__ == "__main__":
    unittest.main()
