#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The last words of `./x test`: why tests were skipped, which failed, and 'N passed, N failed, N skipped'.

A ctest entry that runs many cases (GoogleTest, lit) leaves a report of its own, whose cases are counted one by one."""
import collections
import pathlib
import sys
import xml.etree.ElementTree as xml


def cases(report):
    try:
        return list(xml.parse(report).getroot().iter("testcase"))
    except (OSError, xml.ParseError):
        return []


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def reason(case):
    skipped = case.find("skipped")
    text = "" if skipped is None else (skipped.get("message") or skipped.text or "")
    if text.startswith("SKIP_RETURN_CODE"):
        # A script that skips says why in its last line of output.
        text = case.findtext("system-out") or text
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # GoogleTest's first line is file:line.
    return lines[-1][:100] if lines else "disabled"


def main():
    entries, reports = cases(sys.argv[1]), pathlib.Path(sys.argv[2])
    counts, reasons, failed = collections.Counter(), collections.Counter(), []
    for entry in entries:
        inner = cases(reports / f"{entry.get('name')}.xml")
        # A program that died after its report was opened, or before, is still one failure.
        if outcome(entry) == "failed" and "failed" not in map(outcome, inner):
            inner = [*inner, entry]
        for case in inner or [entry]:
            counts[outcome(case)] += 1
            if outcome(case) == "skipped":
                reasons[reason(case)] += 1
            if outcome(case) == "failed":
                name = case.get("name") if case is entry else f"{case.get('classname')}.{case.get('name')}"
                failed.append(f"{entry.get('name')}: {name}" if case is not entry else name)
    for text, count in reasons.most_common():
        print(f"skipped {count}: {text}")
    for name in failed:
        print(f"failed: {name}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    sys.exit(0 if entries and not failed else 1)


if __name__ == "__main__":
    main()
