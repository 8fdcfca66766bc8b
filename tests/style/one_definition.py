#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A name is defined once. The bundle links all tests into one program, where of two classes or inline functions of one name
(namespace and parameters included) the linker keeps either, and one of the two tests tests something else."""
import collections
import re

import project

NAMESPACE = re.compile(r"(?:inline )?namespace(?: ([\w:]+))? \{$")
# What a statement begins with, by quoted().
CLASS = re.compile(r"(?:template ?‹.*› )?(?:class|struct|enum class) (\w+)(?: final)?(?: ?:[^:].*)?$")
FUNCTION = re.compile(r"(?:\[\[\w+\]\] )?(?:constexpr inline|inline|constexpr) [^(=]*?(\w+)\((.*)\)[^()]*$")
PARAMETER_NAME = re.compile(r"(?: |(?<=[&*]))\w+$")
LINES_OF_A_HEAD = 12


def quoted(text):
    """Text with template arguments in other brackets and without marks of its own, also those in one another."""
    other = re.sub(r"<([^<>]*)>", lambda match: "‹" + re.sub(r"[(),=]", ".", match[1]) + "›", text)
    return other if other == text else quoted(other)


def types_of(parameters):
    """Parameters without their names and defaults."""
    types = []
    for parameter in filter(None, (each.split("=")[0].strip() for each in parameters.split(","))):
        types.append(PARAMETER_NAME.sub("", parameter).strip() if " " in parameter.replace("const ", "") else parameter)
    return ", ".join(types)


def head_at(lines):
    """What a statement begins with, up to its body; nothing where it has none."""
    head = " ".join(" ".join(lines[:LINES_OF_A_HEAD]).split())
    end = re.search(r"[{;]", head)
    return head[:end.start()].strip() if end and end[0] == "{" else ""


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
        if not open_namespaces or None in open_namespaces or not re.match(r"[a-z\[]", line):
            continue
        where, head = "::".join(open_namespaces), quoted(head_at(lines[number - 1:]))
        found = CLASS.match(head)
        if found:
            yield where, found[1], number
        found = FUNCTION.match(head)
        if found:
            yield where, f"{found[1]}({types_of(found[2])})", number


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
