#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Budgets: no source file over 600 lines, no function over 80. Warns at 400 and 50."""
import pathlib
import re
import subprocess
import sys

FILE_FAIL, FILE_WARN = 600, 400
FUNCTION_FAIL, FUNCTION_WARN = 80, 50
# A line that opens a function body at namespace or class level: ends with ") {" and the like, not a control statement.
OPENS = re.compile(r"^\s*(?!if\b|for\b|while\b|switch\b|else\b|do\b|catch\b|namespace\b|struct\b|class\b|enum\b|union\b|return\b)"
                   r".*\)\s*(const|noexcept|override|final|mutable|->[^{;]*|\s|:.*)*\{\s*$")


def strip(line):
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    line = re.sub(r"'(\\.|[^'\\])'", "''", line)
    return line.split("//")[0]


def functions(lines):
    """Yields (first line number, length) of outermost function bodies."""
    start, depth_at_start, depth = None, 0, 0
    for number, raw in enumerate(lines, 1):
        line = strip(raw)
        if start is None and OPENS.match(line):
            start, depth_at_start = number, depth
        depth += line.count("{") - line.count("}")
        if start is not None and depth <= depth_at_start:
            yield start, number - start + 1
            start = None


def main():
    files = subprocess.run(["git", "ls-files", "*.cc", "*.h"], capture_output=True, text=True, check=True).stdout.split()
    failed = False
    for path in files:
        lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
        if len(lines) > FILE_WARN:
            failed |= len(lines) > FILE_FAIL
            print(f"{path}: {len(lines)} lines (limit {FILE_FAIL}, warning from {FILE_WARN}); split it by stage or noun")
        for start, length in functions(lines):
            if length > FUNCTION_WARN:
                failed |= length > FUNCTION_FAIL
                print(f"{path}:{start}: function of {length} lines (limit {FUNCTION_FAIL}, warning from {FUNCTION_WARN})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
