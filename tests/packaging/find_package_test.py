#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the build into a scratch folder, then configures, builds and runs a consumer that knows only that folder."""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile


def run(*command):
    print("$", *command, flush=True)
    return subprocess.run([str(word) for word in command], check=True, text=True, stdout=subprocess.PIPE).stdout


def check_installed_headers(prefix):
    """No installed header may name MLIR, LLVM or CUDA, nor this build tree."""
    for header in prefix.rglob("*.h"):
        found = re.search(r'#\s*include\s*[<"](mlir|llvm|cuda)[^>"]*', header.read_text(encoding="utf-8"))
        if found:
            sys.exit(f"{header.relative_to(prefix)} has {found[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("cmake", "build", "source", "cc", "cxx"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        prefix, build = pathlib.Path(scratch, "prefix"), pathlib.Path(scratch, "build")
        run(args.cmake, "--install", args.build, "--prefix", prefix)
        check_installed_headers(prefix)
        run(args.cmake, "-G", "Ninja", "-S", args.source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
            f"-DCMAKE_C_COMPILER={args.cc}", f"-DCMAKE_CXX_COMPILER={args.cxx}")
        run(args.cmake, "--build", build)
        output = run(build / "consumer")
    print(output)
    if "girih 0." not in output:
        sys.exit("the consumer did not print the version")


if __name__ == "__main__":
    main()
