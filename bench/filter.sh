#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A capture in a temporary folder through tcpdump and superspan. Usage: filter.sh BIN_FOLDER OUT_FOLDER
set -euo pipefail
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
"$1/bench_filter" "$1/superspan" "$run" "$2/rows.jsonl"
