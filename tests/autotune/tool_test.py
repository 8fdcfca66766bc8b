#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""girih-tune as people use it: sweeps that are killed and go on, what is wrong on the command line, stores as JSON."""
import contextlib
import csv
import json
import os
import pty
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TUNE = sys.argv.pop(1)
SHAPES = "64x64x64,96x64x64,128x64x96"


class Sweeps(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.store = Path(self.folder.name) / "tuned.sqlite"
        self.out = Path(self.folder.name) / "out"

    def arguments(self, *more, op="matmul", shapes=SHAPES):
        return [TUNE, op, "--shapes", shapes, "--dtype", "f32", "--device", "host", "--store", str(self.store), "--out", str(self.out),
                *more]

    def run_tune(self, *arguments, status=0):
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done.stdout, done.stderr

    def rows(self):
        if not self.store.exists():
            return 0
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10) as database:
            try:
                return database.execute("SELECT count(*) FROM timing").fetchone()[0]
            except sqlite3.OperationalError:
                return 0

    def test_a_killed_sweep_goes_on(self):
        arguments = self.arguments("--candidates", "12", "--budget", "0", "--strategy", "exhaustive")
        temporary = Path(self.folder.name) / "tmp"
        temporary.mkdir()
        process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   env=dict(os.environ, TMPDIR=str(temporary)))
        deadline = time.monotonic() + 120
        while self.rows() < 15 and time.monotonic() < deadline:
            self.assertIsNone(process.poll(), "it ended before it could be killed")
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        before = self.rows()
        self.assertGreaterEqual(before, 15)
        self.assertLess(before, 36)
        # Its workers are gone, too, and nothing else is left of it.
        time.sleep(0.5)
        self.assertEqual(list(temporary.glob("girih-tune-*")), [])
        children = subprocess.run(["pgrep", "-f", f"{TUNE} worker"], capture_output=True, text=True).stdout.split()
        own = [each for each in children if Path(f"/proc/{each}/stat").exists() and
               Path(f"/proc/{each}/stat").read_text().split(")")[1].split()[1] == str(process.pid)]
        self.assertEqual(own, [])
        _, progress = self.run_tune(*arguments)
        self.assertIn("from the store", progress)
        with (self.out / "candidates.csv").open() as file:
            tried = [row for row in csv.DictReader(file) if row["status"] == "measured"]
        # Three shapes of twelve candidates, and what was measured stays so.
        self.assertEqual(len(tried), 36)
        # Finalists replace their own rows; so no row was lost or added twice.
        self.assertEqual(self.rows(), 36)
        # The third time there is nothing left to do.
        start = time.monotonic()
        _, progress = self.run_tune(*arguments)
        self.assertEqual(progress.count("12 of them from the store"), 3, progress)
        self.assertLess(time.monotonic() - start, 20)

    def timings(self):
        """Rows of the store by what they are of."""
        if not self.store.exists():
            return {}
        # A reader that may write takes back what a killed writer left half done.
        with contextlib.closing(sqlite3.connect(self.store, timeout=10)) as database:
            database.row_factory = sqlite3.Row
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'timing'").fetchone():
                return {}
            rows = [dict(row) for row in database.execute("SELECT * FROM timing")]
        return {(row["kernel"], row["shape"], row["config"]): row for row in rows}

    def test_forty_shapes_go_on_after_kills_at_any_time(self):
        # Buckets of their own: sizes between powers of two and three of them are one.
        sizes = [24, 32, 48, 64, 96]
        shapes = [f"{m}x{n}x{k}" for m in sizes for n in sizes[1:] for k in (32, 64)]
        self.assertEqual(len(shapes), 40)
        arguments = self.arguments("--candidates", "2", "--budget", "0", "--strategy", "exhaustive", shapes=",".join(shapes))
        random.seed(int.from_bytes(os.urandom(4), "little"))
        kills, before = 0, {}
        while kills < 3:
            process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
            deadline, wanted = time.monotonic() + 120, len(before) + random.randint(3, 15)
            while len(self.timings()) < wanted and time.monotonic() < deadline:
                self.assertIsNone(process.poll(), "it ended before it could be killed")
                time.sleep(0.002)
            time.sleep(random.uniform(0, 0.05))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            after = self.timings()
            self.assertGreaterEqual(len(after), wanted)
            self.check_kept(before, after)
            before = after
        self.run_tune(*arguments)
        after = self.timings()
        self.check_kept(before, after)
        self.assertEqual(len(after), 80)
        with sqlite3.connect(self.store) as database:
            chosen = {shape for (shape,) in database.execute("SELECT DISTINCT shape FROM choice")}
            integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
        self.assertEqual(len(chosen), 40)
        self.assertEqual(integrity, "ok")
        # Nothing is left to do: not a row changes.
        self.run_tune(*arguments)
        self.assertEqual(self.timings(), after)

    def check_kept(self, before, after):
        """What was measured is still there. Finals add their runs to rows of the shape that was under way, and keep what compiling took;
        a candidate that was measured anew would have another time of that."""
        self.assertLessEqual(before.keys(), after.keys())
        changed = {key for key, row in before.items() if after[key] != row}
        self.assertLessEqual(len({shape for _, shape, _ in changed}), 1, changed)
        for key in changed:
            self.assertEqual(after[key]["compile_seconds"], before[key]["compile_seconds"], key)
            self.assertGreater(after[key]["runs"], before[key]["runs"], key)

    def test_an_interrupt_ends_it_and_leaves_a_report(self):
        arguments = self.arguments("--budget", "0", "--strategy", "exhaustive")
        process = subprocess.Popen(arguments, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        while self.rows() < 5:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertIn("the same command goes on from here", output)
        self.assertIn("interrupted", (self.out / "report.html").read_text())
        with sqlite3.connect(self.store) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM choice").fetchone()[0], 0)

    def test_what_is_wrong_is_said(self):
        for arguments, words in [
                (["nonsense"], "girih-inspect --help lists the kernels"),
                (["softmx"], "did you mean softmax?"),
                (["matmul", "--timeout", "0"], "leaves no candidate any time"),
                (["matmul", "--shapes", "1x2"], "has sizes MxNxK"),
                (["matmul", "--shapes", "axb"], "is no shape"),
                (["matmul", "--dtype", "f17"], "no dtype 'f17'"),
                (["matmul", "--family", "gpt-9"], "no model family"),
                (["matmul", "--budget", "soon"], "is no duration"),
                (["matmul", "--strategy", "clever"], "no strategy"),
                (["matmul", "--device", "tpu"], "tpu"),
                (["import", "/nonexistent.json"], "cannot read"),
                (["matmul", "--out", "/proc/none"], "cannot make")]:
            _, errors = self.run_tune(TUNE, *arguments, "--store", str(self.store) if arguments[0] == "import" else "off", status=1)
            self.assertIn(words, errors)
            self.assertNotIn("[internal]", errors)

    def test_options_that_cannot_be(self):
        for arguments, words in [
                (["--candidates", "-1"], "not in range"),
                (["--workers", "-2"], "not in range"),
                (["--family", "bard-5m", "--shapes", "8x8x8"], "excludes")]:
            done = subprocess.run([TUNE, "matmul", *arguments], capture_output=True, text=True, timeout=60)
            self.assertGreater(done.returncode, 0)
            self.assertIn(words, done.stderr + done.stdout)

    def test_a_device_that_is_not_there_is_one_error(self):
        environment = dict(os.environ, CUDA_VISIBLE_DEVICES="")
        done = subprocess.run([TUNE, "matmul", "--family", "llama3-8b", "--device", "cuda:7", "--store", "off", "--out", str(self.out)],
                              capture_output=True, text=True, timeout=60, env=environment)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stderr.count("error:"), 1, done.stderr)

    def test_shapes_that_cannot_be_are_told_without_our_files(self):
        output, errors = self.run_tune(*self.arguments(op="scaled_dot_product_attention", shapes="1x3x2x16x16x16"), status=1)
        self.assertIn("not tuned: error: [shape]", errors)
        self.assertNotIn(".cpp", errors)
        self.assertIn("nothing was tuned", output)

    def test_a_starved_sweep_says_that_it_is_no_last_word(self):
        output, errors = self.run_tune(*self.arguments("--budget", "1ms", shapes="96x96x96"))
        self.assertRegex(errors, "give it more time")
        self.assertIn("has no choices yet", self.run_tune(TUNE, "show", "--store", str(self.store))[0])

    def test_the_bar_keeps_to_the_budget(self):
        arguments = self.arguments("--budget", "3s", "--strategy", "exhaustive", shapes="160x160x160,200x210x220")
        process, terminal = pty.fork()
        if process == 0:
            os.execv(arguments[0], arguments)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while piece := os.read(terminal, 65536):
                shown += piece
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), 0)
        os.close(terminal)
        left = [60 * int(minutes) + int(seconds) for minutes, seconds in re.findall(rb"left (\d+):(\d\d)", shown)]
        self.assertGreater(len(left), 5, shown)
        # Two shapes of three seconds, and a space that is far larger than what fits.
        self.assertLessEqual(max(left), 8, left)
        self.assertLessEqual(left[-1], 1, left)
        self.assertRegex(shown, rb"best [0-9.]+ us")

    def test_a_bad_store_is_an_error(self):
        self.store.write_text("no database " * 1000)
        _, errors = self.run_tune(*self.arguments(), status=1)
        self.assertIn("[file]", errors)
        self.assertIn("damaged or no store", errors)

    def test_what_was_tuned_travels(self):
        self.run_tune(*self.arguments("--candidates", "4", shapes="32x32x32"))
        text, _ = self.run_tune(TUNE, "export", "--store", str(self.store))
        exported = json.loads(text)
        self.assertEqual(len(exported["choices"]), 1)
        file, other = Path(self.folder.name) / "all.json", Path(self.folder.name) / "other.sqlite"
        file.write_text(text)
        self.run_tune(TUNE, "import", str(file), "--store", str(other))
        self.assertEqual(self.run_tune(TUNE, "export", "--store", str(other))[0], text)
        self.run_tune(TUNE, "merge", str(self.store), "--store", str(other))
        self.assertIn("matmul", self.run_tune(TUNE, "show", "--store", str(other))[0])

    def test_lists_what_there_is(self):
        text, _ = self.run_tune(TUNE, "list")
        for name in ["matmul", "scaled_dot_product_attention", "rms_norm", "llama3-8b", "qwen2-1.5b"]:
            self.assertIn(name, text)


if __name__ == "__main__":
    unittest.main()
