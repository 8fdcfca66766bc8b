#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A name is defined once. The bundle links all tests into one program, where of two classes or inline functions of one name
(namespace and parameters included) the linker keeps either, and one of the two tests tests something else."""
import collections
import re

import project

NAMESPACE = re.compile(r"(?:inline )?namespace(?: ([\w:]+))? \{$")
CLASS = re.compile(r"(?:class|struct) (\w+)(?: final)?(?: :[^;]*)? \{")
FUNCTION = re.compile(r"(?:constexpr )?inline [^(=;]*?(\w+)\(([^)]*)")


def definitions(text):
    """(namespace, name, line) of every class and inline function of a namespace that has a name."""
    open_namespaces = []
    lines = project.without_comments(text).splitlines()
    for number, (line, whole) in enumerate(zip(lines, text.splitlines()), 1):
        namespace = NAMESPACE.match(line)
        if namespace:
            open_namespaces.append(namespace[1])
        elif whole.startswith("} // namespace"):
            open_namespaces.pop()
        if not open_namespaces or None in open_namespaces:
            continue
        where = "::".join(open_namespaces)
        definition = CLASS.match(line)
        if definition:
            yield where, definition[1], number
        inline = FUNCTION.match("\n".join(lines[number - 1:number + 7])) if "inline " in line else None
        if inline:
            yield where, f"{inline[1]}({' '.join(inline[2].split())})", number


def problems_of(texts):
    """Of (path, text): every definition of a name that has several."""
    seen = collections.defaultdict(list)
    for path, text in texts:
        for where, name, number in definitions(text):
            seen[where, name].append(f"{path}:{number}")
    return [f"{places[0]}: {where}::{name} is defined in {', '.join(places[1:])}, too"
            for (where, name), places in seen.items() if len(places) > 1]


def main():
    sources = project.files(".cpp", ".h")
    project.finish(problems_of((path, project.read(path)) for path in sources), len(sources))


if __name__ == "__main__":
    main()
