// SPDX-License-Identifier: Apache-2.0
// Completion for bash. The script that bash loads only asks `superspan __complete`; the knowledge is here.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command.h"

namespace superspan::cli {

[[nodiscard]] std::string bash_script();

// Words that may stand where the last of `words` stands (which may be empty or half-written); `words` are without the
// program's name. Names of policies, taps, tools and switches come from the controller, silently nothing if it is away.
// The one word "<file>" asks the shell for file names.
[[nodiscard]] std::vector<std::string> complete(std::vector<std::string> words, std::span<const Command> commands,
                                                Terminal& terminal);

}  // namespace superspan::cli
