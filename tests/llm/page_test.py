#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What pages show of girih-llm is what it prints: each `$ command` of a console block, followed by its output.

Numbers in lines with tokens/s are those of one machine, and are not compared. --fix rewrites the pages.

page_test.py GIRIH_LLM [--fix] PAGE..."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(^```console\n)(.*?)(^```$)", re.S | re.M)
COMMAND = re.compile(r"^\$ (.*\bgirih-llm .*)$", re.M)


def printed(command, program):
    path = f"{pathlib.Path(program).parent}:{os.environ['PATH']}"
    # Pages name the program by its place in a checkout that was built as usual.
    command = command.replace("build/dev/bin/girih-llm", "girih-llm")
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env={**os.environ, "PATH": path}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=100)
    # At a terminal the bar of loading is gone when it is done.
    return re.sub(r"[^\n]*\r|\x1b\[K", "", done.stdout)


def comparable(text):
    return "\n".join(re.sub(r"\d+(\.\d+)?", "#", line) if "tokens/s" in line else line.rstrip()
                     for line in text.rstrip("\n").split("\n"))


def main():
    program, *pages = sys.argv[1:]
    fix = "--fix" in pages
    checked = failed = 0
    for page in (ROOT / each for each in pages if each != "--fix"):
        def compare(block):
            nonlocal checked, failed
            parts = COMMAND.split(block[2])
            out = parts[0]
            for command, shown in zip(parts[1::2], (each.removeprefix("\n") for each in parts[2::2])):
                checked += 1
                actual = re.sub(r" +$", "", printed(command, program), flags=re.M).rstrip("\n") + "\n"
                if comparable(actual) != comparable(shown):
                    failed += 1
                    print(f"{page.name}: $ {command}\nprints\n{actual}")
                    shown = actual
                out += f"$ {command}\n{shown}"
            return block[1] + out + block[3]

        text = page.read_text(encoding="utf-8")
        fixed = BLOCK.sub(compare, text)
        if fix and fixed != text:
            page.write_text(fixed, encoding="utf-8")
    print(f"{checked} commands, {failed} print something else")
    sys.exit(1 if failed or not checked else 0)


if __name__ == "__main__":
    main()
