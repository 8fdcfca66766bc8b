# SPDX-License-Identifier: Apache-2.0
"""add and matmul beside torch, or NumPy where there is no torch: python3 -m girih.peers.parity [--quick]

Integer inputs are compared bit for bit; random ones against float64, within the bound that the sums' length allows.
Outputs lie poisoned inside a larger poisoned block, which must not change around them."""
import argparse
import re
import sys
import time
import zlib

import girih


class TorchSide:
    """Arrays of torch on one device."""

    def __init__(self, device):
        import torch
        self.lib, self.device, self.name = torch, device, f"torch {device}"
        self.generator = torch.Generator(device=device)

    def dtypes(self, op):
        names = ["float64", "float32", "float16", "bfloat16", "int8"]
        return names + ["int64", "int32", "int16", "uint8"] if op == "add" else names

    def seed(self, text):
        self.generator.manual_seed(zlib.crc32(text.encode()))

    def integers(self, shape, dtype):
        low = 0 if dtype == "uint8" else -8
        made = self.lib.randint(low, 9, shape, generator=self.generator, device=self.device)
        return made.to(getattr(self.lib, dtype))

    def normals(self, shape, dtype):
        made = self.lib.randn(shape, generator=self.generator, device=self.device, dtype=self.lib.float32)
        return made.to(getattr(self.lib, dtype))

    def poisoned(self, count, dtype):
        made = self.lib.empty(count, dtype=getattr(self.lib, dtype), device=self.device)
        made.view(self.lib.uint8).fill_(0xA5 if "int" in dtype else 0xFF)
        return made

    def wide(self, array):
        return array.to(self.lib.float64) if array.dtype.is_floating_point else array.to(self.lib.int64)

    def bits(self, array):
        return array.contiguous().reshape(-1).view(self.lib.uint8)

    def same(self, first, second):
        return first.shape == second.shape and self.lib.equal(self.bits(first), self.bits(second))

    def cast(self, array, like):
        return array.to(like.dtype)

    def product(self, a, b):
        # Integers on CUDA have no product in torch; these are small enough for float64.
        exact = a.to(self.lib.float64) @ b.to(self.lib.float64)
        return exact if a.dtype.is_floating_point else exact.to(self.lib.int64)

    def copy(self, array):
        return array.clone()

    def result_of_matmul(self, dtype):
        return "int32" if dtype == "int8" else dtype


class NumpySide(TorchSide):
    """Arrays of NumPy, where torch is not installed."""

    def __init__(self):
        import numpy
        self.lib, self.device, self.name = numpy, "cpu", "numpy"

    def dtypes(self, op):
        return [name for name in super().dtypes(op) if name != "bfloat16"]

    def seed(self, text):
        self.generator = self.lib.random.default_rng(zlib.crc32(text.encode()))

    def integers(self, shape, dtype):
        return self.generator.integers(0 if dtype == "uint8" else -8, 9, shape).astype(dtype)

    def normals(self, shape, dtype):
        return self.generator.standard_normal(shape).astype(dtype)

    def poisoned(self, count, dtype):
        made = self.lib.empty(count, dtype)
        made.view("uint8")[...] = 0xA5 if "int" in dtype else 0xFF
        return made

    def wide(self, array):
        return array.astype("float64" if array.dtype.kind == "f" else "int64")

    def bits(self, array):
        return self.lib.ascontiguousarray(array).reshape(-1).view("uint8")

    def same(self, first, second):
        return first.shape == second.shape and self.lib.array_equal(self.bits(first), self.bits(second))

    def cast(self, array, like):
        return array.astype(like.dtype)

    def product(self, a, b):
        return a @ b

    def copy(self, array):
        return array.copy()


# Digits of a significand, the hidden one included.
DIGITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}


class Parity:
    def __init__(self, side, quick):
        self.side, self.quick = side, quick
        self.passed, self.failures = 0, []

    def check(self, name, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failures.append(f"{self.side.name} {name} {detail}".rstrip())
            if len(self.failures) <= 20:
                print(f"FAILED {self.failures[-1]}", flush=True)

    def into_frame(self, shape, dtype, run):
        """Runs with an output inside a poisoned block. Returns the output, and whether the block stayed as it was."""
        count = 1
        for size in shape:
            count *= size
        block = self.side.poisoned(count + 64, dtype)
        before = self.side.copy(block)
        out = block[32:32 + count].reshape(shape)
        run(out)
        result = self.side.copy(out)
        out[...] = before[32:32 + count].reshape(shape)
        return result, self.side.same(block, before)

    def guarded(self, name, work):
        """An exception is a failure of that case, not of the run."""
        self.side.seed(name)
        try:
            work()
        except Exception as error:  # noqa: BLE001
            self.check(name, False, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")

    def add_case(self, name, a, b, dtype):
        def work():
            wide = self.side.wide(a) + self.side.wide(b)
            out, clean = self.into_frame(tuple(wide.shape), dtype, lambda out: girih.ops.add(a, b, out=out))
            # One addition is exact in float64 and rounded once, also for random values.
            self.check(name, self.side.same(out, self.side.cast(wide, out)))
            self.check(f"{name} frame", clean)
        self.guarded(name, work)

    def run_add(self):
        side = self.side
        tile = self.blocks("add", [side.normals((4096,), "float32")] * 3).get("BLOCK", 1024)
        sizes = [0, 1, 2, 3, 17, 127, tile - 1, tile, tile + 1, 2 * tile + 1, 65537]
        sizes += [] if self.quick else [1009, 99991, (1 << 20) - 1, 1 << 20, (1 << 22) + 3]
        for dtype in side.dtypes("add"):
            for size in sizes:
                name = f"add {dtype} [{size}]"
                side.seed(name)
                self.add_case(name, side.integers((size,), dtype), side.integers((size,), dtype), dtype)
            if dtype in ("float32", "bfloat16", "float16"):
                self.add_case(f"add {dtype} random", side.normals((10007,), dtype), side.normals((10007,), dtype), dtype)
            whole, other = side.integers((129, 67), dtype), side.integers((67, 129), dtype)
            self.add_case(f"add {dtype} transposed", whole, other.T, dtype)
            self.add_case(f"add {dtype} strided", whole[::2, 1::3], whole[64:, :22], dtype)
            self.add_case(f"add {dtype} row", whole, whole[3], dtype)
            self.add_case(f"add {dtype} column", whole[:, 5:6], whole, dtype)
            self.add_case(f"add {dtype} outer", whole[:, :1], whole[:1, :], dtype)
            self.add_case(f"add {dtype} unaligned", whole.reshape(-1)[1:1001], whole.reshape(-1)[3:1003], dtype)

    def blocks(self, kernel, arrays):
        """Block sizes of the Config that the kernel uses by default."""
        text = girih.kernel(kernel).default_config(*arrays)
        return {name: int(value) for name, value in re.findall(r"\b([A-Z]+)=(\d+)", text)}

    def matmul_case(self, name, a, b, dtype, exact):
        def work():
            wide = self.side.product(self.side.wide(a), self.side.wide(b))
            out, clean = self.into_frame(tuple(wide.shape), self.side.result_of_matmul(dtype),
                                         lambda out: girih.ops.matmul(a, b, out=out))
            if exact:
                self.check(name, self.side.same(out, self.side.cast(wide, out)))
            else:
                self.check_bound(name, a, b, out, wide, dtype)
            self.check(f"{name} frame", clean)
        self.guarded(name, work)

    def check_bound(self, name, a, b, out, wide, dtype):
        side = self.side
        sums = 53 if dtype == "float64" else 24
        scale = side.product(abs(side.wide(a)), abs(side.wide(b)))
        bound = abs(wide) * 2.0 ** -DIGITS[dtype] + scale * (a.shape[-1] * 2.0 ** -sums) + 1e-300
        excess = float((abs(side.wide(out) - wide) / bound).max())
        self.check(name, excess <= 1, f"error is {excess:.3g} of the bound")

    def shapes(self, dtype):
        side = self.side
        arrays = [side.integers((512, 512), dtype)] * 2 + [side.integers((512, 512), side.result_of_matmul(dtype))]
        block = self.blocks("matmul", arrays)
        bm, bn, bk = block.get("BM", 64), block.get("BN", 64), block.get("BK", 32)
        shapes = [(1, 1, 1), (0, 5, 7), (5, 0, 7), (5, 7, 0), (1, 257, 129), (257, 1, 129), (37, 41, 43),
                  (bm, bn, bk), (bm - 1, bn - 1, bk - 1), (bm + 1, bn + 1, bk + 1), (bm + 1, bn - 1, 4 * bk)]
        return shapes if self.quick else shapes + [(127, 509, 251), (2 * bm, 3 * bn, 5 * bk), (16, 1024, 1024),
                                                   (3 * bm + 1, 2 * bn + 1, 7 * bk + 1), (512, 512, 512)]

    def run_matmul(self):
        side = self.side
        for dtype in side.dtypes("matmul"):
            for m, n, k in self.shapes(dtype):
                name = f"matmul {dtype} {m}x{n}x{k}"
                side.seed(name)
                a, b, bt = side.integers((m, k), dtype), side.integers((k, n), dtype), side.integers((n, k), dtype)
                self.matmul_case(name, a, b, dtype, True)
                self.matmul_case(f"{name} b transposed", a, bt.T, dtype, True)
                if m and n and k and dtype in DIGITS:
                    self.matmul_case(f"{name} random", side.normals((m, k), dtype), side.normals((k, n), dtype), dtype,
                                     False)
            whole = side.integers((260, 300), dtype)
            self.matmul_case(f"matmul {dtype} a transposed", whole[:, :77].T, whole[:, 99:188], dtype, True)
            self.matmul_case(f"matmul {dtype} strided", whole[::2, ::3], whole[160:, 1::2], dtype, True)
            self.matmul_case(f"matmul {dtype} unaligned", whole[1:70, 1:130], whole[3:132, 3:99], dtype, True)
            self.matmul_case(f"matmul {dtype} vector", whole[:, :130], whole[0, 33:163], dtype, True)
            self.matmul_case(f"matmul {dtype} two vectors", whole[1, :130], whole[0, 33:163], dtype, True)


def sides():
    """What there is: torch on the CPU and on the GPU, or NumPy."""
    try:
        import torch
    except ImportError:
        try:
            return [NumpySide()]
        except ImportError:
            print("skipped: neither torch nor NumPy is installed")
            sys.exit(77)
    found = [TorchSide("cpu")]
    if torch.cuda.is_available() and girih.device_count():
        found.insert(0, TorchSide("cuda"))
    else:
        print(f"no CUDA here: {girih.cuda_unavailable_reason() or 'torch sees no device'}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller shapes")
    args = parser.parse_args()
    passed = failed = 0
    for side in sides():
        parity = Parity(side, args.quick)
        for op in ("add", "matmul"):
            start, before = time.monotonic(), (parity.passed, len(parity.failures))
            side.seed(op)
            getattr(parity, f"run_{op}")()
            print(f"{side.name:<12} {op:<8} {parity.passed - before[0]:6} passed {len(parity.failures) - before[1]:4} failed"
                  f" {time.monotonic() - start:8.1f} s", flush=True)
        passed, failed = passed + parity.passed, failed + len(parity.failures)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
