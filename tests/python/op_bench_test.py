# SPDX-License-Identifier: Apache-2.0
"""The tables of girih.peers.op_bench: every operator is timed; what it prints. With torch, every case at a small size."""
import contextlib
import inspect
import io
import pathlib
import types
import unittest

from expect import Case, girih, needs_torch, torch
from girih.peers import op_bench, op_figures
from girih.peers.op_timed import UNTIMED, Timed, all_cases
from girih.report import Report


def printed(call):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        call()
    return text.getvalue()


class Tables(Case):
    def test_every_operator_is_timed_or_says_why_not(self):
        timed = {case.name for case in all_cases()}
        self.assertEqual(sorted(timed | set(UNTIMED)), sorted(girih.ops.__all__))
        self.assertEqual(timed & set(UNTIMED), set())

    def test_what_has_no_array_is_told_where_to_work(self):
        for case in all_cases():
            takes_device = "device" in inspect.signature(getattr(girih.ops, case.name)).parameters
            self.assertEqual(case.placed, takes_device, case.name)

    def test_cases_differ(self):
        seen = [(case.name, case.what) for case in all_cases()]
        self.assertEqual(sorted(set(seen)), sorted(seen))

    def test_few_cases_of_an_operator_are_compiled(self):
        """It is what takes longest."""
        for name in {case.name for case in all_cases()} - {"linear"}:
            compiled = [case.what for case in all_cases() if case.name == name and case.compiled and case.peer]
            self.assertLessEqual(len(compiled), 4, f"{name}: {compiled}")

    def test_matrices_of_families_have_three_sizes(self):
        for name in "exp erf add pow gelu swiglu sum cumsum softmax rms_norm rotary_position_embedding cat".split():
            cases = [case for case in all_cases() if case.name == name]
            self.assertTrue(any(case.size[0] == 8 and case.replayed for case in cases), name)
            self.assertTrue(any(case.size[0] == 1024 and case.replayed for case in cases), name)
            self.assertTrue(any(case.asked for case in cases), name)
        for name in "exp add silu swiglu sum softmax rotary_position_embedding cat".split():
            self.assertTrue(any(case.name == name and case.dtype == "float32" for case in all_cases()), name)


class Summary(Case):
    def shown(self, *added):
        report = Report("peers.op_bench", "a device")
        outcome = op_bench.Outcome(report)
        for case, times, ratios in added:
            rates = dict.fromkeys(times, 100.0)
            printed(lambda: outcome.add(case, {who: [value] * 4 for who, value in times.items()}, rates, "GB/s", ratios))
        return outcome, report

    def test_lists(self):
        case = Timed("exp", (16384, 4096), None, asked=0.93)
        small = Timed("exp", (8, 4096), None, replayed=True)
        outcome, report = self.shown(
            (case, {"girih": 1e-4, "torch": 2e-4, "compiled": 0.97e-4, "ceiling": 0.9e-4},
             {"torch": 2.0, "compiled": 0.97, "ceiling": 0.9}),
            (small, {"girih": 1e-6, "torch": 0.5e-6}, {"torch": 0.5}),
            (case, {"girih": 1e-4, "torch": 0.99e-4, "ceiling": 0.94e-4}, {"torch": 0.99, "ceiling": 0.94}))
        outcome.leave_out(case, "compiled", ValueError("\nfirst\nsecond"))
        text = printed(lambda: (outcome.fail(small, SystemExit("wrong: off")), outcome.finish()))
        slower = text[text.index("slower than"):]
        self.assertLess(slower.index("0.50 exp 8x4096"), slower.index("0.97 exp 16384x4096"))
        self.assertNotIn("0.99", slower)
        self.assertIn("below 0.93 of the ceiling: 1\n  0.90 exp 16384x4096", text)
        self.assertIn("peers left out: 1\n  exp 16384x4096: compiled: ValueError: first\n", text)
        self.assertIn("failed: 1\n  exp 8x4096: SystemExit: wrong: off\n", text)
        self.assertIn("3 cases, 2 slower, 1 below, 1 peers left out, 1 failed", text)
        self.assertEqual(len(report.rows), 9)
        self.assertEqual({row["op"] for row in report.rows}, {"exp"})

    def test_a_peer_that_fails_is_left_out_alone(self):
        case = Timed("exp", (8,), None)
        outcome = op_bench.Outcome(Report("peers.op_bench", "a device"))
        fake = types.SimpleNamespace(cuda=types.SimpleNamespace(synchronize=lambda: None))

        def broken():
            raise RuntimeError("no such kernel")

        calls = op_bench.runnable(fake, case, outcome, {"girih": lambda: [lambda: 1], "torch": lambda: [lambda: 2], "compiled": broken,
                                                        "other": lambda: [broken]})
        self.assertEqual(list(calls), ["girih", "torch"])
        self.assertEqual([each.split(": ")[1] for each in outcome.left_out], ["compiled", "other"])
        with self.assertRaises(RuntimeError):
            op_bench.runnable(fake, case, outcome, {"girih": lambda: [broken]})

    def test_which_peers_are_compiled(self):
        main, other = Timed("exp", (8,), None, peer=len), Timed("exp", (8,), None, peer=len, compiled=False)
        for words, expected in (([], (True, False)), (["--compile", "all"], (True, True)), (["--no-compile"], (False, False))):
            options = op_bench.parsed(words)
            self.assertEqual(tuple(op_bench.compiles(each, options) for each in (main, other)), expected)


class Figures(Case):
    """What girih.peers.op_figures writes."""

    def row(self, who, seconds, ratio=None, **more):
        return {"op": "exp", "shape": "16384x4096", "graph": False, "asked": 0.93, "who": who, "seconds": seconds, "rate": 2883.7,
                "unit": "GB/s", "ratio": ratio, **more}

    def test_page_has_every_operator(self):
        page = pathlib.Path(__file__).parents[2] / "docs/operators.md"
        if not page.exists():
            self.skipTest("docs/operators.md is not here")
        self.assertEqual(sorted(op_figures.operators_in(page.read_text(encoding="utf-8"))), sorted(girih.ops.__all__),
                         "run python3 -m girih.peers.op_figures on what ./x bench ops wrote")

    def test_tables(self):
        rows = [self.row("girih", 93.09e-6), self.row("torch", 93e-6, 0.999), self.row("ceiling", 80e-6, 0.86),
                self.row("girih", 0.0021, shape="8", graph=True, asked=None), self.row("torch", 1e-3, 0.476, shape="8", graph=True)]
        text = op_figures.figures({"device": "a device", "date": "a day", "command": "./x bench ops", "rows": rows})
        self.assertIn("One a device, a day: `./x bench ops`, 2 cases.", text)
        self.assertIn("\n| `exp` | 16384x4096 | 93.1 us | 2884 GB/s | 1.00 | | **0.86** |\n"
                      "| `exp` | 8, graph | 2.10 ms | 2884 GB/s | **0.48** | | |\n", text)
        self.assertIn("| `add` | not timed in this run |", text)
        self.assertIn("| `reshape` | a view: nothing is moved |", text)
        page = op_figures.replaced("a\n<!-- figures -->\nold\n<!-- end of figures -->\nb\n", "figures", text)
        self.assertEqual((page[:19], page[-28:]), ("a\n<!-- figures -->\n", "\n\n<!-- end of figures -->\nb\n"))
        self.assertEqual(op_figures.operators_in(page), set(girih.ops.__all__))

    def test_status(self):
        def said(**operators):
            return [{"name": name, "tests": {executor: {"status": status} for executor, status in zip(op_figures.EXECUTORS, each)}}
                    for name, each in operators.items()]

        here = said(add=("passed", "passed", "not run"), exp=("passed", "passed", "not run"), cat=("not run", "failed", "not run"))
        there = said(add=("not run", "not run", "passed"), exp=("not run", "not run", "passed"), cat=("passed", "passed", "passed"))
        self.assertEqual(op_figures.status([here, there]).splitlines()[2:],
                         ["| all 2 others | passed | passed | passed |", "| `cat` | passed | failed | passed |"])
        self.assertEqual(op_figures.status([here[:2]]).splitlines()[2:], ["| all 2 | passed | passed | not run |"])


@needs_torch
class Rehearsal(Case):
    def test_every_case(self):
        torch.manual_seed(self.seed)
        failed = []
        text = printed(lambda: failed.extend(op_bench.rehearse(torch, op_bench.parsed([]))))
        self.assertEqual(failed, [], text)

    def test_wrong_results_are_seen(self):
        case = next(case for case in all_cases() if case.name == "silu").rehearsed()
        x = torch.randn(8, 8)
        right = torch.nn.functional.silu(x)
        op_bench.verify(torch, case, [x], [right])
        with self.assertRaises(SystemExit):
            op_bench.verify(torch, case, [x], [right + 0.1])

    def test_peers_that_do_something_else_are_seen(self):
        case = next(case for case in all_cases() if case.name == "silu").rehearsed()
        x = torch.randn(8, 8, dtype=torch.bfloat16)
        op_bench.check_peer(torch, case, [x], [x])
        for other in ([x.float()], [x[:4]], [x, x]):
            with self.assertRaises(SystemExit):
                op_bench.check_peer(torch, case, [x], other)


if __name__ == "__main__":
    unittest.main()
