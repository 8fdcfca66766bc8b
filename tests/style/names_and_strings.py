#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""File names say what is inside, sources carry the licence line, and some strings never land."""
import re

import project

VAGUE = re.compile(r"(^|_)(utils?|common|misc|stuff)$", re.I)
# Written in pieces, so that this file does not contain what it forbids.
FORBIDDEN = [
    (re.compile(r"\b(" + "TO" "DO" + "|" + "FIX" "ME" + "|" + "X" "XX" + r")\b"), "unfinished work"),
    (re.compile(re.escape(str(project.ROOT)) + r"\b|" + re.escape(str(project.ROOT.parent)) + r"/shared"), "a path of this machine"),
    (re.compile(r"/(home|Users)/(?!someone/)\w+/|/ro" r"ot/"), "somebody's home folder"),
    (re.compile("pypi" r"\.org|python" r"hosted\.org|registry\." "npmjs|deb" r"\.debian\.org|apt\." "llvm|archive" r"\.ubuntu\."),
     "a package registry"),
]
SPDX = "SPDX-License-Identifier: Apache-2.0"
LICENSED = (".cpp", ".h", ".td", ".py", ".cmake", "CMakeLists.txt", ".sh", ".cpp.in")
BINARY = (".safetensors", ".png", ".bin", ".gz", ".xz")


def main():
    problems = []
    everything = [path for path in project.files() if path.name != "LICENSE"]
    for path in everything:
        for part in path.parts:
            if VAGUE.search(part.split(".")[0]):
                problems.append(f"{path}: name the thing, not a place to put things")
        if path.name.endswith(BINARY):
            continue
        text = project.read(path)
        if path.name.endswith(LICENSED) and SPDX not in "\n".join(text.splitlines()[:3]):
            problems.append(f"{path}:1: no '{SPDX}' line at the top")
        if path.suffix == ".json":
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, what in FORBIDDEN:
                if pattern.search(line):
                    problems.append(f"{path}:{number}: {what}: {line.strip()[:80]}")
    project.finish(problems, len(everything))


if __name__ == "__main__":
    main()
