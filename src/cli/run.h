// SPDX-License-Identifier: Apache-2.0
// The whole command: words in, exit code out.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "cli/terminal.h"

namespace superspan::cli {

// 0 ok, 1 error, 2 wrong usage or bad input, 3 not found, 4 conflict, 5 denied, 6 timeout or unavailable.
[[nodiscard]] int exit_code(base::ErrorCode code);

// Runs `superspan WORDS...`. Results go to terminal.out; errors, progress and summaries to terminal.err. Never throws.
[[nodiscard]] int run(std::span<const std::string> words, Terminal& terminal);

}  // namespace superspan::cli
