# SPDX-License-Identifier: Apache-2.0
"""The project's files and the way a style check reports: shared by the checks of this folder."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ["dsl", "compiler", "runtime", "ops", "autotune", "examples"]


def files(*suffixes, under=""):
    """Tracked and new files, as paths relative to the root, that end in one of the suffixes (all files when none)."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", under or "."],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = sorted(pathlib.PurePosixPath(name) for name in set(listed.split("\0")) if name)
    return [p for p in paths if (ROOT / p).is_file() and (not suffixes or p.name.endswith(suffixes))]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def without_comments(text):
    """C++ text whose comments and literals are blanked out, line numbers kept."""
    pattern = re.compile(
        r'R"([^\s()\\]{0,16})\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def finish(problems, checked):
    """Prints every problem; the exit status is the verdict. Checking nothing is a failure as well."""
    for problem in problems:
        print(problem)
    if not checked:
        sys.exit("nothing was checked")
    print(f"{checked} checked, {len(problems)} problems")
    sys.exit(1 if problems else 0)
