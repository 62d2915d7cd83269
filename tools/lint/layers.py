#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks from #include lines that folders only use folders below them, and that ARCHITECTURE.md lists every folder.

ALLOWED is the layering: folder -> folders whose headers it may include (itself is always allowed)."""
import pathlib
import re
import subprocess
import sys

ALLOWED = {
    "base": set(),
    "net": {"base"},
    "inventory": {"base", "net"},
    "policy": {"base", "net", "inventory"},
    "openflow": {"base", "net"},
    "fabric": {"base", "net", "inventory", "policy", "openflow"},
    "http": {"base"},
    "store": {"base", "net"},
    "recorder": {"base", "net"},
    "node": {"base", "net", "inventory", "policy", "recorder", "http"},
    "api": {"base", "net", "inventory", "policy", "openflow", "fabric", "http", "store"},
    "cli": {"base", "net", "inventory", "policy", "http", "lab"},
    "offline": {"base", "net", "inventory", "policy", "fabric", "recorder", "cli"},
    "lab": {"base", "net", "http"},
}
# The one file of the codec may see libopenvswitch; the I/O files of the node may see DPDK.
CONFINED = {
    "openvswitch/": re.compile(r"src/openflow/codec[a-z_]*\.(cc|h)|src/openflow/ovs[a-z_]*\.(cc|h)"),
    "rte_": re.compile(r"src/node/(io/|residual)[a-z_]*\.(cc|h)?|src/node/io/.*"),
    "boost/beast": re.compile(r"src/http/[a-z_]*\.(cc|h)"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]')


def layer_of(path):
    parts = pathlib.PurePath(path).parts
    return parts[1] if parts[0] == "src" else parts[0]


def problems(path, text, test):
    layer = layer_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        target = found.group(1)
        used = target.split("/")[0]
        if used in ALLOWED and layer in ALLOWED and used != layer and used not in ALLOWED[layer] and not test:
            yield f"{path}:{number}: {layer} may not use {used}; allowed: {', '.join(sorted(ALLOWED[layer])) or 'nothing'}"
        for prefix, home in CONFINED.items():
            if target.startswith(prefix) and not test and not home.fullmatch(path):
                yield f"{path}:{number}: {target} belongs behind {home.pattern}"


def main():
    files = subprocess.run(["git", "ls-files", "src", "lab"], capture_output=True, text=True, check=True).stdout.split()
    found = []
    for path in files:
        if path.endswith((".cc", ".h")):
            test = re.search(r"_(test|fuzz|bench)\.cc$", path) or "testing" in path
            found += problems(path, pathlib.Path(path).read_text(encoding="utf-8"), test)
    architecture = pathlib.Path("ARCHITECTURE.md").read_text(encoding="utf-8")
    for folder in sorted({layer_of(path) for path in files if path.startswith("src/")}):
        if folder not in ALLOWED:
            found.append(f"src/{folder}: not in the layering of tools/lint/layers.py")
        if f"`src/{folder}`" not in architecture:
            found.append(f"src/{folder}: not in the folder table of ARCHITECTURE.md")
    for listed in re.findall(r"^\| `src/([a-z]+)`", architecture, re.M):
        if not pathlib.Path("src", listed).is_dir():
            found.append(f"ARCHITECTURE.md lists src/{listed}, which does not exist")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
