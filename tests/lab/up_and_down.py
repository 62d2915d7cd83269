#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`lab up` with everything in it: within 30 s, with progress; `lab down` leaves nothing; two at once do not harm.

Usage: up_and_down.py BIN_FOLDER
"""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from labtest import begin, quiet  # noqa: E402

UP_WITHIN_S = 30
DOWN_WITHIN_S = 10
wrong = []


def expect(condition, what):
    if not condition:
        wrong.append(what)
        print(f"wrong: {what}", flush=True)


def processes():
    """Those with a file of the lab on their command line, and those in a network namespace other than ours."""
    ours, found = os.readlink("/proc/self/ns/net"), []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            elsewhere = os.readlink(folder / "ns/net") != ours
        except OSError:  # it has ended meanwhile, or is a zombie
            continue
        if elsewhere or "/run/superspan" in words:
            found.append(f"{folder.name} {words}")
    return "\n".join(sorted(found)) + "\n"


def traces():
    """What a lab could leave behind."""
    shell = {
        "namespaces": "ip netns list; ls /run/netns /etc/netns 2>/dev/null",
        "interfaces": "ip -o link | cut -d: -f2",
        "addresses and routes": "ip -o addr; ip route; ip -6 route",
        "files": "find /run/superspan /run/openvswitch /var/log/openvswitch /var/lib/nginx /var/log/nginx /run/dpdk "
                 "/var/lib/superspan /etc/openvswitch /dev/hugepages -mindepth 0 2>/dev/null | sort",
        "listening": "ss -Hlntup | grep -E ':(6653|8600)'",
        "kernel": "sysctl -n net.core.rmem_default net.core.rmem_max net.ipv4.ip_forward; tc qdisc show | sort",
    }
    return {"processes": processes()} | {what: quiet("sh", "-c", command).stdout for what, command in shell.items()}


def timed_up(*flags):
    """Runs `lab up`; returns its process, when each line of progress came, and what it printed on standard output."""
    start = time.monotonic()
    with subprocess.Popen(["superspan", "lab", "up", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
        lines = [(time.monotonic() - start, line.rstrip()) for line in up.stderr]
        printed = up.stdout.read()
    for at, line in lines:
        print(f"  {at:5.1f} s  {line}")
    return up.returncode, time.monotonic() - start, lines, printed


def check_topology(before, *flags):
    code, seconds, lines, printed = timed_up(*flags)
    expect(code == 0, f"`lab up {' '.join(flags)}` ends with {code}")
    expect(seconds <= UP_WITHIN_S, f"`lab up` takes {seconds:.1f} s")
    expect(len(lines) >= 5, "progress has a line for each step")
    expect(len(lines) < 2 or lines[0][0] < seconds / 2, "progress comes while the lab is built, not at the end")
    expect("superspan capture" in printed, "`lab up` says what to try next")
    status = json.loads(quiet("superspan", "lab", "status", "-o", "json").stdout)
    expect(status["up"] and all(p["running"] for p in status["processes"]), "everything runs")
    health = json.loads(quiet("superspan", "health", "-o", "json").stdout)
    expect(health["switches_synced"] == health["switches"] and health["nodes_up"] == health["nodes"],
           f"switches and nodes are there when `lab up` returns: {health}")
    # Something to clean up: a policy that records, a reader that still runs, a restarted process.
    quiet("superspan", "policy", "apply", "-f", "lab/demo-policies.yaml")
    quiet("superspan", "lab", "restart", "superspand")
    with subprocess.Popen(["superspan", "capture", "tcp", "-w", "/dev/null"], stderr=subprocess.DEVNULL) as reader:
        time.sleep(1)
        start = time.monotonic()
        expect(quiet("superspan", "lab", "down").returncode == 0, "`lab down` succeeds")
        seconds = time.monotonic() - start
        print(f"  down in {seconds:.1f} s")
        expect(seconds <= DOWN_WITHIN_S, f"`lab down` takes {seconds:.1f} s")
        try:
            reader.wait(30)
        except subprocess.TimeoutExpired:
            reader.kill()
            expect(False, "a capture ends when its controller is gone")
    expect_same(before)


def expect_same(before):
    for what, now in traces().items():
        expect(now == before[what], f"{what} are as before:\n{before[what]}now:\n{now}")


def check_two_at_once(before):
    ups = [subprocess.Popen(["superspan", "lab", "up", "--no-traffic"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
           for _ in range(2)]
    said = {up.pid: up.communicate(timeout=60)[1] for up in ups}
    codes = {up.pid: up.returncode for up in ups}
    expect(sorted(codes.values()) == [0, 4], f"one of two `lab up` at once is refused: {codes}")
    if sorted(codes.values()) == [0, 4]:
        winner, loser = sorted(codes, key=codes.get)
        print("  " + said[loser].replace("\n", "\n  ").rstrip())
        expect(f"process {winner}, `superspan lab up --no-traffic`" in said[loser], "the refused one is told who has the lab")
        expect(quiet("superspan", "lab", "status").returncode == 0, "the lab of the other one is whole")
    quiet("superspan", "lab", "down")
    expect_same(before)


def main():
    begin(sys.argv[1])
    quiet("superspan", "lab", "down")
    before = traces()
    try:
        check_topology(before)
        check_topology(before, "--topology", "one-switch")
        check_two_at_once(before)
    finally:
        quiet("superspan", "lab", "down")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
