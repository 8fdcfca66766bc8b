# SPDX-License-Identifier: Apache-2.0
"""Writes what was measured and tested into docs/operators.md:
python3 -m girih.peers.op_figures [BENCH.json] [--status OPS.json ...] [--page FILE]

BENCH.json is what `./x bench ops` leaves in $OUT, each OPS.json what `./x ops --json` prints, of a machine without a GPU and of
one that has one, say: an operator has passed on an executor where one of them says so, and has failed where one says that. The
text between the two marks of each kind is replaced; without --status that of the tests stays."""
import argparse
import json
import pathlib
import re

from girih._library import lib, take_text
from girih.peers.op_bench import TIE
from girih.peers.op_timed import UNTIMED

FIGURES, STATUS = "figures", "status"
EXECUTORS = ("interpreter", "host", "cuda")
OPERATOR = re.compile(r"^\| `(\w+)` \|", re.M)
_HEAD = "| operator | case | time | rate | torch | compiled | ceiling |\n|---|---|---|---|---|---|---|\n"


def between(text, mark):
    """Begin and end in a page of what stands between the marks of this name."""
    begin, end = (text.index(f"<!-- {each}{mark} -->") for each in ("", "end of "))
    return begin + len(f"<!-- {mark} -->\n"), end


def replaced(text, mark, new):
    begin, end = between(text, mark)
    return f"{text[:begin]}\n{new.strip()}\n\n{text[end:]}"


def operators_in(text):
    """Names of the operators that have rows between the marks."""
    begin, end = between(text, FIGURES)
    return set(OPERATOR.findall(text[begin:end]))


def cases(rows):
    """Rows by operator and case, each as a dict by who was timed."""
    found = {}
    for row in rows:
        found.setdefault(row["op"], {}).setdefault((row["shape"], row["graph"]), {})[row["who"]] = row
    return found


def three_digits(number):
    return f"{number:.{0 if number >= 100 else 1 if number >= 10 else 2}f}"


def time_text(seconds):
    micros = seconds * 1e6
    return f"{three_digits(micros)} us" if micros < 1000 else f"{three_digits(micros / 1000)} ms"


def ratio_text(row, least):
    """How many times as long it took; in bold where that is less than it should be."""
    if row is None:
        return ""
    text = f"{row['ratio']:.2f}"
    return f"**{text}**" if least is not None and row["ratio"] < least else text


def case_line(name, case, by_who):
    shape, graph = case
    mine = by_who["girih"]
    peers = [ratio_text(by_who.get(who), 1 - TIE) for who in ("torch", "compiled")]
    cells = [f"`{name}`", shape + (", graph" if graph else ""), time_text(mine["seconds"]), f"{three_digits(mine['rate'])} {mine['unit']}",
             *peers, ratio_text(by_who.get("ceiling"), mine["asked"])]
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in cells)}|\n"


def figures(about):
    """The text of a bench's file: a table for each kind of operator."""
    found, text, category = cases(about["rows"]), "", None
    text += (f"One {about['device']}, {about['date']}: `{about['command']}`, {sum(map(len, found.values()))} cases. Times are Girih's; "
             "`torch`, `compiled` (torch.compile) and `ceiling` (a plain kernel\nthat reads and writes as much) say how many times as long "
             "these take in the same run: below 1 they are faster. In bold is what is slower\nthan PyTorch's, or further from the ceiling "
             "than is asked. `graph`: in the replay of a graph; others with cold caches. Floats are\nbf16 where a case names no dtype.\n")
    for op in json.loads(take_text(lib.ops_json)):
        if op["category"] != category:
            category = op["category"]
            text += f"\n#### Figures: {category}\n\n{_HEAD}"
        name = op["name"]
        if name not in found:
            text += f"| `{name}` | {UNTIMED.get(name, 'not timed in this run')} | | | | | |\n"
        text += "".join(case_line(name, case, by_who) for case, by_who in found.get(name, {}).items())
    return text


def status_of(tests):
    """What several runs say of an operator on one executor."""
    return next((each for each in ("failed", "passed") if each in tests), "not run")


def status(lists):
    """A table with a line for the operators of which the runs say the same."""
    said = {}
    for op in lists[0]:
        tests = [each["tests"] for ops in lists for each in ops if each["name"] == op["name"]]
        key = tuple(status_of({each[executor]["status"] for each in tests}) for executor in EXECUTORS)
        said.setdefault(key, []).append(op["name"])
    most = max(said.values(), key=len)
    text = f"| operators | {' | '.join(EXECUTORS)} |\n|---|---|---|---|\n"
    for key, names in sorted(said.items(), key=lambda each: -len(each[1])):
        shown = f"all {len(names)} others" if names is most and len(said) > 1 else f"all {len(names)}"
        text += f"| {shown if names is most else ', '.join(f'`{name}`' for name in names)} | {' | '.join(key)} |\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=pathlib.Path, nargs="?", help="what ./x bench ops wrote; without it figures stay")
    parser.add_argument("--status", type=pathlib.Path, nargs="*", default=[], help="what ./x ops --json printed")
    parser.add_argument("--page", type=pathlib.Path, default=pathlib.Path("docs/operators.md"))
    options = parser.parse_args()
    page = options.page.read_text(encoding="utf-8")
    if options.bench:
        page = replaced(page, FIGURES, figures(json.loads(options.bench.read_text(encoding="utf-8"))))
    if options.status:
        page = replaced(page, STATUS, status([json.loads(each.read_text(encoding="utf-8")) for each in options.status]))
    options.page.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
