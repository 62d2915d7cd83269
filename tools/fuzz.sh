#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target for a while, from its committed seeds. Usage: SECONDS_EACH=30 tools/fuzz.sh BIN_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:?usage: tools/fuzz.sh BIN_FOLDER}
seconds=${SECONDS_EACH:-30}
failed=0
for target in "$bin"/fuzz_*; do
  name=$(basename "$target" | sed 's/^fuzz_//')
  corpus=build/fuzz/corpus/$name
  seeds=fuzz/seeds/$name
  mkdir -p "$corpus"
  echo "fuzz: $name for $seconds s"
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 \
    -artifact_prefix="build/fuzz/$name-" "$corpus" $([ -d "$seeds" ] && echo "$seeds") || failed=1
done
exit "$failed"
