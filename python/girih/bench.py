# SPDX-License-Identifier: Apache-2.0
"""Benchmarks of the package itself: python3 -m girih.bench launch ops

`launch` prints the host's time for one call of a kernel of 3 and of 16 arrays. With no elements nothing is launched:
that is the cost of Python and of the argument checks alone. `ops` prints it for calls of operators on small arrays, by
position and by keyword, and what of it libgirih.so takes."""
import argparse
import contextlib
import importlib.util
import math
import time

import girih
from girih import op_plans
from girih.report import Report, median, spread


def seconds_per_call(call, calls, repeats, settle=lambda: None):
    """Medians over batches that are short enough not to fill a GPU's queue. Returns all."""
    call()
    settle()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - start) / calls)
        settle()
    return times


def makers():
    """(name, function that makes an array of n floats, function that waits) of each kind there is."""
    found = [("girih", lambda n: girih.zeros(n, "f32"), lambda: None)]
    if importlib.util.find_spec("numpy"):
        import numpy
        found.append(("numpy", lambda n: numpy.zeros(n, "float32"), lambda: None))
    if importlib.util.find_spec("torch"):
        import torch
        found.append(("torch", torch.zeros, lambda: None))
        if torch.cuda.is_available() and girih.device_count():
            found.append(("torch cuda", lambda n: torch.zeros(n, device="cuda"), torch.cuda.synchronize))
    return found


def launch(report, quick):
    calls, repeats = (20, 3) if quick else (200, 31)
    for name, make, settle in makers():
        for kernel, count in (("add", 3), ("add16", 16)):
            for size in (0, 1024):
                arrays = [make(size) for _ in range(count)]
                callee = girih.kernel(kernel)
                callee(*arrays)
                times = seconds_per_call(lambda: callee(*arrays), calls, repeats, settle)
                report.row(f"launch {count} arrays of {size}", name, median(times), spread=spread(times))


def _operator_calls(make):
    """(text, operator, arguments by position, by keyword) of small arrays; with results and into `out`."""
    def array(*shape):
        return make(math.prod(shape)).reshape(shape)
    a, b, x, w, bias, out = array(8), array(8), array(2, 8), array(4, 8), array(4), array(2, 4)
    q, k, v = (array(1, 2, 4, 16) for _ in range(3))
    attention = "scaled_dot_product_attention"
    return [("add(a, b)", "add", (a, b), {}), ("add(a, b, alpha=2)", "add", (a, b), {"alpha": 2}),
            ("linear(x, w)", "linear", (x, w), {}), ("linear(x, w, b)", "linear", (x, w, bias), {}),
            ("linear(x, w, bias=b)", "linear", (x, w), {"bias": bias}),
            ("linear(x, w, bias=b, out=y)", "linear", (x, w), {"bias": bias, "out": out}),
            ("attention(q, k, v)", attention, (q, k, v), {}),
            ("attention(.., is_causal=True)", attention, (q, k, v), {"is_causal": True}),
            ("softmax(x, dim=-1)", "softmax", (x,), {"dim": -1}), ("sum(x, dim=(1,))", "sum", (x,), {"dim": (1,)})]


@contextlib.contextmanager
def _time_below(seconds):
    """Adds to the list what the library itself takes, for each of its calls in the block."""
    inner = op_plans.lib.op_run

    def timed(*arguments):
        start = time.perf_counter()
        status = inner(*arguments)
        seconds.append(time.perf_counter() - start)
        return status
    op_plans.lib.op_run = timed
    try:
        yield
    finally:
        op_plans.lib.op_run = inner


def ops(report, quick):
    calls, repeats = (20, 3) if quick else (200, 31)
    for name, make, settle in makers():
        if name == "girih":
            continue  # without reshape()
        for text, op, arguments, named in _operator_calls(make):
            function, below = getattr(girih.ops, op), []
            times = seconds_per_call(lambda: function(*arguments, **named), calls, repeats, settle)
            with _time_below(below):
                seconds_per_call(lambda: function(*arguments, **named), calls, 3, settle)
            note = f"{1e6 * median(below):.2f} us of it in op_run" if below else "by the way of arrays alone"
            report.row(text, name, median(times), spread=spread(times), note=note)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", choices=["launch", "ops"])
    parser.add_argument("--quick", action="store_true", help="few repeats: whether it works, not how quick it is")
    args = parser.parse_args()
    info = girih.device_info("cuda" if girih.device_count() else "host")
    report = Report("bench", info.name)
    for each in args.what:
        {"launch": launch, "ops": ops}[each](report, args.quick)
    report.finish()


if __name__ == "__main__":
    main()
