# SPDX-License-Identifier: Apache-2.0
"""Operators that take lists of arrays, that give views, and indices: on NumPy arrays and on girih.Array."""
import unittest

from expect import Case, girih, needs_numpy, numpy


@needs_numpy
class Lists(Case):
    def test_cat_and_stack(self):
        a, b = self.integers((3, 4), "float32"), self.integers((2, 4), "float32")
        numpy.testing.assert_array_equal(girih.ops.cat([a, b]), numpy.concatenate([a, b]))
        numpy.testing.assert_array_equal(girih.ops.cat((a.T, b.T), dim=-1), numpy.concatenate([a.T, b.T], -1))
        numpy.testing.assert_array_equal(girih.ops.stack([a, a, a], 1), numpy.stack([a, a, a], 1))
        out = numpy.empty((5, 4), "float32")
        self.assertIs(girih.ops.cat([a, b], out=out), out)
        numpy.testing.assert_array_equal(out, numpy.concatenate([a, b]))

    def test_mistakes(self):
        a = self.integers((3, 4), "float32")
        with self.refused("argument", "cat: arrays must be a list of arrays"):
            girih.ops.cat(a)
        with self.refused("argument", "cat: arrays must have at least one"):
            girih.ops.cat([])
        with self.refused("argument", "cat: arrays must be a list of arrays, and element 1 is of type float"):
            girih.ops.cat([a, 1.5])


@needs_numpy
class Views(Case):
    def check(self, got, wanted, x):
        numpy.testing.assert_array_equal(numpy.asarray(got), wanted)
        if isinstance(got, numpy.ndarray):
            self.assertTrue(numpy.shares_memory(got, x))
            self.assertEqual(got.dtype, wanted.dtype)

    def test_are_views(self):
        for dtype in ("float32", "int16", "bool"):
            whole = self.integers((4, 6, 10), dtype)
            for x in (whole, whole.transpose(2, 0, 1), whole[1:, ::2, 3:]):
                self.check(girih.ops.transpose(x, 0, 2), x.swapaxes(0, 2), x)
                self.check(girih.ops.permute(x, (2, 0, 1)), x.transpose(2, 0, 1), x)
                self.check(girih.ops.narrow(x, 1, 1, 2), x[:, 1:3], x)
                self.check(girih.ops.select(x, 2, -1), x[:, :, -1], x)
                self.check(girih.ops.unsqueeze(x, 1), x[:, None], x)
                self.check(girih.ops.expand(x, (2, -1, -1, -1)), numpy.broadcast_to(x, (2, *x.shape)), x)
                self.check(girih.ops.diagonal(x, offset=1), numpy.diagonal(x, 1), x)
        self.check(girih.ops.reshape(whole, (24, -1)), whole.reshape(24, -1), whole)
        self.check(girih.ops.squeeze(whole[:1]), whole[0], whole)

    def test_write_through(self):
        x = numpy.zeros((3, 4), "float32")
        girih.ops.transpose(x, 0, 1)[1, 2] = 5
        self.assertEqual(x[2, 1], 5)
        x.flags.writeable = False
        self.assertFalse(girih.ops.select(x, 0, 1).flags.writeable)

    def test_out_is_a_copy(self):
        x, out = self.integers((3, 4), "float32"), numpy.empty((4, 3), "float32")
        self.assertIs(girih.ops.transpose(x, 0, 1, out=out), out)
        numpy.testing.assert_array_equal(out, x.T)

    def test_of_girih_arrays(self):
        x = girih.asarray(numpy.arange(12, dtype="int32").reshape(3, 4))
        turned = girih.ops.transpose(x, 0, 1)
        self.assertEqual((turned.shape, turned.strides, turned.data_ptr()), ((4, 3), (1, 4), x.data_ptr()))
        row = girih.ops.select(x, 0, 2)
        del x
        numpy.testing.assert_array_equal(row.numpy(), [8, 9, 10, 11])
        with self.refused("argument", "leaves the buffer"):
            row.strided((5,), (1,))

    def test_mistakes(self):
        x = self.integers((3, 4), "float32")
        with self.refused("shape", "reshape: the strides of x do not allow a view"):
            girih.ops.reshape(x.T, (12,))


@needs_numpy
class Indices(Case):
    def test_in_place(self):
        x = numpy.zeros((4, 3), "float32")
        index = numpy.array([2, 2, 0])
        girih.ops.index_add(x, 0, index, numpy.ones((3, 3), "float32"), alpha=2, out=x)
        numpy.testing.assert_array_equal(x[:, 0], [2, 0, 4, 0])
        girih.ops.scatter(x, 1, numpy.array([[1]]), 7, out=x)
        self.assertEqual(x[0, 1], 7)

    def test_gather(self):
        x = self.integers((4, 5), "float16")
        index = self.integers((4, 9), "int64") % 5
        numpy.testing.assert_array_equal(girih.ops.gather(x, 1, index), numpy.take_along_axis(x, index, 1))
        repeats = numpy.array([1, 0, 2, 3])
        numpy.testing.assert_array_equal(girih.ops.repeat_interleave(x, repeats, dim=0), numpy.repeat(x, repeats, 0))
        numpy.testing.assert_array_equal(girih.ops.repeat_interleave(x, 3), numpy.repeat(x, 3))


if __name__ == "__main__":
    unittest.main()
