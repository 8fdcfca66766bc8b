#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One compilation as a test: it must pass, must fail with a message, or every listed header must stand alone (*_c.h as C, too)."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]


def compile_file(args, path, language=("-x", "c++", "-std=c++20")):
    """Returns (exit status, messages, seconds) of a syntax-only compilation."""
    includes = [f"-I{folder}" for folder in args.include]
    command = [args.compiler, "-fsyntax-only", *includes, *WARNINGS, *language, str(path)]
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout, time.monotonic() - start


def preprocess(args):
    includes = [f"-I{folder}" for folder in args.include]
    return [args.compiler, "-E", *includes, "-x", "c++", "-std=c++20", str(args.file)]


def check_pass(args):
    status, text, seconds = compile_file(args, args.file)
    print(f"{args.file}: {seconds:.2f} s\n{text}")
    if status != 0:
        return f"{args.file} does not compile"
    if args.max_lines:
        # What a compilation costs follows the lines that it reads, and those do not depend on the machine's load.
        text = subprocess.run(preprocess(args), stdout=subprocess.PIPE, text=True, check=True).stdout
        lines = text.count("\n")
        print(f"{lines} lines after preprocessing")
        if lines > args.max_lines:
            return f"{args.file} pulls in {lines} lines, more than {args.max_lines}"
    return None


def check_fail(args):
    status, text, _ = compile_file(args, args.file)
    print(text)
    if status == 0:
        return f"{args.file} compiles, but must not"
    if not re.search(args.regex, text):
        return f"the message does not match /{args.regex}/"
    return None


def check_headers(args):
    headers = pathlib.Path(args.file).read_text(encoding="utf-8").split()

    # Twice, so that a missing include guard shows as well.
    def one(header, folder):
        source = pathlib.Path(folder, header.replace("/", "_") + ".cpp")
        source.write_text(f'#include "{header}"\n#include "{header}"\n', encoding="utf-8")
        status, text, seconds = compile_file(args, source)
        if status == 0 and header.endswith("_c.h"):
            status, text, more = compile_file(args, source, ("-x", "c", "-std=c11"))
            seconds += more
        return header, status, text, seconds

    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda header: one(header, folder), headers))
    failed = [header for header, status, _, _ in results if status != 0]
    for header, status, text, seconds in results:
        print(f"{'FAIL' if status else 'ok  '} {seconds:5.2f} s  {header}")
        if status:
            print(text)
    return f"not self-contained: {', '.join(failed)}" if failed else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=["pass", "fail", "headers"])
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", action="append", required=True)
    parser.add_argument("--regex", default="")
    parser.add_argument("--max-lines", type=int, default=0)
    parser.add_argument("file")
    args = parser.parse_args()
    os.environ["LC_ALL"] = "C"
    error = {"pass": check_pass, "fail": check_fail, "headers": check_headers}[args.mode](args)
    if error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
