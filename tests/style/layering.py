#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Includes point downwards only, and each outside world (MLIR, CUDA, dlopen, the environment) enters at one place."""
import re

import project

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def layer_of(path):
    return path.parts[0] if path.parts[0] in project.LAYERS else None


def include_problem(path, name):
    layer = layer_of(path)
    if name.startswith("../") or "/../" in name:
        return f'"{name}" is relative: write "girih/<layer>/..."'
    parts = name.split("/")
    if parts[0] == "girih" and layer and len(parts) > 2 and parts[1] in project.LAYERS:
        if project.LAYERS.index(parts[1]) > project.LAYERS.index(layer):
            return f"{layer}/ may not include {parts[1]}/, which is above it"
    if parts[0] == "girih" and layer and parts[1] in ("python", "tests"):
        return f"{layer}/ may not include {parts[1]}/"
    if parts[0] in ("mlir", "llvm", "mlir-c", "llvm-c") and layer != "compiler" and path.parts[0] != "tests":
        return f"{name}: only compiler/ sees MLIR and LLVM"
    # Only a test may, to hold our own declarations against a cuda.h where one is found.
    if layer and re.fullmatch(r"(.*/)?(cuda|nvrtc|cudaTypedefs|cuda_runtime(_api)?)\.h", name):
        return f"{name}: the driver is declared in runtime/cuda, no CUDA header is included"
    return None


def call_problem(path, line):
    if re.search(r"\b(dlopen|dlmopen)\s*\(", line) and path.parts[0] not in ("runtime", "tests"):
        return "dlopen outside runtime/"
    if re.search(r"\b(secure_)?getenv\s*\(", line) and str(path) != "dsl/support/env.cpp":
        return "getenv outside dsl/support/env.cpp, the registry of environment variables"
    return None


def main():
    problems = []
    sources = project.files(".cpp", ".h", ".cpp.in", ".inc")
    for path in sources:
        text = project.read(path)
        code = project.without_comments(text).splitlines()
        for number, line in enumerate(text.splitlines(), 1):
            include = INCLUDE.match(line)
            if include:
                problem = include_problem(path, include[1])
            else:
                problem = call_problem(path, code[number - 1])
            if problem:
                problems.append(f"{path}:{number}: {problem}")
    project.finish(problems, len(sources))


if __name__ == "__main__":
    main()
