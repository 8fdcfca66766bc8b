#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""girih-inspect prints every stage of a kernel for every kind of target, with or without a GPU.

What only other programs can print (SASS) is skipped where they are missing; inspect has to say so."""
import re
import subprocess
import sys

# What each stage shows of any kernel; targets that have it.
GPUS = ["sm_80", "sm_90a"]
STAGES = {
    "arrangement": (GPUS + ["host"], r": grid \[.*\]\n\["),
    "arrangement.svg": (GPUS + ["host"], r"<svg .*</svg>"),
    "arrangement.json": (GPUS + ["host"], r'^{"kernel": .*"elements": \['),
    "program": (GPUS + ["host"], r"\bprogram\b"),
    "tile": (GPUS + ["host"], r"tile\.load\b.*tile\.store\b"),
    "layout": (GPUS, r"tile\.store\b.*layout|layout.*tile\.store\b"),
    "async": (GPUS, r"tile\.store(_bulk)?\b"),
    "llvm": (GPUS + ["host"], r"llvm|define"),
    "ptx": (GPUS, r"\.target {arch}\b.*\.visible \.entry"),
    "object": (["host"], r"\bret"),
    "cubin": (GPUS, r"^\x7fELF"),
    "sass": (GPUS, r"\bEXIT\b"),
}


def problem_of(program, kernel, stage, arch, pattern):
    run = subprocess.run([program, kernel, "--stage", stage, "--arch", arch], capture_output=True, check=False)
    out, err = (text.decode("latin-1") for text in (run.stdout, run.stderr))
    if run.returncode:
        told = re.search(r"\[file\] no .*: this machine cannot", err)
        return None if stage in ("cubin", "sass", "object") and told else err.strip()
    if not re.search(pattern.replace("{arch}", arch), out, re.S):
        return "does not show " + pattern
    return None


def main():
    program, kernel = sys.argv[1:]
    checked, problems = 0, []
    for stage, (targets, pattern) in STAGES.items():
        for arch in targets:
            checked += 1
            problem = problem_of(program, kernel, stage, arch, pattern)
            if problem:
                problems.append(f"{kernel} --stage {stage} --arch {arch}: {problem}")
    print("\n".join(problems))
    print(f"{checked} checked, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
