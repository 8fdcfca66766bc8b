# SPDX-License-Identifier: Apache-2.0
"""Processes that compile what girih.peers.op_bench is going to time, so that it finds it in the caches on disk."""
import os
import subprocess
import sys
import time

SECONDS = 200


def prepare(options):
    """Before torch is imported: one thread for each process that compiles, and the same for who takes from the caches."""
    if options.workers:
        os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")


def warm(options):
    """Runs the processes. What they fail at fails again where it is reported."""
    count = options.workers
    command = [sys.executable, "-m", "girih.peers.op_bench", "--only", options.only, "--compile", options.compile,
               "--workers", str(count), "--share"]
    workers = [subprocess.Popen([*command, f"{each}/{count}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
               for each in range(count)]
    end = time.monotonic() + SECONDS
    for each in workers:
        try:
            each.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            each.kill()
            each.wait()


def compile_share(torch, options, cases):
    """Calls every M-th case once, from the N-th on: Girih's, and torch.compile's where it has one."""
    from girih.peers.op_bench import compiled_peer, results_of
    from girih.peers.op_timed import Maker
    first, step = (int(each) for each in options.share.split("/"))
    for case, compile_peer in cases[first::step]:
        try:
            arguments = case.arguments(Maker(torch, "cuda", case.dtype), *case.size)
            results_of(torch, case, arguments)
            if compile_peer:
                compiled_peer(torch, case)(*arguments)
        except Exception:  # noqa: S110: reported by who times it
            pass
        arguments = None
        torch.cuda.synchronize()
        torch.compiler.reset()
        torch.cuda.empty_cache()
