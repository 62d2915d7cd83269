#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the examples in the documentation true.

In every ```console block of the given Markdown files, a line "$ COMMAND" is followed by what it prints. This runs each
command with the built programs in front of PATH and compares. Usage:

    tools/docs.py BIN_FOLDER FILE...            exit 1 and show the difference where the text is wrong
    tools/docs.py --update BIN_FOLDER FILE...   rewrite the text
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.S | re.M)


def run(command, path):
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "PATH": path, "NO_COLOR": "1"})
    output = done.stdout + done.stderr
    return output if output.endswith("\n") or not output else output + "\n"


def refreshed(block, path):
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{command}\n{run(command[2:], path)}" for command in commands)


def main():
    arguments = sys.argv[1:]
    update = arguments[:1] == ["--update"]
    folder, files = arguments[update], arguments[update + 1:]
    path = f"{pathlib.Path(folder).resolve()}:{os.environ['PATH']}"
    wrong = False
    for name in files:
        old = pathlib.Path(name).read_text(encoding="utf-8")
        new = BLOCK.sub(lambda found: refreshed(found.group(1), path), old)
        if new != old and update:
            pathlib.Path(name).write_text(new, encoding="utf-8")
        elif new != old:
            wrong = True
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, "what the commands print now"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
