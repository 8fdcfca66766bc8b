#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No file over 600 lines, no C++ function over 60. Tables of data that cannot be split would be listed as exempt."""
import re

import project

MAX_FILE = 600
MAX_FUNCTION = 60
EXEMPT_FILES = set()
EXEMPT_FUNCTIONS = set()

SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
# `Name(...) : member` before a brace is a member initialiser, not yet the body.
INITIALISER = re.compile(r"\)\s*(noexcept\s*)?:[^{};]*[\w>]\s*$", re.S)


def functions(code):
    """Yields (first line, last line, header) of each outermost function body in comment-free C++ text."""
    line = header_line = 1
    header = ""
    stack = []  # one entry per open brace: "scope", "init", "block", or ("function", line, header)
    for char in code:
        inside = any(entry != "scope" for entry in stack)
        if char == "{":
            if inside:
                stack.append("block")
            elif INITIALISER.search(header):
                stack.append("init")
            elif "(" in header and not re.search(r"=\s*$", header) and not (SCOPE.search(header) and ")" not in header):
                stack.append(("function", header_line, " ".join(header.split())))
            else:
                stack.append("scope" if SCOPE.search(header) else "block")
            if stack[-1] != "init":
                header = ""
        elif char == "}" and stack:
            top = stack.pop()
            if isinstance(top, tuple):
                yield top[1], line, top[2]
            # A closed member initialiser must not look like one that is about to open.
            header = header + ")" if top == "init" else ""
        elif not inside:
            if char == ";":
                header = ""
            elif header.strip() or not char.isspace():
                if not header.strip():
                    header_line = line
                header += char
        line += char == "\n"


def main():
    problems = []
    sources = project.files(".cpp", ".h", ".td", ".py", ".cmake", "CMakeLists.txt", ".mlir")
    for path in sources:
        text = project.read(path)
        lines = text.count("\n")
        if lines > MAX_FILE and str(path) not in EXEMPT_FILES:
            problems.append(f"{path}: {lines} lines, more than {MAX_FILE}")
        if path.suffix not in (".cpp", ".h"):
            continue
        # Preprocessor lines would be read as part of the next declaration.
        code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", "", project.without_comments(text), flags=re.M)
        for first, last, header in functions(code):
            length = last - first + 1
            if length > MAX_FUNCTION and (str(path), header) not in EXEMPT_FUNCTIONS:
                problems.append(f"{path}:{first}: {length} lines, more than {MAX_FUNCTION}: {header[:80]}")
    project.finish(problems, len(sources))


if __name__ == "__main__":
    main()
