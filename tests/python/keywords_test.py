# SPDX-License-Identifier: Apache-2.0
"""Calls of operators by position and by keyword: the same results, the same errors, whatever was called before."""
import concurrent.futures
import ctypes
import gc
import inspect
import unittest
import weakref

from expect import Case, girih, needs_numpy, numpy
from girih import operands
from girih._library import ArrayStruct

if numpy is not None:
    from op_arguments import CALLS, Maker


def parameters(name):
    """Those of an operator itself."""
    shown = inspect.signature(getattr(girih.ops, name)).parameters.values()
    return [each for each in shown if each.name not in ("out", "stream")]


def contents(value):
    """All that can be seen of an argument or result, arrays as text and bytes."""
    if isinstance(value, (list, tuple)):
        return [contents(each) for each in value]
    if isinstance(value, girih.Array):
        if value.dtype in (girih.DType.e4m3, girih.DType.bf16):
            return ["Array", str(value.dtype), contents(girih.ops.cast(value, "f32"))]
        return ["Array", str(value.dtype), contents(value.numpy())]
    if isinstance(value, numpy.ndarray):
        return [str(value.dtype), value.shape, value.tobytes()]
    return value


def outcome(name, change, seed):
    """Results of a call and its arguments afterwards. `change` gets and gives what comes by position and by name."""
    arguments, named = change(*CALLS[name](Maker(seed)))
    results = getattr(girih.ops, name)(*arguments, **named)
    # In the order of the parameters, however they came.
    given = {**dict(zip([each.name for each in parameters(name)], arguments)), **named}
    return contents(results), [contents(given[each.name]) for each in parameters(name) if each.name in given]


def as_given(arguments, named):
    return arguments, named


@needs_numpy
class Every(Case):
    """Each operator there is."""

    def test_has_arguments_here(self):
        self.assertEqual(sorted(CALLS), sorted(girih.ops.__all__))
        for name, make in CALLS.items():
            arguments, named = make(Maker(self.seed))
            known = [each.name for each in parameters(name)]
            self.assertLessEqual(set(named), set(known[len(arguments):]), name)

    def test_by_keyword_as_by_position(self):
        for name, make in CALLS.items():
            expected = outcome(name, as_given, self.seed)
            names = [each.name for each in parameters(name)]
            for count in range(len(make(Maker(self.seed))[0])):
                def change(arguments, named, count=count):
                    moved = {**dict(zip(names[count:], arguments[count:])), **named}
                    return arguments[:count], dict(reversed(moved.items()))
                with self.subTest(operator=name, by_position=count):
                    self.assertEqual(outcome(name, change, self.seed), expected)

    def test_defaults_by_keyword(self):
        for name in CALLS:
            def change(arguments, named):
                left = {each.name: each.default for each in parameters(name)[len(arguments):] if each.name not in named}
                return arguments, {**named, **left}
            with self.subTest(operator=name):
                given, implied = outcome(name, change, self.seed), outcome(name, as_given, self.seed)
                self.assertEqual(given[0], implied[0])

    def test_bad_names(self):
        for name, make in CALLS.items():
            function = getattr(girih.ops, name)
            arguments, named = make(Maker(self.seed))
            shown = parameters(name)
            by_position = sum(each.kind is each.POSITIONAL_OR_KEYWORD for each in shown)
            first = shown[0].name
            whole = {**dict(zip([each.name for each in shown], arguments)), **named}
            needed = next(each.name for each in shown if each.default is each.empty)
            cases = [
                (lambda: function(*arguments, **named, nonsense=1), f"{name}() has no parameter 'nonsense'"),
                (lambda: function(*arguments, **named, **{first: arguments[0]}), f"{name}() got '{first}' twice"),
                (lambda: function(**{each: value for each, value in whole.items() if each != needed}),
                 f"{name}() needs '{needed}'"),
                (lambda: function(*[None] * (by_position + 1)),
                 f"{name}() takes {by_position} positional arguments, not {by_position + 1}")]
            for bad, text in cases:
                with self.subTest(operator=name, text=text), self.assertRaises(TypeError) as caught:
                    bad()
                self.assertEqual(str(caught.exception), text)

    def test_bad_values(self):
        """The text is one, however the value comes."""
        for name, make in CALLS.items():
            function = getattr(girih.ops, name)
            for place, each in enumerate(parameters(name)):
                for value in (object(), 1j, [1.5], numpy.zeros(3, "complex64")):
                    arguments, named = make(Maker(self.seed))
                    whole = {**dict(zip([each.name for each in parameters(name)], arguments)), **named, each.name: value}
                    with self.subTest(operator=name, parameter=each.name, value=value):
                        with self.assertRaises((girih.GirihError, TypeError)) as by_keyword:
                            function(**whole)
                        self.assertNotEqual(getattr(by_keyword.exception, "kind", ""), "internal")
                        if place < len(arguments):
                            with self.assertRaises(type(by_keyword.exception)) as by_position:
                                function(*arguments[:place], value, *arguments[place + 1:], **named)
                            self.assertEqual(str(by_position.exception), str(by_keyword.exception))


@needs_numpy
class Errors(Case):
    def setUp(self):
        super().setUp()
        self.x, self.w, self.b = (self.integers(shape, "float32") for shape in ((2, 8), (4, 8), (4,)))

    def good(self):
        numpy.testing.assert_array_equal(girih.ops.linear(self.x, weight=self.w, bias=self.b), self.x @ self.w.T + self.b)

    def test_name_operator_and_operand(self):
        for _ in range(2):  # before any good call and after one
            with self.refused("dtype", "linear", "weight", "f64"):
                girih.ops.linear(self.x, weight=self.w.astype("float64"))
            with self.refused("shape", "linear", "bias"):
                girih.ops.linear(self.x, self.w, bias=self.b[:3])
            with self.refused("argument", "linear: bias"):
                girih.ops.linear(self.x, self.w, bias=2.0)
            with self.refused("argument", "linear", "activation"):
                girih.ops.linear(self.x, self.w, activation="nonsense")
            with self.refused("argument", "reshape: shape must be a list of integers", "float"):
                girih.ops.reshape(self.x, shape=[4.0, 4.0])
            with self.refused("dtype", "'f31'"):
                girih.ops.cast(self.x, dtype="f31")
            self.good()

    def test_outputs(self):
        for out, id in ((self.x, "shape"), (numpy.empty((2, 4), "float64"), "dtype")):
            with self.refused(id, "linear"):
                girih.ops.linear(self.x, self.w, bias=self.b, out=out)
        frozen = numpy.zeros((2, 4), "float32")
        frozen.flags.writeable = False
        with self.refused("argument", "read-only"):
            girih.ops.linear(self.x, self.w, bias=self.b, out=frozen)
        with self.refused("count", "topk", "2", "3"):
            girih.ops.topk(self.x, k=2, out=(self.x, self.x, self.x))
        self.good()


@needs_numpy
class Reuse(Case):
    """What is kept of one call is not taken for another's."""

    def test_numbers(self):
        a, b = self.integers(50, "float32"), self.integers(50, "float32")
        for alpha in (2, 3, 0.5, True, -4, numpy.float32(0.25), numpy.int8(3), 2):
            numpy.testing.assert_array_equal(girih.ops.add(a, b, alpha=alpha), a + numpy.float32(alpha) * b)

    def test_what_shapes_depend_on(self):
        x = self.integers((3, 4, 5), "float32")
        for _ in range(2):
            for dim in (0, 1, 2, (0, 2), [1, 2], -1):
                for keepdim in (False, True):
                    axis = tuple(dim) if isinstance(dim, list) else dim
                    numpy.testing.assert_array_equal(girih.ops.sum(x, dim=dim, keepdim=keepdim),
                                                     x.sum(axis, keepdims=keepdim))
            for length in (1, 2, 3):
                numpy.testing.assert_array_equal(girih.ops.narrow(x, dim=1, start=1, length=length), x[:, 1:1 + length])
            for dtype, name in (("f64", "f8"), ("i32", "i4"), (girih.DType.f16, "f2"), (girih.DType.i8, "i1"),
                                (numpy.float32, "f4"), (numpy.dtype("int32"), "i4"), (numpy.dtype("f8"), "f8")):
                made = girih.ops.cast(x, dtype=dtype)
                numpy.testing.assert_array_equal(made, x)
                self.assertEqual(made.dtype, name)
            for sizes in ((4, 15), (15, 4), [15, 4], [4, 15], (60,)):
                self.assertEqual(girih.ops.reshape(x, shape=sizes).shape, tuple(sizes))

    def test_shapes_that_depend_on_data(self):
        x, repeats = numpy.array([3, 0, 1]), numpy.array([1, 1, 1])
        for top in (5, 2, 9):
            x[1] = repeats[1] = top
            numpy.testing.assert_array_equal(girih.ops.bincount(x=x), numpy.bincount(x))
            self.assertEqual(girih.ops.one_hot(x=x).shape, (3, x.max() + 1))
            numpy.testing.assert_array_equal(girih.ops.repeat_interleave(x, repeats=repeats), numpy.repeat(x, repeats))

    def test_defaults_that_are_lists(self):
        x = self.integers((3, 4), "float32")
        for k in range(4):
            made = girih.ops.rot90(x, k=k)
            keep = [(ctypes.c_int64 * 2)(7, 7) for _ in range(1000)]  # where freed memory would be
            numpy.testing.assert_array_equal(made, numpy.rot90(x, k))
            del keep

    def test_layouts(self):
        """Views of one array, read-only ones, empty ones and ones without dimensions."""
        whole, b = self.integers((12, 12), "float32"), self.integers(1, "float32")
        frozen = whole.copy()
        frozen.flags.writeable = False
        for _ in range(2):
            for view in (whole, whole.T, whole[::2, ::3], whole[::-1], whole[3:3], whole[2], whole[1, 1:2].reshape(()), frozen,
                         frozen.T, whole.astype("float16"), whole[:6]):
                made = girih.ops.add(view, b=b.astype(view.dtype), alpha=3)
                numpy.testing.assert_array_equal(made, view + 3 * b.astype(view.dtype))
        moving = self.integers(24, "float32")
        for shape in ((24,), (4, 6), (2, 3, 4)):
            moving.shape = shape
            numpy.testing.assert_array_equal(girih.ops.add(moving, b, alpha=3), moving + 3 * b)

    def test_kinds_of_arrays(self):
        a, b = self.integers(9, "float32"), self.integers(9, "float32")
        for first in (a, girih.asarray(a), Lender(a)):
            for second in (b, girih.asarray(b), Lender(b)):
                made = girih.ops.add(first, b=second, alpha=2)
                self.assertIs(type(made), numpy.ndarray if first is a else girih.Array)
                numpy.testing.assert_array_equal(numpy.asarray(made), a + 2 * b)

    def test_call_inside_of_a_call(self):
        a, b, inner = (self.integers(9, "float32") for _ in range(3))
        seen = []

        def call():
            seen.append(girih.ops.add(inner, b=Lender(inner), alpha=5))
        made = girih.ops.add(a, b=Lender(b), alpha=2)
        made = girih.ops.add(Lender(a), b=Lender(b, call), alpha=2)
        made = girih.ops.add(a, b=Lender(b, call), alpha=2)
        numpy.testing.assert_array_equal(made, a + 2 * b)
        for each in seen:
            numpy.testing.assert_array_equal(each, 6 * inner)
        self.assertGreater(len(seen), 1)

    def test_threads(self):
        arrays = [self.integers((16, 16), "float32") for _ in range(8)]

        def work(number):
            for turn in range(200):
                alpha = number * 1000 + turn
                made = girih.ops.add(arrays[number], b=arrays[number - 1], alpha=alpha)
                if not (made == arrays[number] + numpy.float32(alpha) * arrays[number - 1]).all():
                    return alpha
            return None

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(list(pool.map(work, range(8))), [None] * 8)

    def test_arguments_are_released(self):
        def make():
            return numpy.ones((4, 4), "float32")
        for call in (lambda a, b: girih.ops.add(a, b=b, alpha=2), lambda a, b: girih.ops.cat([a, b], dim=1),
                     lambda a, b: girih.ops.add(a, b=Lender(b), alpha=2), lambda a, b: girih.ops.add(a, b, out=b.copy(), alpha=2)):
            a, b = make(), make()
            watch = weakref.ref(a), weakref.ref(b)
            call(a, b)
            del a, b
            gc.collect()
            self.assertEqual([each() for each in watch], [None, None])

    def test_struct(self):
        self.assertEqual(operands.ARRAY.size, ctypes.sizeof(ArrayStruct))


class Lender:
    """Lends the memory of a NumPy array by DLPack alone, and calls something first."""

    def __init__(self, array, before=lambda: None):
        self._array, self._before = array, before

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()

    def __dlpack__(self, **options):
        before, self._before = self._before, lambda: None
        before()
        return self._array.__dlpack__()


if __name__ == "__main__":
    unittest.main()
