#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every benchmark, writes build/bench/results.json and prints it as a table. Usage: tools/bench.sh BIN_FOLDER [NAME...]
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:?usage: tools/bench.sh BIN_FOLDER [NAME...]}
shift
[ "$(id -u)" -eq 0 ] || { echo "bench: needs root (network namespaces, Open vSwitch)" >&2; exit 2; }
names=("$@")
[ "${#names[@]}" -gt 0 ] || names=(flow_encode flow_install first_packet node_latency filter)

out=build/bench
mkdir -p "$out"
rm -f "$out/rows.jsonl"
echo "bench: $(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg), $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
failed=()
for name in "${names[@]}"; do
  echo "bench: $name"
  "bench/$name.sh" "$bin" "$out" || failed+=("$name")
done
touch "$out/rows.jsonl"
jq -s . "$out/rows.jsonl" > "$out/results.json"
jq -r '["name","unit","ours","theirs","ratio","goal","met","peer"],
       (.[] | [.name, .unit, (.ours|tostring), (.theirs|tostring), (.ratio|tostring), (.goal|tostring), (.met|tostring),
               .peer + " " + .peer_version]) | @tsv' "$out/results.json" | column -t -s $'\t'
[ "${#failed[@]}" -eq 0 ] || { echo "bench: failed, their rows are missing: ${failed[*]}" >&2; exit 1; }
