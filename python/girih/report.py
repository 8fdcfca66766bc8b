# SPDX-License-Identifier: Apache-2.0
"""Benchmark results: one aligned line each, and a JSON file in the folder that $OUT names."""
import json
import os
import pathlib
import platform
import sys
import time


class Report:
    """Prints rows as they come: what was measured, by whom, a time, a rate, and a ratio."""

    def __init__(self, name, device):
        self.name = name
        self.rows = []
        self.about = {
            "command": " ".join(["python3", "-m", f"girih.{name}", *sys.argv[1:]]), "device": device,
            "python": platform.python_version(), "date": time.strftime("%Y-%m-%d")}

    def row(self, what, who, seconds, rate=None, unit="", ratio=None, versus="", note="", spread=None):
        """`ratio` is this time over that of `versus`."""
        self.record(what=what, who=who, seconds=seconds, spread=spread, rate=rate, unit=unit, ratio=ratio, versus=versus, note=note)
        text = f"{what:<30} {who:<10} {seconds * 1e6:12.2f} us"
        text += f" {rate:9.1f} {unit:<8}" if rate is not None else " " * 19
        text += f" {ratio:6.2f} x {versus:<8}" if ratio is not None else " " * 18
        if spread is not None:
            text += f" +-{100 * spread:4.1f} %"
        print(f"{text} {note}".rstrip(), flush=True)

    def record(self, **row):
        """A row of the file that is not printed."""
        self.rows.append(row)

    def finish(self):
        """Writes the JSON file where $OUT is set."""
        folder = os.environ.get("OUT")
        if folder:
            path = pathlib.Path(folder, f"{self.name.replace('.', '_')}.json")
            path.write_text(json.dumps({**self.about, "rows": self.rows}, indent=1) + "\n", encoding="utf-8")
            print(f"written: {path}")


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def spread(values):
    """Half the distance between the quartiles over the median."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return (ordered[-1 - quarter] - ordered[quarter]) / 2 / median(ordered)
