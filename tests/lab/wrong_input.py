#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wrong input everywhere: an error with place, reason and remedy, the documented exit code, and nothing breaks.

wrong_input.test has the commands with what they print, whole. In it, `api METHOD TARGET [BODY]` asks the controller and
prints status, and for each error the pointer, the reason and the remedy.
Behind it, wrong OpenFlow bytes are sent to the port where the switches are. Usage: wrong_input.py BIN_FOLDER
"""
import difflib
import json
import os
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from labtest import ROOT, RUN_DIR, begin, lab, quiet  # noqa: E402

OPENFLOW = ("10.213.0.1", 6653)
CLOSED_WITHIN_S = 13  # the session's handshake timeout is 10 s
API = f"""
api() {{
  curl -sS -m 20 --unix-socket {RUN_DIR}/superspand.sock -X "$1" -H "Authorization: Bearer $(cat {RUN_DIR}/token)" \
    ${{3:+--data-binary "$3"}} "http://lab$2" |
    jq -r '.status, (.errors[]? | "\\(.pointer // "-"): \\(.detail) (\\(.hint // "no remedy"))")'
}}
"""


def cases():
    """Yields (line number, why, command, what it prints, exit code)."""
    why, command, output = "", None, []
    for number, line in enumerate((ROOT / "tests/lab/wrong_input.test").read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# ") and command is None:
            why = line[2:]
        elif line.startswith("$ "):
            command, output, at = line[2:], [], number
        elif line.startswith("exit ") and command is not None:
            yield at, why, command, output, int(line.split()[1])
            command = None
        elif command is not None:
            output.append(line)
    assert command is None, "the last case has no exit code"


def same(wanted, got):
    pattern = ""
    for line in wanted:
        pattern += r"(.*\n)*" if line == "..." else ".*".join(re.escape(part) for part in line.split("...")) + "\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in got)) is not None


def check_commands(folder):
    failed = 0
    for number, why, command, wanted, code in cases():
        done = subprocess.run(["bash", "-c", API + command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=60)
        got = (done.stdout + done.stderr).splitlines()
        if done.returncode == code and same(wanted, got):
            continue
        failed += 1
        print(f"wrong_input.test:{number}: {why}\n$ {command}\nexit {done.returncode}, wanted {code}")
        print("\n".join(difflib.unified_diff(wanted, got, "wanted", "printed", lineterm="")))
    return failed


def message(kind, body=b"", version=4, length=None):
    return struct.pack("!BBHI", version, kind, 8 + len(body) if length is None else length, 1) + body


HELLO = message(0)


def features(datapath):
    return message(6, struct.pack("!QIBBHII", datapath, 0, 254, 0, 0, 0x4f, 0))


# Why, and what the peer sends. It then waits; the controller must close the connection.
WRONG_BYTES = [
    ("nothing at all", b""),
    ("half a header", HELLO[:5]),
    ("a length below that of a header", message(0, length=7)),
    ("a length of 65535, and nothing behind the header", message(0, length=65535)),
    ("a version that does not exist", message(0, version=99)),
    ("HTTP", b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"),
    ("TLS on a port without TLS", bytes.fromhex("16030100c8010000c40303") + bytes(189)),
    ("a hello, and nothing more", HELLO),
    ("a hello, and half of a features reply", HELLO + features(1)[:20]),
    ("a features reply before any hello", features(1)),
    ("a peer that claims to be filter1 and says no more", HELLO + features(1)),
    ("a switch that the fabric does not have", HELLO + features(0xdead)),
    ("a features reply that is too short for its type", HELLO + message(6, bytes(4))),
    ("a flow removed message during the handshake, cut short", HELLO + message(11, bytes(3))),
    ("a multipart reply that nobody asked for", HELLO + message(19, bytes(8))),
    ("a hello with elements that are longer than it", message(0, struct.pack("!HH", 1, 200))),
]


def random_bytes():
    seed = int(os.environ.get("SUPERSPAN_SEED", time.time_ns() % 1_000_000))
    print(f"SUPERSPAN_SEED={seed}")
    generator = random.Random(seed)
    for index in range(20):
        kind, size = generator.randrange(36), generator.randrange(60)
        body = generator.randbytes(size)
        yield (f"random message {index} of type {kind}, {size} bytes",
               HELLO + features(0xdead0000 + index) + message(kind, body, length=8 + generator.randrange(70)))


def closes(connection, until):
    """Whether the other side closes the connection in time; what it says before is read and thrown away."""
    while (left := until - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            if not connection.recv(65536):
                return True
        except ConnectionError:
            return True
        except TimeoutError:
            break
    return False


def health():
    return json.loads(quiet("superspan", "health", "-o", "json").stdout)


def processes():
    report = json.loads(quiet("superspan", "lab", "status", "-o", "json").stdout)
    return {process["name"]: process["pid"] for process in report["processes"] if process["running"]}


def check_openflow():
    before, mods = processes(), quiet("superspan", "switches", "-o", "json").stdout.count('"synced"')
    connections = []
    for why, data in [*WRONG_BYTES, *random_bytes()]:
        connection = socket.create_connection(OPENFLOW, timeout=5)
        if data:
            connection.sendall(data)
        connections.append((why, connection))
    # Half of a message, and the peer goes away.
    for cut in range(1, 40):
        with socket.create_connection(OPENFLOW, timeout=5) as connection:
            connection.sendall((HELLO + features(1))[:cut])
    failed = 0
    until = time.monotonic() + CLOSED_WITHIN_S
    for why, connection in connections:
        if not closes(connection, until):
            failed += 1
            print(f"OpenFlow: {why}: the controller keeps the connection")
        connection.close()
    if processes() != before:
        failed += 1
        print(f"OpenFlow: processes were {before}, are {processes()}")
    said = health()
    if said["switches_synced"] != said["switches"] or mods != said["switches"]:
        failed += 1
        print(f"OpenFlow: {said}")
    difference = quiet("superspan", "flows", "--diff")
    if difference.returncode != 0 or difference.stdout:
        failed += 1
        print(f"OpenFlow: flows differ:\n{difference.stdout}{difference.stderr}")
    print(f"OpenFlow: {len(connections)} wrong peers, each closed")
    return failed


def main():
    begin(sys.argv[1])
    with lab("--no-traffic"), tempfile.TemporaryDirectory() as folder:
        failed = check_commands(folder)
        failed += check_openflow()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
