#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a reader relies on: links lead somewhere, flags exist, files that are shown are accepted, the README is short.

Usage: pages.py BIN_FOLDER      examples.py (lab) and tools/docs.py run the commands on the pages.
"""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
README_LINES_MAX = 60
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.S | re.M)
wrong = []


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def check_links():
    pages = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for page in pages:
        prose = FENCE.sub("", text_of(page))
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            file, _, anchor = target.partition("#")
            path = (ROOT / page).parent / file if file else ROOT / page
            if "://" in target:
                continue
            if not path.exists():
                wrong.append(f"{page}: nothing is at {target}")
            elif anchor and path.suffix == ".md":
                headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
                names = {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
                if anchor not in names:
                    wrong.append(f"{page}: {file or page} has no heading #{anchor}")


def check_readme():
    readme = text_of("README.md")
    if len(readme.splitlines()) > README_LINES_MAX:
        wrong.append(f"README.md: {len(readme.splitlines())} lines, {README_LINES_MAX} allowed")
    if not re.search(r"!\[[^]]+\]\([^)]+\.(svg|png)\)", readme):
        wrong.append("README.md: no picture")
    for fence in FENCE.finditer(readme):
        if fence.group(1) != "sh":
            wrong.append(f"README.md: a block marked '{fence.group(1)}' is run by no test; mark it sh")
    for command in re.findall(r"`(superspan\S* [^`]*)`", FENCE.sub("", readme)):
        program = command.split()[0]
        if program == "superspan":
            continue  # examples.py runs those
        known = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
        for flag in re.findall(r"(?<= )--[a-z-]+", command):
            if not re.search(rf"{flag}\b", known):
                wrong.append(f"README.md: {program} has no flag {flag}")
        for required in re.findall(r"(--[a-z-]+) \S+ REQUIRED", known):
            if required not in command:
                wrong.append(f"README.md: {program} needs {required}")


def check_fabric_file():
    """superspand accepts the file that the page shows."""
    for fence in FENCE.finditer(text_of("docs/fabric-file.md")):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "fabric.yaml").write_text(fence.group(2), encoding="utf-8")
            words = ["superspand", "--fabric", folder / "fabric.yaml", "--state", folder / "state", "--listen", "127.0.0.1:0",
                     "--socket", folder / "api.sock", "--openflow", "tcp:127.0.0.1:0"]
            with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
                for _ in range(200):
                    if (folder / "api.sock").exists() or process.poll() is not None:
                        break
                    time.sleep(0.05)
                process.send_signal(signal.SIGTERM)
                said = process.communicate(timeout=20)[0]
                if process.returncode != 0:
                    wrong.append(f"docs/fabric-file.md: superspand refuses the file:\n{said}")


def check_flows():
    """The flows on the page are those of the golden test."""
    golden = re.sub(r'"\s*\n\s*"', "", text_of("src/fabric/pipeline_test.cc"))
    for fence in FENCE.finditer(text_of("docs/openflow-pipeline.md")):
        for line in fence.group(2).splitlines():
            if not all(part in golden for part in line.split("...")):
                wrong.append(f"docs/openflow-pipeline.md: not in src/fabric/pipeline_test.cc: {line}")


def main():
    os.environ["PATH"] = f"{pathlib.Path(sys.argv[1]).resolve()}:{os.environ['PATH']}"
    check_links()
    check_readme()
    check_fabric_file()
    check_flows()
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
