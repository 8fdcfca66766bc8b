# SPDX-License-Identifier: Apache-2.0
"""Operators beside PyTorch on one GPU: python3 -m girih.peers.op_bench [--only NAMES] [--no-compile]

Each is timed beside torch eager, torch.compile, and a plain kernel that reads and writes as many bytes: the ceiling of its
mix. Ratios are times over Girih's: above 1 Girih is faster, and the ceiling's is the share of it that Girih reaches. Results
are compared with torch's in float64 before they are timed."""
import argparse

import girih
from girih.peers import timing
from girih.peers.bench import check_close
from girih.peers.op_bench_cases import CASES, Maker
from girih.peers.op_parity import as_list, wide
from girih.report import Report, median, spread

# More than the caches hold, in all copies of what is rotated.
ROTATED_BYTES = 256 << 20
CALLS_OF_A_GRAPH = 20


class Ceilings:
    """Kernels without work: R blocks read and W written by each program, the smallest numbers near the given mix."""

    def __init__(self, torch):
        import triton
        import triton.language as tl
        self.torch, self.triton = torch, triton
        self.buffers = {}

        def mixed(source, target, reads: tl.constexpr, writes: tl.constexpr, block: tl.constexpr):
            lanes = tl.arange(0, block)
            program = tl.program_id(0).to(tl.int64)
            total = tl.zeros((block,), dtype=tl.int32)
            for i in tl.static_range(reads):
                total += tl.load(source + (program * reads + i) * block + lanes)
            for i in tl.static_range(writes):
                tl.store(target + (program * writes + i) * block + lanes, total)
            if writes == 0:
                tl.store(target + lanes, total, mask=total == -1)  # never: what is read is not negative

        mixed.__globals__["tl"] = tl
        self.kernel = triton.jit(mixed)

    def buffer(self, name, elements):
        if name not in self.buffers or self.buffers[name].numel() < elements:
            self.buffers[name] = self.torch.zeros(elements, device="cuda", dtype=self.torch.int32)
        return self.buffers[name]

    def call(self, read, written, block=2048):
        """A call that moves about as much; and the bytes that it moves."""
        larger = max(read, written)
        mixes = [(r, w) for r in range(9) for w in range(9) if (r, w) == (1, 0) or (r, w) == (0, 1) or (r and w)]
        reads, writes = min(mixes, key=lambda each: (
            round(20 * (abs(each[0] / max(each) - read / larger) + abs(each[1] / max(each) - written / larger))), sum(each)))
        programs = max(1, round((read + written) / ((reads + writes) * block * 4)))
        source = self.buffer("source", max(1, programs * reads) * block)
        target = self.buffer("target", max(1, programs * writes) * block)

        def run():
            self.kernel[(programs,)](source, target, reads, writes, block)

        return run, programs * (reads + writes) * block * 4


def bytes_moved(torch, case, arguments, results):
    if case.moved:
        return case.moved(*arguments)
    read = sum(each.nbytes for argument in arguments for each in as_list(argument) if isinstance(each, torch.Tensor))
    return read, sum(each.nbytes for each in results)


def in_graph(torch, calls, least=CALLS_OF_A_GRAPH):
    """A replay of calls one after the other, at least so many, and how many there are."""
    count = -(-least // len(calls)) * len(calls)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for call in calls:
            call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        for i in range(count):
            calls[i % len(calls)]()
    return graph.replay, count


def candidates_of(torch, case, sets, ceilings, compile_peer):
    """Name -> one call for each set of arguments."""
    outs = girih.ops.__dict__[case.name](*sets[0], **case.kwargs)
    function = getattr(girih.ops, case.name)

    def ours(arguments):
        out = tuple(torch.empty_like(each) for each in outs) if isinstance(outs, tuple) else torch.empty_like(outs)
        return lambda: function(*arguments, out=out, **case.kwargs)

    found = {"girih": [ours(each) for each in sets],
             "torch": [lambda each=each: case.peer(torch, *each) for each in sets]}
    if compile_peer:
        compiled = torch.compile(lambda *arguments: case.peer(torch, *arguments), dynamic=False)
        found["compiled"] = [lambda each=each: compiled(*each) for each in sets]
    read, written = bytes_moved(torch, case, sets[0], as_list(outs))
    call, moved = ceilings.call(read, written)
    if not case.replayed:
        found["ceiling"] = [call]
    return found, read + written, moved


def verify(torch, case, arguments):
    ours = as_list(getattr(girih.ops, case.name)(*arguments, **case.kwargs))
    for got, expected in zip(ours, as_list(case.peer(torch, *wide(torch, arguments)))):
        if got.dtype.is_floating_point and got.element_size() > 1:
            check_close(f"{case.name} {case.what}", got, expected, 2.0 ** -6)


def argument_sets(torch, case, maker):
    first = case.arguments(maker)
    if not case.rotated:
        return [first]
    size = sum(each.nbytes for each in first)
    return [first] + [case.arguments(maker) for _ in range(-(-ROTATED_BYTES // size))]


def run(torch, report, case, ceilings, compile_peer):
    sets = argument_sets(torch, case, Maker(torch))
    verify(torch, case, sets[0])
    found, moved, ceiling_bytes = candidates_of(torch, case, sets, ceilings, compile_peer)
    calls, counts = {}, dict.fromkeys(found, 1)
    for name, each in found.items():
        calls[name] = each[0]
        if case.replayed:
            calls[name], counts[name] = in_graph(torch, each)
    times = {name: [each / counts[name] for each in seconds]
             for name, seconds in timing.measure(calls, repeats=15, warmups=3).items()}
    ours = median(times["girih"])
    for name, seconds in times.items():
        middle = median(seconds)
        amount = ceiling_bytes if name == "ceiling" else moved
        ratio = middle / ours
        if name == "ceiling":  # of equal bytes
            ratio *= moved / ceiling_bytes
        report.row(f"{case.name} {case.what}", name, middle, amount * 1e-9 / middle, "GB/s", None if name == "girih" else ratio,
                   "girih", spread=spread(seconds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of operators, with commas")
    parser.add_argument("--no-compile", action="store_true", help="without torch.compile, which takes seconds for each")
    options = parser.parse_args()
    import torch
    only = set(filter(None, options.only.split(",")))
    report = Report("peers.op_bench", torch.cuda.get_device_name())
    ceilings = Ceilings(torch)
    for case in CASES:
        if only and case.name not in only:
            continue
        try:
            run(torch, report, case, ceilings, not options.no_compile)
        except (Exception, SystemExit) as error:  # one broken operator must not hide the others
            print(f"FAILED {case.name} {case.what}: {type(error).__name__}: {str(error).splitlines()[0]}", flush=True)
        torch.cuda.empty_cache()
        torch.compiler.reset()
    report.finish()


if __name__ == "__main__":
    main()
