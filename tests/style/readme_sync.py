#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A fenced block after `<!-- file: path -->` in a page is the text of that file, so that what readers copy compiles.

`<!-- file: path#name -->` takes only the lines between `// [name]` and `// [/name]`. --fix rewrites the pages."""
import re
import sys
import textwrap

import project

BLOCK = re.compile(r"(<!-- file: (?P<path>[^\s#]+)(?:#(?P<region>\w+))? -->\n+```\w*\n)(?P<text>.*?)(?=^```)", re.S | re.M)


def source_text(path, region):
    text = project.read(path)
    if region:
        match = re.search(rf"^[ \t]*// \[{region}\]\n(.*?)^[ \t]*// \[/{region}\]", text, re.S | re.M)
        if not match:
            raise ValueError(f"no region {region} in {path}")
        text = textwrap.dedent(match[1])
    # The licence line is for the file, not for the reader of the page.
    return re.sub(r"\A(//|#) SPDX-License-Identifier:[^\n]*\n", "", text).strip("\n") + "\n"


def main():
    problems, checked = [], 0
    fix = "--fix" in sys.argv[1:]
    for page in project.files(".md"):
        text = project.read(page)

        def replace(match, page=page, text=text):
            nonlocal checked
            checked += 1
            number = text[:match.start()].count("\n") + 1
            try:
                wanted = source_text(match["path"], match["region"])
            except (OSError, ValueError) as error:
                problems.append(f"{page}:{number}: {error}")
                return match[0]
            if match["text"] != wanted and not fix:
                problems.append(f"{page}:{number}: differs from {match['path']} (tests/style/readme_sync.py --fix)")
            return match[1] + wanted

        fixed = BLOCK.sub(replace, text)
        if fix and fixed != text:
            (project.ROOT / page).write_text(fixed, encoding="utf-8")
    project.finish(problems, max(checked, 1))


if __name__ == "__main__":
    main()
