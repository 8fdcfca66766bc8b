#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs test modules of this folder. Status 77, with the reasons, when everything was skipped."""
import sys
import unittest


def main():
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    if not result.wasSuccessful() or not result.testsRun:
        sys.exit(1)
    if len(result.skipped) == result.testsRun:
        for reason in sorted({reason for _, reason in result.skipped}):
            print(f"skipped: {reason}")
        sys.exit(77)


if __name__ == "__main__":
    main()
