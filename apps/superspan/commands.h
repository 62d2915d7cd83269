// SPDX-License-Identifier: Apache-2.0
// All commands of the program `superspan`: those that talk to a controller, and those that work on files alone.
#pragma once

#include <span>

#include "cli/command.h"

namespace superspan {

// In the order of the overview.
[[nodiscard]] std::span<const cli::Command> program_commands();

}  // namespace superspan
