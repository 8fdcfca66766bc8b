# SPDX-License-Identifier: Apache-2.0
"""Operators beside PyTorch on one GPU: python3 -m girih.peers.op_bench [--only NAMES] [--compile main|all|none]

A line for each case of timed_*.py: Girih's time and rate, its part of what a plain kernel reaches that reads and writes as many
bytes (the ceiling of its mix), and how many times as long torch eager and torch.compile take: below 1 they are faster. Results
are compared with torch's in float64 before they are timed. Cases without `graph` have cold caches. At the end stands what is
slower than a peer or below what is asked of the ceiling, and what was left out. $OUT receives all of it as JSON.

Processes of their own first compile what will be timed, into the caches on disk that Girih, Triton and torch.compile have."""
import argparse
import os
import time

import girih
from girih.peers import op_warming, timing
from girih.peers.op_ceilings import Ceilings
from girih.peers.op_parity import as_list, difference, wide
from girih.peers.op_timed import ASKED, Maker, all_cases
from girih.report import Report, median, spread

# More than the caches hold, in all copies of what is rotated.
ROTATED_BYTES = 256 << 20
CALLS_OF_A_GRAPH = 20
REPEATS, SECONDS_OF_A_CASE = 15, 0.3
# Nothing is called slower for less: what repeated measurements differ by.
TIE = 0.02
TOLERANCE = 2.0 ** -6
LINES_OF_A_LIST = 60


def first_line(error):
    return f"{type(error).__name__}: {(str(error).strip() or '-').splitlines()[0][:150]}"


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


def keywords(torch, case):
    """The arguments of a call that have names."""
    if not case.placed:
        return case.kwargs
    return {**case.kwargs, "device": torch.device("cuda" if torch.cuda.is_available() else "cpu")}


def results_of(torch, case, arguments):
    """What a call returns, as a list of tensors."""
    returned = getattr(girih.ops, case.name)(*arguments, **keywords(torch, case))
    results = [] if returned is None else as_list(returned)
    return [each if isinstance(each, torch.Tensor) else torch.from_dlpack(each) for each in results]


def ours(torch, case, arguments, results):
    """A call that writes into arrays of its own."""
    function, named = getattr(girih.ops, case.name), keywords(torch, case)
    if not results:
        return lambda: function(*arguments, **named)
    out = tuple(torch.empty_like(each) for each in results)
    out = out if len(out) > 1 else out[0]
    return lambda: function(*arguments, out=out, **named)


def compiled_peer(torch, case):
    return torch.compile(lambda *arguments: case.peer(torch, *arguments), dynamic=False)


def peers_of(torch, case, sets, compile_peer):
    """Name -> how to make its calls, one for each set of arguments."""
    def calls(peer):
        return lambda: [lambda each=each: peer(*each) for each in sets]

    found = {}
    if case.peer:
        found["torch"] = calls(lambda *arguments: case.peer(torch, *arguments))
        if compile_peer:
            found["compiled"] = lambda: calls(compiled_peer(torch, case))()
    for name, peer in case.others.items():
        found[name] = calls(lambda *arguments, peer=peer: peer(torch, *arguments))
    return found


def verify(torch, case, arguments, results):
    """Timing a wrong result would be worth nothing."""
    if not case.checked:
        return
    try:
        expected = as_list(case.checked(torch, *wide(torch, arguments)))
    except (RuntimeError, TypeError, NotImplementedError):  # torch has it for fewer dtypes
        expected = as_list(case.checked(torch, *arguments))
    for got, wanted in zip(results, expected):
        if got.dtype.is_floating_point and got.element_size() > 1:
            if tuple(got.shape) != tuple(wanted.shape):
                raise SystemExit(f"wrong: shape {tuple(got.shape)}, not {tuple(wanted.shape)}")
            finite = wanted[torch.isfinite(wanted)]
            largest = finite.abs().max().item() if finite.numel() else 0.0
            off = difference(torch, got, wanted)
            if not off <= TOLERANCE * largest:
                raise SystemExit(f"wrong: off by {off:.3g} where the largest is {largest:.3g}")


def check_peer(torch, case, arguments, results):
    """A peer gives what Girih does: as many results, of the same shapes, floats of the same dtype."""
    def kinds(tensors):
        return [(tuple(each.shape), each.dtype if each.dtype.is_floating_point else "whole") for each in tensors]

    try:
        returned = case.peer(torch, *arguments) if case.peer and results else None
    except (RuntimeError, ValueError, NotImplementedError):  # torch has it on a GPU only
        return
    if returned is not None and kinds(as_list(returned)) != kinds(results):
        raise SystemExit(f"unfair: torch gives {kinds(as_list(returned))}, not {kinds(results)}")


def argument_sets(torch, case, maker):
    first = case.arguments(maker, *case.size)
    if not case.rotated:
        return [first]
    size = sum(each.nbytes for each in first if isinstance(each, torch.Tensor))
    return [first] + [case.arguments(maker, *case.size) for _ in range(-(-ROTATED_BYTES // size))]


class Outcome:
    """What the cases so far showed."""

    def __init__(self, report):
        self.report, self.begun = report, time.monotonic()
        self.cases = 0
        self.slower, self.below, self.left_out, self.failed = [], [], [], []

    def leave_out(self, case, who, error):
        self.left_out.append(f"{case.name} {case.what}: {who}: {first_line(error)}")

    def fail(self, case, error):
        self.failed.append(f"{case.name} {case.what}: {first_line(error)}")
        print(f"FAILED {self.failed[-1]}", flush=True)

    def add(self, case, times, rates, unit, ratios):
        """Medians and rates by who; `ratios` are times over Girih's."""
        self.cases += 1
        middle = median(times["girih"])
        line = f"{case.name + ' ' + case.what:<52} {middle * 1e6:10.2f} us {rates['girih']:8.1f} {unit:<7}"
        for who, seconds in times.items():
            ratio = None if who == "girih" else ratios[who]
            self.report.record(what=f"{case.name} {case.what}", who=who, seconds=median(seconds), spread=spread(seconds),
                               rate=rates[who], unit=unit, ratio=ratio, versus="girih", note="", op=case.name, shape=case.what,
                               graph=case.replayed, asked=case.asked)
            if ratio is not None:
                line += f" {who} {ratio:5.2f}"
        print(f"{line} +-{100 * spread(times['girih']):.1f} %" + (" graph" if case.replayed else ""), flush=True)
        peers = {who: ratio for who, ratio in ratios.items() if who != "ceiling"}
        if peers and min(peers.values()) < 1 - TIE:
            self.slower.append((min(peers.values()), f"{case.name} {case.what}: {middle * 1e6:.2f} us, "
                                + ", ".join(f"{who} {ratio:.2f}" for who, ratio in peers.items())))
        if case.asked and ratios.get("ceiling", 1) < case.asked:
            self.below.append((ratios["ceiling"], f"{case.name} {case.what}: {middle * 1e6:.2f} us"))

    def finish(self):
        def listed(title, lines, most=LINES_OF_A_LIST):
            if lines:
                print(f"\n{title}: {len(lines)}")
                print("\n".join(f"  {each}" for each in lines[:most]))
                if len(lines) > most:
                    print(f"  and {len(lines) - most} more")

        listed("failed", self.failed, LINES_OF_A_LIST // 3)
        listed("peers left out", self.left_out, LINES_OF_A_LIST // 3)
        listed(f"below {ASKED} of the ceiling", [f"{ratio:.2f} {text}" for ratio, text in sorted(self.below)])
        listed(f"slower than the better peer (its time over Girih's below {1 - TIE})",
               [f"{ratio:.2f} {text}" for ratio, text in sorted(self.slower)])
        self.report.about["seconds"] = round(time.monotonic() - self.begun)
        print(f"\n{self.cases} cases, {len(self.slower)} slower, {len(self.below)} below, {len(self.left_out)} peers left out, "
              f"{len(self.failed)} failed; {self.report.about['seconds']} s")
        self.report.finish()


def runnable(torch, case, outcome, found):
    """Name -> (call, how many of the operator it makes): what fails is left out, but for Girih."""
    calls = {}
    for name, make in found.items():
        try:
            each = make()
            each[0]()
            calls[name] = in_graph(torch, each) if case.replayed else (each[0], 1)
            torch.cuda.synchronize()
        except Exception as error:
            if name == "girih":
                raise
            outcome.leave_out(case, name, error)
    return calls


def measured(torch, calls):
    """Lists of seconds by name, of as many calls as there is time for."""
    torch.cuda.synchronize()
    begun = time.monotonic()
    for call in calls.values():
        call()
    torch.cuda.synchronize()
    repeats = max(3, min(REPEATS, int(SECONDS_OF_A_CASE / (time.monotonic() - begun + 1e-4 * len(calls)))))
    return timing.measure(calls, repeats=repeats, warmups=min(3, repeats // 3))


def run(torch, case, outcome, ceilings, compile_peer):
    sets = argument_sets(torch, case, Maker(torch, "cuda", case.dtype))
    results = results_of(torch, case, sets[0])
    verify(torch, case, sets[0], results)
    found = {"girih": lambda: [ours(torch, case, each, results) for each in sets], **peers_of(torch, case, sets, compile_peer)}
    read, written = bytes_moved(torch, case, sets[0], results)
    if not case.replayed and not case.work:
        ceiling, ceiling_bytes = ceilings.call(read, written)
        found["ceiling"] = lambda: [ceiling]
    calls = runnable(torch, case, outcome, found)
    times = {name: [each / calls[name][1] for each in seconds]
             for name, seconds in measured(torch, {name: call for name, (call, _) in calls.items()}).items()}
    amount, unit = (case.work(*case.size) * 1e-12, "TFLOP/s") if case.work else ((read + written) * 1e-9, "GB/s")
    amounts = {name: ceiling_bytes * 1e-9 if name == "ceiling" else amount for name in times}
    rates = {name: amounts[name] / median(seconds) for name, seconds in times.items()}
    # Equal amounts, so that times compare.
    outcome.add(case, times, rates, unit, {name: rates["girih"] / rates[name] for name in times if name != "girih"})


def lost(torch):
    """Whether the device answers no more."""
    try:
        torch.cuda.synchronize()
        return False
    except RuntimeError:
        return True


def chosen(options):
    only = set(filter(None, options.only.split(",")))
    return [case for case in all_cases() if not only or case.name in only]


def compiles(case, options):
    return bool(case.peer) and (options.compile == "all" or options.compile == "main" and case.compiled)


def run_all(torch, options):
    outcome = Outcome(Report("peers.op_bench", torch.cuda.get_device_name()))
    cases = chosen(options)
    if options.workers and len(cases) > 2 * options.workers:
        op_warming.warm(options)
        print(f"compiled in {time.monotonic() - outcome.begun:.0f} s by {options.workers} processes", flush=True)
    ceilings = Ceilings(torch)
    for case in cases:
        try:
            run(torch, case, outcome, ceilings, compiles(case, options))
        except (Exception, SystemExit) as error:  # one broken operator must not hide the others
            outcome.fail(case, error)
            if lost(torch):
                print("the device is lost: the rest is not run")
                break
        if torch.cuda.memory_reserved() > torch.cuda.get_device_properties(0).total_memory // 4:
            torch.cuda.empty_cache()
        torch.compiler.reset()
    outcome.finish()


def rehearse(torch, options):
    """Every case at a small size on the CPU: arguments, peers and results, no times."""
    passed, failed = 0, []
    for case in (each.rehearsed() for each in chosen(options)):
        try:
            arguments = case.arguments(Maker(torch, "cpu", case.dtype), *case.size)
            results = results_of(torch, case, arguments)
            bytes_moved(torch, case, arguments, results)
            ours(torch, case, arguments, results)()
            check_peer(torch, case, arguments, results)
            verify(torch, case, arguments, results)
            passed += 1
        except (Exception, SystemExit) as error:
            failed.append(f"{case.name} {case.what}: {first_line(error)}")
            print(f"FAILED {failed[-1]}", flush=True)
    print(f"{passed} passed, {len(failed)} failed")
    return failed


def parsed(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="names of operators, with commas")
    parser.add_argument("--compile", choices=("main", "all", "none"), default="main",
                        help="which cases have torch.compile beside them, which takes seconds each: the main sizes, all, none")
    parser.add_argument("--no-compile", dest="compile", action="store_const", const="none", help="--compile none")
    parser.add_argument("--workers", type=int, default=min(8, (os.cpu_count() or 2) // 2),
                        help="processes that compile before anything is timed; 0: none")
    parser.add_argument("--share", default="", help="N/M: be process N of M that compile")
    parser.add_argument("--rehearse", action="store_true", help="every case at a small size on the CPU, without times")
    return parser.parse_args(arguments)


def main():
    options = parsed()
    op_warming.prepare(options)
    import torch
    if options.rehearse:
        raise SystemExit(1 if rehearse(torch, options) else 0)
    if options.share:
        op_warming.compile_share(torch, options, [(case, compiles(case, options)) for case in chosen(options)])
    else:
        run_all(torch, options)


if __name__ == "__main__":
    main()
