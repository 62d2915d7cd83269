// SPDX-License-Identifier: Apache-2.0
// The whole command: words in, exit code out.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "cli/commands.h"
#include "cli/terminal.h"

namespace superspan::cli {

// Runs `superspan WORDS...` with these commands. Results go to terminal.out; errors, progress and summaries to
// terminal.err. Never throws.
[[nodiscard]] int run(std::span<const std::string> words, Terminal& terminal,
                      std::span<const Command> known = commands());

}  // namespace superspan::cli
