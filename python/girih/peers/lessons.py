# SPDX-License-Identifier: Apache-2.0
"""The lessons' kernels beside torch on one GPU: python3 -m girih.peers.lessons [--inspect PROGRAM ARGS] [--quick]

Each Program comes from `inspect NAME --stage program`, is read back and runs on torch's tensors. Results are compared
with float64 before they are timed; outputs are filled with NaN first. Ratios are times over Girih's."""
import argparse
import os
import pathlib
import shlex
import subprocess
import sys

import girih
from girih.peers.bench import compare
from girih.report import Report


def find_inspect():
    """The bundle's program, or the newest build's."""
    root = pathlib.Path(__file__).resolve().parents[3]
    if (root / "girih").is_file():
        return [str(root / "girih"), "inspect"]
    built = sorted(root.glob("build/*/bin/girih-inspect"), key=os.path.getmtime)
    if not built:
        sys.exit("no inspect: ./x build girih-inspect")
    return [str(built[-1])]


def arch_of_device(torch):
    capability = "".join(map(str, torch.cuda.get_device_capability()))
    return f"sm_{capability}a" if capability in ("90", "100", "120") else f"sm_{capability}"


class Lessons:
    """Programs by name and sizes."""

    def __init__(self, inspect, arch):
        self.inspect, self.arch = inspect, arch

    def program(self, name, dtype, *sizes, config=None):
        import girih
        command = [*self.inspect, f"lesson:{name}", "--stage", "program", "--arch", self.arch, "--dtype", dtype, "--size",
                   *map(str, sizes)]
        if config:
            command += ["--config", config]
        text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        return girih.Program(text)


def check(what, result, expected, tolerance):
    error = ((result.double() - expected).norm() / expected.norm()).item()
    print(f"  {what}: relative error {error:.2g}", flush=True)
    if not error <= tolerance:
        sys.exit(f"{what} is wrong")


def run(report, what, program, operands, peers, expected, tolerance, amount, unit, quick):
    """Checks Girih's result, then times everyone."""
    from girih.peers import timing
    out = operands[-1]
    out.fill_(float("nan"))
    program(*operands)
    check(what, out, expected, tolerance)
    candidates = {"girih": lambda: program(*operands), **peers}
    compare(report, what, timing.measure(candidates, repeats=5 if quick else 25), amount, unit)


def rows(report, lessons, quick):
    import torch
    from torch.nn import functional
    m, n = (1024, 1000) if quick else (16384, 4096)
    x = torch.randn(m, n, device="cuda", dtype=torch.bfloat16)
    y = torch.empty_like(x)
    w, b = (torch.randn(n, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    gigabytes = 2 * x.numel() * 2 * 1e-9
    wide = x.double()
    run(report, f"softmax {m}x{n}", lessons.program("softmax", "bf16", m, n), (x, y),
        {"torch": lambda: torch.softmax(x, 1), "copy": lambda: y.copy_(x)}, torch.softmax(wide, 1), 2.0 ** -8, gigabytes,
        "GB/s", quick)
    run(report, f"layer_norm {m}x{n}", lessons.program("layer_norm", "bf16", m, n), (x, w, b, y),
        {"torch": lambda: functional.layer_norm(x, (n,), w, b)},
        functional.layer_norm(wide, (n,), w.double(), b.double()), 2.0 ** -8, gigabytes, "GB/s", quick)
    run(report, f"rms_norm {m}x{n}", lessons.program("rms_norm", "bf16", m, n), (x, w, y),
        {"torch": lambda: functional.rms_norm(x, (n,), w, 1e-6)},
        functional.rms_norm(wide, (n,), w.double(), 1e-6), 2.0 ** -8, gigabytes, "GB/s", quick)
    m, n = (64, 50000) if quick else (2048, 151936)
    x = torch.randn(m, n, device="cuda", dtype=torch.bfloat16)
    y = torch.empty_like(x)
    run(report, f"long_softmax {m}x{n}", lessons.program("long_softmax", "bf16", m, n), (x, y),
        {"torch": lambda: torch.softmax(x, 1), "copy": lambda: y.copy_(x)}, torch.softmax(x.double(), 1), 2.0 ** -8,
        2 * x.numel() * 2 * 1e-9, "GB/s", quick)


def attention(report, lessons, quick):
    import torch
    from torch.nn.functional import scaled_dot_product_attention as sdpa
    b, h, m, d = (1, 2, 500, 128) if quick else (4, 16, 4096, 128)
    q, k, v = (torch.randn(b, h, m, d, device="cuda", dtype=torch.bfloat16) for _ in range(3))
    out = torch.empty_like(q)
    for causal in (False, True):
        name = "causal_flash_attention" if causal else "flash_attention"
        scores = q[:1, :1].double() @ k[:1, :1].double().transpose(-1, -2) / d ** 0.5
        if causal:
            scores.masked_fill_(torch.ones(m, m, device="cuda", dtype=torch.bool).triu(1), float("-inf"))
        head = torch.softmax(scores, -1) @ v[:1, :1].double()
        del scores
        program = lessons.program(name, "bf16", b, h, m, m, d)
        out.fill_(float("nan"))
        program(q, k, v, out)
        check(f"{name}, one head", out[:1, :1], head, 2.0 ** -7)
        expected = sdpa(q, k, v, is_causal=causal).double()
        run(report, f"{name} {b}x{h}x{m}x{d}", program, (q, k, v, out),
            {"torch": lambda causal=causal: sdpa(q, k, v, is_causal=causal)}, expected, 2.0 ** -6,
            4 * b * h * m * m * d * (0.5 if causal else 1) * 1e-12, "TFLOP/s", quick)


def convolution(report, lessons, quick):
    import torch
    from torch.nn.functional import conv2d
    n, size, c = (2, 14, 64) if quick else (64, 56, 64)
    x = torch.randn(n, size + 2, size + 2, c, device="cuda", dtype=torch.bfloat16)
    w = torch.randn(c, 3, 3, c, device="cuda", dtype=torch.bfloat16)
    out = torch.empty(n, size, size, c, device="cuda", dtype=torch.bfloat16)
    nchw, filters = x.permute(0, 3, 1, 2), w.permute(0, 3, 1, 2)  # channels last: what cuDNN likes best
    expected = conv2d(nchw[:2].double(), filters.double()).permute(0, 2, 3, 1)
    torch.backends.cudnn.benchmark = True
    program = lessons.program("conv2d", "bf16", n, size + 2, size + 2, c, c, 3, 3)
    out.fill_(float("nan"))
    program(x, w, out)
    check("conv2d, two images", out[:2], expected, 2.0 ** -7)
    run(report, f"conv2d {n}x{size}x{size}x{c}", program, (x, w, out), {"cudnn": lambda: conv2d(nchw, filters)},
        conv2d(nchw, filters).permute(0, 2, 3, 1).double(), 2.0 ** -6, 2 * out.numel() * c * 9 * 1e-12, "TFLOP/s", quick)


def others(report, lessons, quick):
    import torch
    from torch.nn.functional import max_pool2d
    n, c, size = (2, 3, 21) if quick else (64, 64, 112)
    x = torch.randn(n, c, size, size, device="cuda", dtype=torch.bfloat16)
    expected = max_pool2d(x, 3, 2)
    out = torch.empty_like(expected)
    run(report, f"max_pool2d {n}x{c}x{size}x{size}", lessons.program("max_pool2d", "bf16", n, c, size, size), (x, out),
        {"torch": lambda: max_pool2d(x, 3, 2)}, expected.double(), 0, 2 * (x.numel() + out.numel()) * 1e-9, "GB/s", quick)
    count = 10000 if quick else 1 << 26
    x = torch.randn(count, device="cuda", dtype=torch.bfloat16)
    y = torch.full_like(x, float("nan"))
    seed, p = girih.Scalar(7, "i64"), girih.Scalar(0.25, "f32")
    program = lessons.program("dropout", "bf16", count)
    program(x, seed, p, y)
    share = (y == 0).double().mean().item()
    kept = y != 0
    check("dropout, what is kept", y[kept], x[kept].double() / 0.75, 2.0 ** -8)
    if not abs(share - 0.25) < 5 * (0.25 * 0.75 / count) ** 0.5 + 1e-3:
        sys.exit(f"dropout drops {share}")
    from girih.peers import timing
    compare(report, f"dropout {count}", timing.measure(
        {"girih": lambda: program(x, seed, p, y), "torch": lambda: torch.dropout(x, 0.25, True)},
        repeats=5 if quick else 25), 2 * 2 * count * 1e-9, "GB/s")


SECTIONS = {"rows": rows, "attention": attention, "convolution": convolution, "others": others}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS) + "; all when none")
    parser.add_argument("--inspect", help="the inspect program with its arguments")
    parser.add_argument("--quick", action="store_true", help="small and few: whether it works, not how quick it is")
    args = parser.parse_args()
    import torch

    import girih
    if not torch.cuda.is_available() or not girih.device_count():
        sys.exit(f"this needs a GPU: {girih.cuda_unavailable_reason()}")
    torch.manual_seed(1)
    lessons = Lessons(shlex.split(args.inspect) if args.inspect else find_inspect(), arch_of_device(torch))
    report = Report("peers.lessons", girih.device_info("cuda").name)
    print(f"{report.about['device']}, torch {torch.__version__}, girih {girih.__version__}, {report.about['date']}")
    for section in args.sections or SECTIONS:
        SECTIONS[section](report, lessons, args.quick)
        torch.cuda.empty_cache()
    report.finish()


if __name__ == "__main__":
    main()
