#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over every built source of the repository. Usage: tidy.py BUILD_FOLDER [-j JOBS] [PATH_PREFIX...]

A source that was clean is remembered below $SUPERSPAN_CACHE (~/.cache/superspan) under the digest of all that decides:
its text, the headers that it includes, its compile command, .clang-tidy and clang-tidy itself. It is not checked again
until one changes, in no clone."""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

TIDY = "clang-tidy-19"
# Nobody waits for the copies that a test makes, nobody copies a fixture, and file modes are best read in octal.
NOT_IN_TESTS = ",".join((
    "-performance-*",
    "-cppcoreguidelines-special-member-functions",
    "-clang-analyzer-optin.core.EnumCastOutOfRange",
))
FINDING = re.compile(r"^(?=/.*: (?:warning|error): )", re.MULTILINE)
ROOT = pathlib.Path(__file__).resolve().parents[2]


def included(build):
    """Object file -> the files that it was built from, as ninja recorded them; system headers left out."""
    result, current = {}, None
    for line in subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout.splitlines():
        if line.startswith("    "):
            path = (build / line.strip()).resolve()
            if path.is_relative_to(ROOT):
                current.append(path)
        elif ":" in line:
            current = result.setdefault(line.split(":")[0], [])
    return result


def digest(common, command, sources):
    sha = hashlib.sha256(common)
    sha.update(command.replace(str(ROOT), ".").encode())
    for path in sorted(set(sources)):
        sha.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()


def check(build, source, stamp):
    """Returns the findings of one source; none when it is clean, which is then remembered."""
    if stamp.exists():
        return ""
    command = [TIDY, "-p", str(build), "--quiet", "--extra-arg=-Wno-unknown-warning-option", str(source)]
    if source.name.endswith("_test.cc"):
        command.append("--checks=" + NOT_IN_TESTS)
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode == 0:
        stamp.touch()
        return ""
    return ran.stdout or ran.stderr


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("build", type=pathlib.Path)
    arguments.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    arguments.add_argument("prefixes", nargs="*")
    given = arguments.parse_intermixed_args()
    build = given.build.resolve()
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    stamps = pathlib.Path(os.environ.get("SUPERSPAN_CACHE") or pathlib.Path(home) / "superspan") / "tidy"
    stamps.mkdir(parents=True, exist_ok=True)

    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    headers = included(build)
    work = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if given.prefixes and not str(source.relative_to(ROOT)).startswith(tuple(given.prefixes)):
            continue
        output = re.search(r" -o (\S+)", entry["command"]).group(1)
        sources = [source, *headers.get(output, [])]
        work.append((source, stamps / digest(common, entry["command"], sources)))

    # What is found in a header that many sources include is printed once.
    seen, failed = set(), 0
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        for output in pool.map(lambda item: check(build, *item), work):
            failed += bool(output)
            for finding in FINDING.split(output):
                if finding not in seen:
                    print(finding, end="", flush=True)
                seen.add(finding)
    print(f"{len(work)} sources, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
