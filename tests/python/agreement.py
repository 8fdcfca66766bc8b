# SPDX-License-Identifier: Apache-2.0
"""Calls of operators beside torch's on the CPU: random operands of odd shapes and strides, and what differs."""
import math
import random
import warnings

from expect import girih, torch

SHAPES = [(), (0,), (1,), (7,), (3, 0, 5), (0, 3), (2, 3, 5), (13, 17), (5, 1, 3, 4)]
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-7, 3e4, -3e4, 20.5, 88.8, -104.0, 0.999]
# Relative; torch's own vector functions are not better. Sums are compared with what `terms` of them may be off.
TOLERANCES = {"float64": 1e-12, "float32": 4e-6, "bfloat16": 1.6e-2}


def dtypes(names):
    return [getattr(torch, each) for each in names.split()]


# What others share their kernels or their rules with.
FLOATS, INTEGERS = "float64 float32 bfloat16", "int64 int8 uint8"
NUMBERS, ALL = f"{FLOATS} {INTEGERS}", f"{FLOATS} {INTEGERS} bool"


class Operands:
    """Random tensors, the same for the same seed."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        self.random = random.Random(seed)

    def integers(self, low, high, shape, dtype=None):
        return torch.randint(low, high, shape, generator=self.generator).to(dtype or torch.int64)

    def whole(self, shape, dtype):
        """Small whole numbers: sums and products of them are exact in every dtype."""
        return self.integers(0 if dtype in (torch.uint8, torch.bool) else -3, 2 if dtype == torch.bool else 4, shape, dtype)

    def values(self, shape, dtype, special=True):
        """Normal numbers, half of them replaced by special ones; integers up to their bounds."""
        if dtype == torch.bool:
            return self.whole(shape, dtype)
        flat = self.whole(shape, dtype).reshape(-1)
        odd = []
        if dtype.is_floating_point:
            flat = torch.randn(flat.shape, generator=self.generator, dtype=torch.float64).mul_(3).to(dtype)
            odd = SPECIAL
        elif special:
            odd = [torch.iinfo(dtype).min, torch.iinfo(dtype).max, torch.iinfo(dtype).max - 1, 0, 1]
        for place in range(flat.numel() if special else 0):
            if self.random.random() < 0.5:
                flat[place] = self.random.choice(odd)
        return self.strided(flat.reshape(shape))

    def distinct(self, shape, dtype):
        """No two are equal, in dtypes that hold so many."""
        count = math.prod(shape)
        return self.strided((torch.randperm(count, generator=self.generator) - count // 2).to(dtype).reshape(shape))

    def strided(self, x):
        """The same elements: contiguous, transposed in memory, every second, or from an odd address on."""
        how = self.random.randrange(4) if x.dim() else 0
        if how == 1:
            order = list(reversed(range(x.dim())))
            return x.permute(order).contiguous().permute(order)
        if how == 2:
            wide = torch.zeros((*x.shape[:-1], 2 * x.shape[-1] + 1), dtype=x.dtype)
            wide[..., 1::2] = x
            return wide[..., 1::2]
        if how == 3:
            longer = torch.zeros(x.numel() + 1, dtype=x.dtype)
            longer[1:] = x.reshape(-1)
            return longer[1:].view(x.shape)
        return x


def difference(got, wanted, tolerance=None):
    """What differs, or None."""
    if got.shape != wanted.shape:
        return f"shape {tuple(got.shape)}, not {tuple(wanted.shape)}"
    if got.dtype != wanted.dtype:
        return f"dtype {got.dtype}, not {wanted.dtype}"
    if got.dtype.is_floating_point:
        a, b = got.double(), wanted.double()
        both = torch.isfinite(a) & torch.isfinite(b)
        relative = TOLERANCES[str(got.dtype)[6:]] if tolerance is None else tolerance
        near = (a - b).abs() <= relative * torch.maximum(a.abs(), b.abs()).clamp(min=tolerance and 1.0 or 1e-6)
        wrong = ~torch.where(both, near, (a == b) | (torch.isnan(a) & torch.isnan(b)))
    else:
        wrong = got != wanted
    if not wrong.any():
        return None
    place = tuple(wrong.nonzero()[0].tolist())
    return f"at {place} {got[place].item()}, not {wanted[place].item()} ({int(wrong.sum())} of {wrong.numel()})"


def shown(arguments):
    return ", ".join(f"{str(each.dtype)[6:]}{tuple(each.shape)} by {each.stride()}" if isinstance(each, torch.Tensor) else repr(each)
                     for each in arguments)


def disagreement(name, theirs, arguments, kwargs=None, tolerance=None):
    """What is wrong with girih.ops.NAME(*arguments, **kwargs), which should be as theirs(...), or None. What torch refuses is not
    compared."""
    kwargs = kwargs or {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wanted = theirs(*arguments, **kwargs)
        except (RuntimeError, IndexError, ValueError, TypeError, NotImplementedError):
            wanted = None
    try:
        got = getattr(girih.ops, name)(*arguments, **kwargs)
    except girih.GirihError as error:
        if error.kind == "internal":
            return f"{name}: {shown(arguments)}: {error}"
        return wanted is not None and f"{name}: {shown(arguments)} {kwargs}: {str(error).splitlines()[0]}" or None
    if wanted is None:
        return None
    got, wanted = ([each] if isinstance(each, torch.Tensor) else list(each) for each in (got, wanted))
    found = [difference(*each, tolerance) for each in zip(got, wanted)]
    wrong = [f"result {place}: {each}" for place, each in enumerate(found) if each]
    return f"{name}: {shown(arguments)} {kwargs}: {wrong[0]}" if wrong or len(got) != len(wanted) else None
