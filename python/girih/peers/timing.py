# SPDX-License-Identifier: Apache-2.0
"""How peers are timed on a GPU: cold L2, medians, everyone in turn and in alternating order."""
FLUSH_BYTES = 1 << 30


def measure(candidates, repeats=25, warmups=5):
    """`candidates` maps names to calls without arguments. Returns name -> list of seconds.

    The flush before each call is long enough to hide the host's part of the launch."""
    import torch
    scratch = torch.empty(FLUSH_BYTES // 4, dtype=torch.int32, device="cuda")
    names = list(candidates)
    for name in names:
        for _ in range(warmups):
            candidates[name]()
    torch.cuda.synchronize()
    events = {name: [] for name in names}
    for repeat in range(repeats):
        for name in names if repeat % 2 == 0 else reversed(names):
            start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            scratch.zero_()
            start.record()
            candidates[name]()
            stop.record()
            events[name].append((start, stop))
        torch.cuda.synchronize()
    return {name: [start.elapsed_time(stop) * 1e-3 for start, stop in events[name]] for name in names}
