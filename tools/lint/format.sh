#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every C++ file is as clang-format 19 writes it (make format).
cd "$(dirname "$0")/../.." && git ls-files '*.cc' '*.h' | xargs clang-format-19 --dry-run -Werror
