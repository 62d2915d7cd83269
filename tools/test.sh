#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every test of a built preset and says loudly what was skipped and why. Usage: tools/test.sh PRESET
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-dev}
log=build/$preset/test.log

set +e
ctest --preset "$preset" --output-on-failure -j 1 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
set -e

if grep -q 'Not Run\|Skipped' "$log"; then
  echo
  echo "SKIPPED (these prove nothing until they run):"
  grep -E '\*\*\*(Skipped|Not Run)' "$log" | sed 's/^ */  /'
fi
exit "$status"
