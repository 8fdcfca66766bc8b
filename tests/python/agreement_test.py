# SPDX-License-Identifier: Apache-2.0
"""Every operator that torch's CPU has, beside it: sizes 0 and 1, rank 0, primes, odd strides, NaN, infinities, bounds of integers,
negative dimensions, broadcasting. Result, shape and dtype agree, and nothing is refused that torch takes."""
import math
import unittest

from expect import Case, needs_torch, torch

if torch is not None:
    from agreement import ALL, FLOATS, INTEGERS, NUMBERS, SHAPES, Operands, disagreement, dtypes

    functional = torch.nn.functional

SUMS = {"float64": 1e-9, "float32": 1e-4, "bfloat16": 5e-2}


def loosely(dtype):
    return SUMS.get(str(dtype)[6:])


def dims(shape):
    """All there are, as positive and as negative numbers."""
    return range(-len(shape), len(shape)) if shape else (0, -1)


@needs_torch
class Agreement(Case):
    def setUp(self):
        super().setUp()
        self.make = Operands(self.seed)
        self.wrong = []

    def tearDown(self):
        self.assertEqual(self.wrong[:8], [], f"{len(self.wrong)} calls differ")

    def check(self, name, theirs, *arguments, tolerance=None, **kwargs):
        found = disagreement(name, theirs, arguments, kwargs, tolerance)
        if found:
            self.wrong.append(found)

    def check_shapes(self, names, theirs, types):
        for name in names.split():
            for dtype in dtypes(types):
                for shape in SHAPES:
                    self.check(name, theirs(name), self.make.values(shape, dtype))

    def test_functions_of_one(self):
        self.check_shapes("abs neg exp exp2 expm1 log log2 log1p sqrt rsqrt reciprocal sin cos tan tanh asin acos atan asinh acosh "
                          "atanh floor ceil trunc round sign sgn signbit isnan isinf isfinite bitwise_not logical_not sigmoid",
                          lambda name: getattr(torch, name), ALL)
        # In bf16 torch's own are infinite too early.
        self.check_shapes("sinh cosh", lambda name: getattr(torch, name), "float64 float32 int64 uint8 bool")
        self.check_shapes("relu silu hardswish hardsigmoid leaky_relu elu celu softplus mish", lambda name: getattr(functional, name),
                          ALL)

    def test_functions_with_numbers(self):
        for dtype in dtypes(NUMBERS):
            x = self.make.values((13, 17), dtype)
            for low, high in ((-1, 2), (None, 1), (0, None), (3, -3), (-0.5, 0.5), (math.nan, 1.0)):
                self.check("clamp", torch.clamp, x, low, high)
            self.check("clamp", torch.clamp, x, self.make.values((17,), dtype), self.make.values((13, 1), dtype))
            self.check("threshold", functional.threshold, x, 1, 2)
            for number in (2, -1, 0.5, 3):
                for name in "add sub mul div eq ne lt le gt ge".split():
                    if dtype != torch.uint8 or number >= 0 or name in "add sub mul div":
                        self.check(name, getattr(torch, name), x, number)
                for name in ("add", "sub"):  # torch rounds the product in bf16
                    if dtype != torch.bfloat16:
                        self.check(name, getattr(torch, name), x, self.make.values((17,), dtype), alpha=number)

    def test_functions_of_two(self):
        pairs = [((), ()), ((0,), (1,)), ((1,), (7,)), ((3, 0, 5), (5,)), ((2, 3, 5), (3, 1)), ((13, 1), (1, 17)), ((), (3, 4)),
                 ((2, 1, 5), (3, 1))]
        for name in ("add sub mul div pow maximum minimum fmax fmin eq ne lt le gt ge bitwise_and bitwise_or bitwise_xor logical_and "
                     "logical_or logical_xor").split():
            for dtype in dtypes(ALL):
                for left, right in pairs:
                    a, b = self.make.values(left, dtype), self.make.values(right, dtype)
                    if name in ("pow", "div") and not dtype.is_floating_point:  # integers by 0 and to negative powers trap
                        b = torch.where(b > 0, b, torch.ones_like(b)) if dtype != torch.bool else b
                    self.check(name, getattr(torch, name), a, b)
        for dtype in dtypes(NUMBERS):
            a, b = self.make.values((13, 17), dtype, special=False), self.make.values((17,), dtype, special=False)
            b = torch.where(b == 0, torch.ones_like(b), b)
            for name in ("remainder", "fmod"):
                self.check(name, getattr(torch, name), a, b)
            for mode in ("trunc", "floor"):
                if dtype != torch.bfloat16:  # torch rounds the quotient in bf16 first
                    self.check("div", torch.div, a, b, rounding_mode=mode)
            self.check("where", torch.where, self.make.values((13, 1), torch.bool), a, b)
            self.check("lerp", torch.lerp, a, b.expand(13, 17), 0.3, tolerance=loosely(dtype))
            self.check("addcmul", torch.addcmul, a, b, self.make.whole((13, 1), dtype), value=2)

    def test_reductions(self):
        for dtype in dtypes(ALL):
            for shape in [*SHAPES, (2, 1031)]:
                sound, x = (self.make.values(shape, dtype, special=each) for each in (False, True))
                for dim in dims(shape):
                    for keepdim in (False, True):
                        for name in ("sum", "mean"):
                            self.check(name, getattr(torch, name), sound, dim, keepdim, tolerance=loosely(dtype))
                        for name in ("amax", "amin", "any", "all", "argmax", "argmin"):
                            self.check(name, getattr(torch, name), x, dim, keepdim)
                        self.check("logsumexp", torch.logsumexp, x, dim, keepdim, tolerance=loosely(dtype))
                        for name in ("max", "min"):
                            self.check(f"{name}_dim", getattr(torch, name), x, dim, keepdim)
                    for name in ("cumsum", "cumprod"):
                        if shape != (2, 1031):
                            self.check(name, getattr(torch, name), self.make.whole(shape, dtype), dim, tolerance=loosely(dtype))
                    for name in ("softmax", "log_softmax"):
                        if dtype.is_floating_point:
                            self.check(name, getattr(torch, name), x, dim, tolerance=loosely(dtype))
                for name in ("max", "min", "any", "all"):
                    self.check(name, getattr(torch, name), x)
                if dtype.is_floating_point or x.numel():
                    self.check("median", torch.median, x)
                if len(shape) > 2:
                    self.check("sum", torch.sum, self.make.whole(shape, dtype), (0, -1), tolerance=loosely(dtype))

    def test_moments_and_norms(self):
        for dtype in dtypes(FLOATS):
            for shape in SHAPES:
                x = self.make.values(shape, dtype, special=False)
                for dim in dims(shape):
                    for correction in (1, 0, 0.5, 100):
                        for name in ("var", "std"):
                            self.check(name, getattr(torch, name), x, dim, tolerance=loosely(dtype), correction=correction)
                    for p in (2, 1, 0, 3, 0.5, math.inf, -math.inf, -1):
                        self.check("norm", torch.linalg.vector_norm, self.make.values(shape, dtype), p, dim, tolerance=loosely(dtype))

    def test_orders(self):
        for dtype in dtypes(ALL):
            for shape in SHAPES:
                x = self.make.values(shape, dtype)
                self.check("msort", torch.msort, x)
                for dim in dims(shape):
                    for descending in (False, True):
                        self.check("sort", lambda x, dim, down, stable: torch.sort(x, dim=dim, descending=down, stable=stable), x, dim,
                                   descending, True)
                    if dtype in dtypes("float64 float32 int64 int32 int16"):
                        y, size = self.make.distinct(shape, dtype), shape[dim] if shape else 1
                        for k in {0, 1, size // 2, size}:
                            self.check("topk", torch.topk, y, k, dim)
                        self.check("median_dim", torch.median, y, dim)

    def test_movement(self):
        for dtype in dtypes(ALL):
            for shape in SHAPES:
                x, mask = self.make.values(shape, dtype), self.make.values(shape, torch.bool)
                self.check("tril", torch.tril, x, 1)
                self.check("triu", torch.triu, x, -1)
                self.check("diag", torch.diag, x, 1)
                self.check("masked_fill", torch.masked_fill, x, mask, 1)
                for dim in dims(shape):
                    size = shape[dim] if shape else 1
                    self.check("flip", torch.flip, x, (dim,))
                    self.check("stack", torch.stack, [x, x], dim)
                    self.check("repeat_interleave", torch.repeat_interleave, x, 2, dim) if shape else None
                    self.check("repeat_interleave", torch.repeat_interleave, x, self.make.integers(0, 3, (size,)), dim)
                    if shape:
                        self.check("cat", torch.cat, [x, x], dim)
                        self.check("roll", torch.roll, x, -9, dim)
                        self.check("select_copy", torch.select_copy, x, dim, -1)
                        self.along(x, dim, size)

    def along(self, x, dim, size):
        shape = list(x.shape)
        shape[dim] = 4 if size else 0
        index = self.make.integers(0, max(size, 1), shape)
        self.check("gather", torch.gather, x, dim, index)
        self.check("index_select", torch.index_select, x, dim, self.make.integers(0, max(size, 1), (4 if size else 0,)))
        order = torch.randperm(size, generator=self.make.generator)
        self.check("index_copy", torch.index_copy, x, dim, order, self.make.values(x.shape, x.dtype))
        if x.dtype == torch.bool:
            return
        sound, source = self.make.whole(x.shape, x.dtype), self.make.whole(index.shape, x.dtype)
        self.check("scatter_add", torch.scatter_add, sound, dim, index, source)
        self.check("index_add", torch.index_add, sound, dim, order, self.make.whole(x.shape, x.dtype), alpha=2)
        for reduce in ("sum", "prod", "amax", "amin"):
            for itself in (True, False):
                self.check("scatter_reduce", torch.scatter_reduce, sound, dim, index, source, reduce, include_self=itself)

    def test_products(self):
        pairs = [((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 5)), ((3, 4), (4, 5)), ((0, 4), (4, 5)), ((3, 0), (0, 5)), ((2, 3, 4), (4,)),
                 ((4,), (2, 4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 6)), ((2, 3, 0), (0, 5)), ((65, 127), (127, 33))]
        for dtype in dtypes(FLOATS):
            for left, right in pairs:
                a, b = (self.make.strided(self.make.whole(each, dtype)) for each in (left, right))
                self.check("matmul", torch.matmul, a, b)
            for given in ((5,), (3, 5), (3, 1), (), (1, 5)):
                for inner in (4, 0):
                    a, b, x = (self.make.whole(each, dtype) for each in ((3, inner), (inner, 5), given))
                    for beta, alpha in ((1, 1), (2, -1), (0, 1), (1, 0)):
                        self.check("addmm", torch.addmm, x, a, b, beta=beta, alpha=alpha)
                        self.check("baddbmm", torch.baddbmm, x, a[None], b[None], beta=beta, alpha=alpha)
            broken = torch.full((3, 5), math.nan, dtype=dtype)
            self.check("addmm", torch.addmm, broken, self.make.whole((3, 4), dtype), self.make.whole((4, 5), dtype), beta=0)
            for shape in ((4,), (3, 4), (2, 3, 4), (0, 4), (2, 0, 4)):
                for rows in (7, 1, 0):
                    self.check("linear", functional.linear, self.make.whole(shape, dtype), self.make.whole((rows, 4), dtype),
                               self.make.whole((rows,), dtype))
                for bias in (None, self.make.whole((), dtype)):
                    self.check("linear", functional.linear, self.make.whole(shape, dtype), self.make.whole((4,), dtype), bias)

    def test_windows(self):
        for dtype in dtypes(FLOATS):
            for rank in (1, 2, 3):
                for _ in range(12):
                    self.window(dtype, rank)
            for shape in ((1, 1, 1, 1), (2, 3, 7, 9), (3, 5, 6), (0, 3, 4, 4), (2, 3, 4)):
                for size in (1, (2, 3), 5, (20, 23)):
                    self.check("adaptive_max_pool2d", functional.adaptive_max_pool2d, self.make.values(shape, dtype), size)
                    self.check("adaptive_avg_pool2d", functional.adaptive_avg_pool2d, self.make.whole(shape, dtype), size,
                               tolerance=loosely(dtype))

    def window(self, dtype, rank):
        choose = self.make.random.choice
        plane = [choose((1, 2, 5, 6, 7, 9)) for _ in range(rank)]
        kernel, stride, padding, ceil = choose((1, 2, 3)), choose((None, 1, 2, 3)), choose((0, 0, 1)), choose((False, True))
        shape = (choose((0, 1, 2)), choose((1, 3)), *plane)
        x, sound = self.make.values(shape, dtype), self.make.values(shape, dtype, special=False)
        if shape[0] and kernel > padding * 2 - 1:
            self.check(f"max_pool{rank}d", getattr(functional, f"max_pool{rank}d"), x, kernel, stride, padding, 1, ceil)
        self.check(f"avg_pool{rank}d", getattr(functional, f"avg_pool{rank}d"), sound, kernel, stride, padding, ceil,
                   choose((False, True)), tolerance=loosely(dtype))
        for p in (1.0, 2.0, math.inf, -math.inf):
            self.check(f"lp_pool{rank}d", getattr(functional, f"lp_pool{rank}d"), sound, p, kernel, stride, ceil,
                       tolerance=loosely(dtype))
        groups = choose((1, 2, 3))
        channels, filters = groups * choose((1, 2)), groups * choose((1, 2))
        x = self.make.strided(self.make.whole((max(shape[0], 1), channels, *plane), dtype))
        weight = self.make.whole((filters, channels // groups, *[kernel] * rank), dtype)
        self.check(f"conv{rank}d", getattr(functional, f"conv{rank}d"), x, weight, self.make.whole((filters,), dtype),
                   choose((1, 2, 3)), choose((0, 1, 2, "valid")), choose((1, 2)), groups)

    def test_norms_and_losses(self):
        for dtype in dtypes(FLOATS):
            loose = loosely(dtype)
            for shape, axes in (((3, 7), (7,)), ((2, 3, 5), (3, 5)), ((0, 7), (7,)), ((5, 1031), (1031,)), ((3, 7), (3,))):
                x, weight, bias = (self.make.values(each, dtype, special=False) for each in (shape, axes, axes))
                for given in ((), (weight,), (weight, bias)):
                    self.check("layer_norm", functional.layer_norm, x, axes, *given, tolerance=loose)
                self.check("rms_norm", functional.rms_norm, x, axes, weight, 1e-3, tolerance=loose)
            for shape in ((3, 7), (7,), (0, 7), (2, 7, 5), (3, 1), (2, 7, 2, 3)):
                classes = shape[0] if len(shape) == 1 else shape[1]
                x = self.make.values(shape, dtype, special=False)
                target = self.make.integers(0, classes, () if len(shape) == 1 else (shape[0], *shape[2:]))
                shares = self.make.values(shape, dtype, special=False)
                for reduction in ("mean", "sum", "none"):
                    self.check("cross_entropy", functional.cross_entropy, x, shares, tolerance=loose, reduction=reduction,
                               label_smoothing=0.1)
                    for smoothing in (0.0, 0.1):
                        for ignored in (-100, 0):
                            self.check("cross_entropy", functional.cross_entropy, x, target, tolerance=loose, ignore_index=ignored,
                                       reduction=reduction, label_smoothing=smoothing)

    def test_attention(self):
        choose = self.make.random.choice
        for dtype in dtypes(FLOATS):
            for _ in range(20):
                batch, heads, queries, keys = choose((0, 1, 2)), choose((1, 2, 4)), choose((0, 1, 7, 17, 65)), choose((1, 3, 17, 70))
                width, wide = choose((1, 8, 16, 72)), choose((5, 16))
                q, k, v = (self.make.values((batch, heads, *each), dtype, special=False).div(3)
                           for each in ((queries, width), (keys, width), (keys, wide)))
                mask = choose((None, self.make.values((queries, keys), torch.bool), self.make.whole((queries, keys), dtype)))
                for given in ({"attn_mask": mask}, {"is_causal": True}, {"scale": 0.3}):
                    self.check("scaled_dot_product_attention", functional.scaled_dot_product_attention, q, k, v,
                               tolerance=3 * loosely(dtype), **given)

    def test_counts(self):
        for dtype in dtypes(INTEGERS):
            for shape in ((0,), (1,), (97,)):
                x = self.make.integers(0, 11, shape, dtype)
                for least in (0, 3, 20):
                    self.check("bincount", torch.bincount, x, None, least)


if __name__ == "__main__":
    unittest.main()
