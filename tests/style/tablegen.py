#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every op and pass has a summary and a description; every pass has one .cpp and one lit file of its name."""
import json
import re
import subprocess
import sys

import project


def records(tblgen, includes, path):
    command = [tblgen, "--dump-json", *(f"-I{folder}" for folder in includes), str(project.ROOT / path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def key(name):
    """FoldMasks, fold-masks and fold_masks are one name; the dialect's prefix in a flag is not part of it."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"^(tile|girih)-", "", name.lower()))


def missing_text(record):
    return [field for field in ("summary", "description") if not (record.get(field) or "").strip()]


def check_pass(record, sources, lit):
    names = {key(record["!name"]), key(record["!name"].removesuffix("Pass")), key(record["argument"])}
    problems = []
    for what, stems in ((".cpp", sources), ("lit file", lit)):
        if not names & stems:
            problems.append(f"pass {record['argument']} has no {what} of its name")
    return problems


def main():
    tblgen, *includes = sys.argv[1:]
    problems, checked = [], 0
    sources = {key(path.stem) for path in project.files(".cpp", under="compiler")}
    lit = {key(path.stem) for path in project.files(".mlir", under="tests")}
    own = {path: project.read(path) for path in project.files(".td", under="compiler")}
    included = set(re.findall(r'^include "girih/([^"]+)"', "\n".join(own.values()), re.M))
    defined = {name: path for path, text in own.items() for name in re.findall(r"^\s*def\s+(\w+)", text, re.M)}
    # Files that another one includes may not stand alone, and are seen through it.
    for root in [path for path in own if str(path) not in included]:
        dump = records(tblgen, includes, root)
        kinds = dump["!instanceof"]
        ops, passes = set(kinds.get("Op", [])), set(kinds.get("PassBase", []))
        for name in sorted(defined.keys() & (ops | passes)):
            checked += 1
            record, path = dump[name], defined[name]
            problems += [f"{path}: {name} has no {field}" for field in missing_text(record)]
            if name in passes:
                problems += [f"{path}: {problem}" for problem in check_pass(record, sources, lit)]
    # Before the first .td file exists there is nothing to hold against anything.
    project.finish(problems, checked if own else 1)


if __name__ == "__main__":
    main()
