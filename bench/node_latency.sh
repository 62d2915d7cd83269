#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One superspan-node on a veth pair in a network namespace of its own, the benchmark as its controller.
# Usage: node_latency.sh BIN_FOLDER OUT_FOLDER
set -euo pipefail
[ "${3:-}" = inside ] || exec unshare -n -- "$0" "$1" "$2" inside
bin=$(realpath "$1") out=$(realpath "$2")
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
ip link add wire0 type veth peer name port0
for name in wire0 port0; do
  ip link set dev "$name" mtu 3500 up
done
timeout 120 "$bin/bench_node_latency" "$bin/superspan-node" "$run" "$out/rows.jsonl"
