# SPDX-License-Identifier: Apache-2.0
"""Benchmarks of the package itself: python3 -m girih.bench launch

`launch` prints the host's time for one call of a kernel of 3 and of 16 arrays. With no elements nothing is launched:
that is the cost of Python and of the argument checks alone."""
import argparse
import importlib.util
import time

import girih
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["launch"])
    parser.add_argument("--quick", action="store_true", help="few repeats: whether it works, not how quick it is")
    args = parser.parse_args()
    info = girih.device_info("cuda" if girih.device_count() else "host")
    report = Report("bench", info.name)
    launch(report, args.quick)
    report.finish()


if __name__ == "__main__":
    main()
