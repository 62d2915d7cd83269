#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every documented command in the lab, as a person does who copies it into a terminal.

Commands are the lines of all ```sh blocks of README.md and docs/*.md; the examples of each --help must be among them.
The README's tour from `lab up` to `lab down` runs word for word, one line after the other. Every other command runs in
the state in which a person would try it: the default lab is up, and the example policy of docs/cli.md is applied and in
web.yaml. Each has a terminal of its own (pty) under `bash -o pipefail` and must end with exit code 0; one that runs until
Ctrl-C gets it after some seconds. Usage: examples.py BIN_FOLDER     (root; raises the lab)
"""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from labtest import ROOT, begin, quiet, raise_lab  # noqa: E402

CTRL_C_AFTER_S = 5
GIVE_UP_AFTER_S = 60
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.S | re.M)

# These run until somebody ends them; everything else must end by itself.
UNTIL_CTRL_C = re.compile(r"^superspan capture (?!.*-c 10\b)|--follow|^watch ")
# What a person has in front of the command: made before it runs, never part of it.
LAB_DOWN_BEFORE = re.compile(r"^superspan lab up")
# Commands for a machine that is being installed, and not a test's to run.
NOT_HERE = re.compile(r"^(apt-get|make) ")


EXAMPLE_INVENTORY = "vms: [{name: web-1, addresses: [10.1.3.2]}]\n"
EXAMPLE_TEST = """policy web: tcp port 443
packet 10.0.0.1:1000 > 10.0.0.2:443 tcp => web
packet 10.0.0.1:1000 > 10.0.0.2:53 udp => none
"""


def documented():
    """{command: file} of all of them, in the order of the text."""
    found = {}
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for block in BLOCK.finditer(path.read_text(encoding="utf-8")):
            for line in block.group(1).splitlines():
                command = re.sub(r"\s+# .*", "", line).strip()
                if command and not command.startswith("#") and not NOT_HERE.search(command):
                    found.setdefault(command, str(path.relative_to(ROOT)))
    return found


def check_help(commands):
    """The examples of --help are in the documentation, so they are run too."""
    wrong = []
    for name in re.findall(r"^## superspan (.*)$", (ROOT / "docs/cli.md").read_text(encoding="utf-8"), re.M):
        text = subprocess.run(["superspan", *name.split(), "--help"], capture_output=True, text=True, check=True).stdout
        section = re.search(r"^examples:\n(.*?)\n\n", text, re.S | re.M)
        examples = re.findall(r"^  (\S.*)$", section.group(1), re.M) if section else []
        if not examples:
            wrong.append(f"superspan {name} --help has no example")
        wrong += [f"superspan {name} --help: '{e}' is not in the documentation" for e in examples if e not in commands]
    return wrong


def example_policy():
    indented = re.search(r"^    name: web.*?(?=\n\n)", (ROOT / "docs/cli.md").read_text(encoding="utf-8"), re.S | re.M)
    return re.sub(r"^    ", "", indented.group(0), flags=re.M) + "\n"


def in_terminal(command, folder):
    """Runs the command; returns (exit code, what it printed)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(TERM="dumb", PAGER="cat", MANPAGER="cat", COLUMNS="120")
        os.execvp("bash", ["bash", "-o", "pipefail", "-c", command])
    start, pressed, output = time.monotonic(), False, b""
    while True:
        age = time.monotonic() - start
        if age > GIVE_UP_AFTER_S:
            os.killpg(pid, signal.SIGKILL)
        elif age > CTRL_C_AFTER_S and not pressed and command.startswith("trap "):
            os.write(terminal, b"\x03")
            pressed = True
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            read = os.read(terminal, 65536)
        except OSError:  # Linux says EIO when the last writer has closed
            read = b""
        if not read:
            break
        output += read
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), output.decode(errors="replace")


def prepare(command, folder):
    """The state in which a person would try the command."""
    if LAB_DOWN_BEFORE.search(command):
        quiet("superspan", "lab", "down")
        return
    status = quiet("superspan", "lab", "status", "-o", "json")
    if status.returncode != 0 or '"topology": "leaf-spine"' not in status.stdout:
        raise_lab()
    applied = quiet("superspan", "policy", "apply", "-f", f"{folder}/web.yaml")
    assert applied.returncode == 0, applied.stderr


def succeeds(command, place, folder):
    start = time.monotonic()
    # /etc is not a test's to write to: its only use in an example gets a folder of its own.
    words = command.replace("/etc/bash_completion.d", str(folder))
    if UNTIL_CTRL_C.search(command):
        # Ctrl-C reaches all programs of a pipe. Ours must end well; what jq and tshark make of it is theirs.
        words = f"trap : INT; {words}; exit ${{PIPESTATUS[0]}}"
    code, output = in_terminal(words, folder)
    good = code == 0
    print(f"{'ok  ' if good else 'FAIL'} {time.monotonic() - start:5.1f} s  {command}", flush=True)
    if not good:
        print(f"     {place}: exit code {code}; it printed:\n{output}")
    return good


def run_all(commands, folder):
    """How many fail."""
    words = list(commands)
    tour = words[words.index("superspan lab up"):words.index("superspan lab down") + 1]
    quiet("superspan", "lab", "down")
    print("the README's tour")
    failed = sum(not succeeds(command, "README.md", folder) for command in tour)
    print("every other example")
    (folder / "web.yaml").write_text(example_policy(), encoding="utf-8")
    (folder / "docs").mkdir()
    (folder / "policies").mkdir()
    (folder / "policies" / "web.yaml").write_text(example_policy(), encoding="utf-8")
    # Captures to filter, from the tour's own; policies to test.
    for command in ("cp dns.pcapng all.pcapng", "superspan filter ip -r dns.pcapng -w all.pcap", "gzip -k all.pcap"):
        assert quiet("bash", "-c", f"cd {folder} && {command}").returncode == 0, command
    (folder / "inventory.yaml").write_text(EXAMPLE_INVENTORY, encoding="utf-8")
    for place in (folder, folder / "policies"):
        (place / "web.policytest").write_text(EXAMPLE_TEST, encoding="utf-8")
    # Those that change the lab last: then it is not built anew so often.
    for command in sorted((word for word in words if word not in tour), key=lambda word: word.startswith("superspan lab")):
        prepare(command, folder)
        failed += not succeeds(command, commands[command], folder)
    return failed


def main():
    begin(sys.argv[1])
    commands = documented()
    wrong = check_help(commands)
    print("\n".join(wrong))
    with tempfile.TemporaryDirectory() as folder:
        try:
            failed = run_all(commands, pathlib.Path(folder))
        finally:
            quiet("superspan", "lab", "down")
    return 1 if wrong or failed else 0


if __name__ == "__main__":
    sys.exit(main())
