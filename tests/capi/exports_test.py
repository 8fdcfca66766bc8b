#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libgirih.so exports exactly the functions that girih_c.h declares; the Python package asks for no others."""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def declared():
    text = (ROOT / "ops/capi/girih_c.h").read_text(encoding="utf-8")
    found = re.findall(r"^GIRIH_C_API\b[^;]*?\b(girih_\w+)\(", text, re.M)
    # A function without the macro would be hidden in the library.
    everything = re.findall(r"^(?:GIRIH_C_API )?[\w *]+?\b(girih_\w+)\((?!\*)[^;]*\);", text, re.M)
    return set(found), set(everything) - set(found)


def exported(nm, library):
    listed = subprocess.run([nm, "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    names = {line.split()[-1].split("@")[0] for line in listed.splitlines()}
    return {name for name in names if not name.startswith(("__asan", "__ubsan", "__tsan", "_init", "_fini"))}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nm", required=True)
    parser.add_argument("--library", required=True)
    args = parser.parse_args()
    functions, unmarked = declared()
    there = exported(args.nm, args.library)
    python = (ROOT / "python/girih/_library.py").read_text(encoding="utf-8")
    asked = {"girih_" + name for name in re.findall(r'^    "(\w+)": \(', python, re.M)}
    problems = [f"{name} is declared without GIRIH_C_API" for name in sorted(unmarked)]
    problems += [f"{name} is declared but not exported" for name in sorted(functions - there)]
    problems += [f"{name} is exported but not declared" for name in sorted(there - functions)]
    problems += [f"{name} is called from Python but not declared" for name in sorted(asked - functions)]
    print("\n".join(problems))
    print(f"{len(functions)} declared, {len(there)} exported, {len(asked)} called from Python, {len(problems)} problems")
    sys.exit(1 if problems or len(functions) < 40 or len(asked) < 30 else 0)


if __name__ == "__main__":
    main()
