#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Format, layers, sizes and clang-tidy. Usage: tools/lint.sh BUILD_FOLDER [--quick]   (--quick leaves clang-tidy out)
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: tools/lint.sh BUILD_FOLDER [--quick]}
failed=0

echo "lint: format"
tools/lint/format.sh || failed=1
echo "lint: layers"
python3 tools/lint/layers.py || failed=1
echo "lint: sizes"
python3 tools/lint/sizes.py || failed=1

if [ "${2:-}" != --quick ]; then
  echo "lint: clang-tidy (long the first time; what was clean is not checked again until it changes)"
  tools/lint/tidy.py "$build" || failed=1
fi
[ "$failed" -eq 0 ] && echo "lint: clean"
exit "$failed"
