# SPDX-License-Identifier: Apache-2.0
"""Girih beside torch and Triton on one GPU: python3 -m girih.peers.bench [add matmul launch jit]

Random data, cold L2, medians, everyone in turn and in alternating order; results are compared before they are timed.
Ratios are times over Girih's: above 1, Girih is quicker. With $OUT set, a JSON file is left there."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

from girih.report import Report, median, spread

SECTIONS = ("add", "matmul", "launch", "jit")


def _triton():
    try:
        from girih.peers import triton_kernels
        return triton_kernels
    except ImportError as error:
        print(f"Triton is left out: {error}")
        return None


def compare(report, what, times, amount=None, unit=""):
    """One row for each candidate; `amount` is the work of a call in units of 1e9 or 1e12."""
    ours = median(times["girih"])
    for name, seconds in times.items():
        middle = median(seconds)
        report.row(what, name, middle, None if amount is None else amount / middle, unit,
                   None if name == "girih" else middle / ours, "girih", spread=spread(seconds))


def check_close(name, result, expected, tolerance):
    """Timing a wrong result would be worth nothing."""
    error = ((result.float() - expected.float()).abs().max() / expected.float().abs().max()).item()
    if not error <= tolerance:
        sys.exit(f"{name} is wrong: relative error {error:.3g}")


def run_rows(rows, only):
    """Runs the (name, call) pairs whose name holds one of the texts in `only`, all without any."""
    import torch
    wanted = [each for each in only.split(",") if each]
    for name, call in rows:
        if wanted and not any(each in name for each in wanted):
            continue
        try:
            call()
        except (Exception, SystemExit) as error:  # one broken row must not hide the others
            print(f"FAILED {name}: {type(error).__name__}: {str(error).splitlines()[0]}", flush=True)
        torch.cuda.empty_cache()


def bench_add(report, quick):
    import torch

    import girih
    n = (1 << 24) if quick else (1 << 28)
    a, b = (torch.randn(n, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    out = torch.empty_like(a)
    candidates = {"girih": lambda: girih.ops.add(a, b, out=out), "torch": lambda: torch.add(a, b, out=out)}
    triton = _triton()
    if triton:
        candidates["triton"] = lambda: triton.add(a, b, out)
    expected = a + b
    for name, call in candidates.items():
        out.fill_(float("nan"))
        call()
        if not torch.equal(out, expected):
            sys.exit(f"add: {name} is wrong")
    del expected
    compare(report, f"add {n >> 20} M bf16", measure(candidates, quick), 3 * 2 * n * 1e-9, "GB/s")
    print(f"  Config: {girih.kernel('add').default_config(a, b, out)}")


def measure(candidates, quick):
    from girih.peers import timing
    return timing.measure(candidates, repeats=5 if quick else 25)


def bench_matmul(report, quick):
    import torch

    import girih
    size = 1024 if quick else 4096
    a, b = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    out = torch.empty_like(a)
    candidates = {"girih": lambda: girih.ops.matmul(a, b, out=out), "cublas": lambda: torch.matmul(a, b, out=out)}
    triton = _triton()
    if triton:
        candidates["triton"] = lambda: triton.matmul(a, b, out)
    expected = a.float() @ b.float()
    for name, call in candidates.items():
        out.fill_(float("nan"))
        call()
        check_close(f"matmul: {name}", out, expected, 2.0 ** -7)
    del expected
    compare(report, f"matmul {size}^3 bf16", measure(candidates, quick), 2 * size ** 3 * 1e-12, "TFLOP/s")
    print(f"  Config: {girih.kernel('matmul').default_config(a, b, out)}")
    if triton:
        print(f"  Triton's: {triton.matmul_kernel.best_config}")


def bench_launch(report, quick):
    import torch

    import girih
    from girih.bench import seconds_per_call
    triton = _triton()
    repeats = 5 if quick else 51
    for count, name in ((3, "add"), (16, "add16")):
        arrays = [torch.zeros(1024, device="cuda") for _ in range(count)]
        kernel = girih.kernel(name)
        candidates = {"girih": lambda: kernel(*arrays)}
        if triton:
            empty = triton.empty3 if count == 3 else triton.empty16
            candidates["triton"] = lambda: empty[(1,)](*arrays)
        for call in candidates.values():
            for _ in range(10):
                call()
        times = {who: [] for who in candidates}
        for repeat in range(repeats):
            for who in candidates if repeat % 2 == 0 else reversed(candidates):
                times[who] += seconds_per_call(candidates[who], 200, 1, torch.cuda.synchronize)
        compare(report, f"launch {count} torch tensors", times)


def bench_jit(report, quick):
    """In a process of its own, whose caches are new folders and which the driver's cache does not serve."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CUDA_CACHE_DISABLE": "1", "GIRIH_CACHE_DIR": os.path.join(folder, "girih"),
                       "TRITON_CACHE_DIR": os.path.join(folder, "triton")}
        done = subprocess.run([sys.executable, "-m", "girih.peers.bench", "--cold-process"], env=environment,
                              stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    for what in ("add", "matmul"):
        ours = found[f"girih {what}"]
        report.row(f"cold {what} to machine code", "girih", ours["total"],
                   note="record {record:.1f} compile {compile:.1f} assemble {assemble:.1f} load {load:.1f} ms".format(
                       **{key: 1e3 * value for key, value in ours.items()}))
        if f"triton {what}" in found:
            theirs = found[f"triton {what}"]
            report.row(f"cold {what} to machine code", "triton", theirs, ratio=theirs / ours["total"],
                       versus="girih")


def cold_process():
    """Prints one JSON object with the seconds of each first compilation."""
    import torch

    import girih
    found = {}
    shapes = {"add": [(1 << 24,)] * 3, "matmul": [(4096, 4096)] * 3}
    small = torch.zeros(1, device="cuda", dtype=torch.float32)
    girih.kernel("add").prepare(small, small, torch.zeros_like(small))  # LLVM's and the driver's own beginnings
    for name, operands in shapes.items():
        arrays = [torch.zeros(shape, device="cuda", dtype=torch.bfloat16) for shape in operands]
        torch.cuda.synchronize()
        start = time.perf_counter()
        made = girih.kernel(name).prepare(*arrays)
        total = time.perf_counter() - start
        if made["origin"] != "compiled":
            sys.exit(f"{name} came from {made['origin']}: not a cold compilation")
        found[f"girih {name}"] = {"total": total, **{key: made[f"{key}_seconds"]
                                                     for key in ("record", "compile", "assemble", "load")}}
    triton = _triton()
    if triton:
        triton.first_compile[(1,)](small)
        for name, call in (("add", triton.compile_add), ("matmul", triton.compile_matmul)):
            start = time.perf_counter()
            call()
            found[f"triton {name}"] = time.perf_counter() - start
    print(json.dumps(found))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS) + "; all when none")
    parser.add_argument("--quick", action="store_true", help="small and few: whether it works, not how quick it is")
    parser.add_argument("--cold-process", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    unknown = set(args.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}")
    if args.cold_process:
        cold_process()
        return
    import torch

    import girih
    if not torch.cuda.is_available() or not girih.device_count():
        sys.exit(f"this needs a GPU: {girih.cuda_unavailable_reason()}")
    report = Report("peers.bench", girih.device_info("cuda").name)
    print(f"{report.about['device']}, torch {torch.__version__}, girih {girih.__version__}, {report.about['date']}")
    run = {"add": bench_add, "matmul": bench_matmul, "launch": bench_launch, "jit": bench_jit}
    for section in args.sections or SECTIONS:
        run[section](report, args.quick)
        torch.cuda.empty_cache()
    report.finish()


if __name__ == "__main__":
    main()
