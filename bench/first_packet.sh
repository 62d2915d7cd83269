#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Raises the lab without background traffic and runs bench_first_packet in it. Usage: first_packet.sh BIN_FOLDER OUT_FOLDER
set -euo pipefail
bin=$1 out=$2
trap '"$bin/superspan" lab down > /dev/null' EXIT
"$bin/superspan" lab up --no-traffic > /dev/null
"$bin/bench_first_packet" "$(cat /run/superspan/lab/endpoint)" /run/superspan/lab/token leaf1-host1 ss-host1 eth0 "$out/rows.jsonl"
