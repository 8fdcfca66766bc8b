# SPDX-License-Identifier: Apache-2.0
"""Matrix products beside cuBLAS on one GPU: python3 -m girih.peers.gemm_bench [--only TEXT] [--config CONFIG] [--triton]

Square and long products, and linear layers of a 1.5B and an 8B model in the replay of graphs over rotating weights. Random normal
data, cold L2, medians of replayed graphs, everyone in turn. Every product is first compared bit for bit on small whole numbers, whose sums are exact.
`--config` is a Config for the kernel `matmul` instead of the default. Ratios are times over Girih's: above 1, Girih is quicker."""
import argparse

import girih
from girih.peers import timing
from girih.peers.bench import compare, run_rows
from girih.peers.op_bench import ROTATED_BYTES, in_graph
from girih.report import Report, median, spread

SQUARES = ((8192, 8192, 8192), (4096, 4096, 4096), (2048, 2048, 2048), (8192, 4096, 512))
LARGE = SQUARES[:2]
# N x K of the linear layers of DeepSeek-R1-Distill-Qwen-1.5B and of Llama-3.1-8B.
LAYERS = ((2048, 1536), (1536, 1536), (17920, 1536), (1536, 8960), (6144, 4096), (4096, 4096), (28672, 4096), (4096, 14336))
ROWS = (16, 32, 64, 128, 256)


def measure(torch, calls):
    """Replays of graphs of one call: what the host takes for a call is no part of it."""
    return timing.measure({name: in_graph(torch, [call], 1)[0] for name, call in calls.items()})


def whole_numbers(torch, shape, dtype, most=2):
    return torch.randint(-most, most + 1, shape, device="cuda").to(dtype)


def expect_exact(torch, what, call, out, expected):
    out.fill_(77)
    call()
    if not torch.equal(out.double(), expected):
        raise SystemExit(f"{what} is wrong")


class Products:
    """The products of one dtype: operands, and a call for each competitor."""

    def __init__(self, torch, dtype, precision, config, triton):
        self.torch, self.dtype, self.config, self.triton = torch, dtype, config, triton
        self.keywords = {"precision": precision} if precision else {}
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"

    def candidates(self, a, b, out):
        matmul = girih.kernel("matmul")
        ours = (lambda: matmul(a, b, out, config=self.config)) if self.config else \
            (lambda: girih.ops.matmul(a, b, out=out, **self.keywords))
        found = {"girih": ours, "cublas": lambda: self.torch.matmul(a, b, out=out)}
        if self.triton and self.dtype.itemsize == 2:
            from girih.peers import triton_kernels
            found["triton"] = lambda: triton_kernels.matmul(a, b, out)
        return found

    def run(self, report, name, m, n, k, weights):
        torch = self.torch
        shape_b = (n, k) if weights else (k, n)
        view = (lambda b: b.t()) if weights else (lambda b: b)
        out = torch.empty(m, n, device="cuda", dtype=self.dtype)
        a, b = whole_numbers(torch, (m, k), self.dtype, 1), whole_numbers(torch, shape_b, self.dtype, 1)
        what = f"{name} {m}x{n}x{k}" + (" w.T" if weights else "")
        # What is summed is exact in f32, and rounded once.
        expected = (a.double() @ view(b).double()).to(self.dtype).double()
        expect_exact(torch, what, self.candidates(a, view(b), out)["girih"], out, expected)
        del expected
        a, b = (torch.randn(*each.shape, device="cuda").to(self.dtype) for each in (a, b))
        compare(report, what, measure(torch, self.candidates(a, view(b), out)), 2e-12 * m * n * k, "TFLOP/s")


def run_int8(torch, report, m, n, k):
    """int8 with scales of rows and of columns, and bias, beside cuBLAS's bare product."""
    x, w = (torch.randint(-127, 128, shape, device="cuda", dtype=torch.int8) for shape in ((m, k), (n, k)))
    rows, columns = torch.rand(m, device="cuda") + 0.5, torch.rand(n, device="cuda") + 0.5
    bias = torch.randn(n, device="cuda", dtype=torch.bfloat16)
    out = torch.empty(m, n, device="cuda", dtype=torch.bfloat16)
    sums = torch._int_mm(x, w.t()).double()
    expected = sums * rows.double()[:, None] * columns.double() + bias.double()
    ours = lambda: girih.ops.int8_linear(x, rows, w, columns, bias, out=out)  # noqa: E731
    out.fill_(float("nan"))
    ours()
    error = ((out.double() - expected).abs() / expected.abs().clamp(min=1)).max().item()
    if not error <= 2.0 ** -7:
        raise SystemExit(f"int8_linear is wrong: {error}")
    bare = torch.empty(m, n, device="cuda", dtype=torch.int32)
    compare(report, f"int8 linear {m}x{n}x{k}", measure(
        torch, {"girih": ours, "cublas": lambda: torch._int_mm(x, w.t(), out=bare)}), 2e-12 * m * n * k, "TFLOP/s")


def run_fp8(torch, report, m, n, k):
    x, w = (torch.randn(shape, device="cuda").to(torch.float8_e4m3fn) for shape in ((m, k), (n, k)))
    rows, columns = torch.rand(m, device="cuda") + 0.5, torch.rand(n, device="cuda") + 0.5
    out = torch.empty(m, n, device="cuda", dtype=torch.bfloat16)
    ours = lambda: girih.ops.fp8_linear(x, rows, w, columns, out=out)  # noqa: E731
    fast = lambda: girih.ops.fp8_linear(x, rows, w, columns, fast_accumulation=True, out=out)  # noqa: E731
    expected = (x.double() @ w.double().t()) * rows.double()[:, None] * columns.double()
    for call in (ours, fast):
        out.fill_(float("nan"))
        call()
        error = ((out.double() - expected).norm() / expected.norm()).item()
        if not error <= 2.0 ** -7:
            raise SystemExit(f"fp8_linear is wrong: {error}")
    peer = lambda: torch._scaled_mm(  # noqa: E731
        x, w.t(), rows[:, None], columns[None], out_dtype=torch.bfloat16, use_fast_accum=True)
    compare(report, f"fp8 rows {m}x{n}x{k}", measure(torch, {"girih": fast, "cublas": peer, "promoted": ours}), 2e-12 * m * n * k, "TFLOP/s")


def run_blocks(torch, report, m, n, k):
    x = torch.randn(m, k, device="cuda", dtype=torch.bfloat16)
    a, a_scales = girih.ops.act_quant(x)
    b = torch.randn(n, k, device="cuda").to(torch.float8_e4m3fn)
    b_scales = torch.rand(n // 128, k // 128, device="cuda") + 0.5
    out = girih.ops.fp8_gemm(a, a_scales, b, b_scales, dtype="bf16")
    wide = a.double() * a_scales.double().repeat_interleave(128, 1)
    weights = b.double() * b_scales.double().repeat_interleave(128, 0).repeat_interleave(128, 1)
    expected = wide @ weights.t()
    error = ((out.double() - expected).norm() / expected.norm()).item()
    if not error <= 2.0 ** -7:
        raise SystemExit(f"fp8_gemm is wrong: {error}")
    calls = {"girih": lambda: girih.ops.fp8_gemm(a, a_scales, b, b_scales, dtype="bf16", out=out)}
    # cuBLAS takes scales of 1 x 128 column by column.
    columns = a_scales.t().contiguous().t()
    peer = lambda: torch._scaled_mm(a, b.t(), columns, b_scales.t(), out_dtype=torch.bfloat16)  # noqa: E731
    try:
        found = peer().double()
        if ((found - expected).norm() / expected.norm()).item() <= 2.0 ** -7:
            calls["cublas"] = peer
        else:
            print("  cublas is left out: it takes these scales otherwise")
    except RuntimeError as error:
        print(f"  cublas is left out: {str(error).splitlines()[0]}")
    compare(report, f"fp8 blocks {m}x{n}x{k}", measure(torch, calls), 2e-12 * m * n * k, "TFLOP/s")


def run_layer(torch, report, m, n, k):
    count = -(-ROTATED_BYTES // (2 * n * k))
    x = torch.randn(m, k, device="cuda", dtype=torch.bfloat16)
    weights = [torch.randn(n, k, device="cuda", dtype=torch.bfloat16) for _ in range(count)]
    out = torch.empty(m, n, device="cuda", dtype=torch.bfloat16)
    calls, number = {}, 1
    for name, call in (("girih", lambda w: girih.ops.linear(x, w, out=out)), ("cublas", lambda w: torch.matmul(x, w.t(), out=out))):
        calls[name], number = in_graph(torch, [lambda w=w, call=call: call(w) for w in weights])
    times = {name: [each / number for each in seconds] for name, seconds in timing.measure(calls, repeats=15, warmups=3).items()}
    ours = median(times["girih"])
    for name, seconds in times.items():
        middle = median(seconds)
        report.row(f"layer {m} rows, {n}x{k}", name, middle, 2e-12 * m * n * k / middle, "TFLOP/s",
                   None if name == "girih" else middle / ours, "girih", spread=spread(seconds))


def rows_of(torch, report, options):
    """What to run, by name."""
    def products(name, dtype, sizes, precision=None, weights=(False,)):
        def run(size, view):
            Products(torch, dtype, precision, options.config, options.triton).run(report, name, *size, view)
        return [(f"{name} {'x'.join(map(str, size))}" + (" w.T" if view else ""), lambda size=size, view=view: run(size, view))
                for size in sizes for view in weights]

    listed = products("bf16", torch.bfloat16, SQUARES, weights=(False, True))
    listed += products("f16", torch.float16, LARGE) + products("tf32", torch.float32, LARGE, "tf32", (True,))
    listed += products("f32", torch.float32, ((4096, 4096, 4096),))
    for name, run, sizes in (
            ("int8", run_int8, LARGE), ("fp8 rows", run_fp8, LARGE),
            ("fp8 blocks", run_blocks, (*LARGE, (4096, 7168, 16384), (64, 7168, 16384))),
            ("layer", run_layer, [(m, n, k) for m in ROWS for n, k in LAYERS])):
        listed += [(f"{name} {'x'.join(map(str, size))}", lambda run=run, size=size: run(torch, report, *size)) for size in sizes]
    return listed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows whose name holds one of these texts, with commas")
    parser.add_argument("--config", help="a Config for `matmul`")
    parser.add_argument("--triton", action="store_true", help="beside Triton's tutorial kernel, too")
    options = parser.parse_args()
    import torch
    report = Report("peers.gemm_bench", torch.cuda.get_device_name())
    run_rows(rows_of(torch, report, options), options.only)
    report.finish()


if __name__ == "__main__":
    main()
