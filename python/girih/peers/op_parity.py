# SPDX-License-Identifier: Apache-2.0
"""Every operator beside torch: python3 -m girih.peers.op_parity [--device cuda] [--only softmax,add]

Each case of cases_*.py runs dtype by dtype. The reference is torch in float64; floats may differ from it by the dtype's
tolerance, or by twice what torch itself differs in the dtype. Integers, bools and indices must be equal."""
import argparse
import importlib
import pkgutil
import sys
import zlib

import girih
import girih.peers

FLOATS, INTS = ("float32", "float16", "bfloat16"), ("int32", "int64", "int16", "int8", "uint8")
GROUPS = {"floats": FLOATS, "ints": INTS, "all": FLOATS + INTS}
SHORT = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16", "i64": "int64", "i32": "int32",
         "i16": "int16", "i8": "int8", "u8": "uint8", "b1": "bool"}
# Relative to the largest magnitude that the result has around an element, and absolute.
TOLERANCES = {"float64": (1e-12, 1e-12), "float32": (2e-6, 2e-6), "float16": (2e-3, 1e-3), "bfloat16": (1.6e-2, 4e-3)}


class Maker:
    """Random arguments of one case, the same in every run. `dtype` is the torch dtype under test."""

    def __init__(self, torch, device, dtype, text):
        self.torch, self.device, self.dtype = torch, device, dtype
        self._generator = torch.Generator(device=device).manual_seed(zlib.crc32(text.encode()))

    def _type(self, dtype):
        dtype = self.dtype if dtype is None else dtype
        return getattr(self.torch, SHORT.get(dtype, dtype)) if isinstance(dtype, str) else dtype

    def normal(self, shape, dtype=None, scale=1.0):
        """Normal numbers; small whole ones where the dtype has no fractions."""
        dtype = self._type(dtype)
        if not dtype.is_floating_point:
            return self.integers(0 if dtype == self.torch.uint8 else -9, 10, shape, dtype)
        made = self.torch.randn(shape, generator=self._generator, device=self.device, dtype=self.torch.float32)
        return (made * scale).to(dtype)

    def uniform(self, low, high, shape, dtype=None):
        made = self.torch.rand(shape, generator=self._generator, device=self.device, dtype=self.torch.float32)
        return (made * (high - low) + low).to(self._type(dtype))

    def positive(self, shape, dtype=None):
        return self.normal(shape, dtype).abs() + 0.01 if self._type(dtype).is_floating_point else self.normal(
            shape, dtype).abs() + 1

    def integers(self, low, high, shape, dtype=None):
        made = self.torch.randint(low, high, shape, generator=self._generator, device=self.device)
        return made.to(self._type(dtype))

    def bools(self, shape):
        return self.integers(0, 2, shape, "bool")


def wide(torch, value):
    """Floats in float64; everything else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)(wide(torch, each) for each in value)
    if isinstance(value, torch.Tensor) and value.dtype.is_floating_point:
        return value.to(torch.float64)
    return value


def as_list(value):
    return list(value) if isinstance(value, (list, tuple)) else [value]


def difference(torch, got, wanted):
    """The largest difference, where both are numbers; NaN and infinities must be in the same places."""
    got, wanted = got.to(torch.float64), wanted.to(torch.float64)
    odd = ~torch.isfinite(wanted)
    if not torch.equal(torch.nan_to_num(got[odd]), torch.nan_to_num(wanted[odd])):
        return float("inf")
    return (got[~odd] - wanted[~odd]).abs().max().item() if (~odd).any() else 0.0


def compare(torch, case, got, wanted, native):
    """What is wrong with one result, or None."""
    if tuple(got.shape) != tuple(wanted.shape):
        return f"shape {tuple(got.shape)}, not {tuple(wanted.shape)}"
    if not got.dtype.is_floating_point:
        if wanted.dtype.is_floating_point:
            return f"dtype {got.dtype}"
        return None if torch.equal(got.to(torch.int64), wanted.to(torch.int64)) else "integers differ"
    relative, absolute = case.tolerance or TOLERANCES.get(str(got.dtype).removeprefix("torch."), (0.1, 0.1))
    finite = wanted.to(torch.float64)[torch.isfinite(wanted.to(torch.float64))]
    allowed = absolute + relative * (finite.abs().max().item() if finite.numel() else 0) + case.terms * 2**-22
    if native is not None and native.dtype == got.dtype:
        allowed = max(allowed, 2 * difference(torch, native, wanted))
    off = difference(torch, got, wanted)
    return None if off <= allowed else f"off by {off:.3g}, allowed {allowed:.3g}"


def run(torch, case, device, dtype):
    """What is wrong, or None."""
    maker = Maker(torch, device, getattr(torch, dtype), f"{case.name} {dtype}")
    arguments = case.arguments(maker)
    wanted = as_list(case.reference(torch, *wide(torch, arguments)))
    try:
        native = as_list(case.reference(torch, *arguments))
    except RuntimeError:
        native = [None] * len(wanted)  # torch lacks it for this dtype
    returned = getattr(girih.ops, case.name)(*arguments, **case.kwargs)
    results = [] if returned is None else as_list(returned)
    results += [arguments[position] for position in case.updates]
    if len(results) != len(wanted):
        return f"{len(results)} results, not {len(wanted)}"
    if device == "cuda":
        torch.cuda.synchronize()
    problems = [compare(torch, case, *each) for each in zip(results, wanted, native)]
    return next((each for each in problems if each), None)


def all_cases():
    for module in pkgutil.iter_modules(girih.peers.__path__):
        if module.name.startswith("cases_"):
            yield from importlib.import_module(f"girih.peers.{module.name}").CASES


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--only", default="", help="names of operators, with commas")
    options = parser.parse_args()
    import torch
    torch.backends.cuda.matmul.allow_tf32 = False
    only = set(filter(None, options.only.split(",")))
    seen, passed, failed = set(), 0, 0
    for case in all_cases():
        if only and case.name not in only:
            continue
        seen.add(case.name)
        names = GROUPS.get(case.dtypes, case.dtypes)
        for dtype in [SHORT.get(each, each) for each in names]:
            try:
                problem = run(torch, case, options.device, dtype)
            except Exception as error:  # one broken operator must not hide the others
                problem = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            passed, failed = passed + (problem is None), failed + (problem is not None)
            if problem:
                print(f"FAILED {case.name} {dtype}: {problem}", flush=True)
    missing = [] if only else sorted(set(girih.ops.__all__) - seen)
    if missing:
        print("without a case:", " ".join(missing))
    print(f"{passed} passed, {failed} failed, {len(seen)} operators")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
