// SPDX-License-Identifier: Apache-2.0
// From the words of the command line to a command and its checked arguments (CLI11 underneath).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command.h"

namespace superspan::cli {

struct Parsed {
  const Command* command = nullptr;  // null: help for `group`
  std::string group;                 // "" for the whole program, "policy" for `superspan policy --help`
  bool help = false;
  Arguments arguments;
};

// `words` are the arguments without the program's name. All errors are kInvalid, say what is wrong with which word and
// name the nearest known words.
[[nodiscard]] base::Result<Parsed> parse(std::span<const std::string> words, std::span<const Command> commands);

}  // namespace superspan::cli
