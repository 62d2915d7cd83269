#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: flow_encode.sh BIN_FOLDER OUT_FOLDER
set -euo pipefail
"$1/bench_flow_encode" "$2/rows.jsonl"
