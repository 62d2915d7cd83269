// SPDX-License-Identifier: Apache-2.0
// What --help prints. Every text ends with a newline.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace superspan::cli {

struct ExitCode {
  int code;
  std::string_view meaning;
};
// The exit codes of every command.
[[nodiscard]] std::span<const ExitCode> exit_codes();

// "superspan capture [OPTION...] EXPR..."
[[nodiscard]] std::string usage_line(const Command& command);

[[nodiscard]] std::string command_help(const Command& command);

// All commands with their summaries; `group` "" for the whole program, "policy" for its subcommands.
[[nodiscard]] std::string overview(std::string_view group, std::span<const Command> commands);

// `text` with lines of at most `width` characters; paragraphs (separated by an empty line) and lines that begin with a
// space stay as they are.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width = 92);

}  // namespace superspan::cli
