// SPDX-License-Identifier: Apache-2.0
// What the long-running programs share: their log, and errors of the command line in the same words as everywhere.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace superspan::apps {

// What is left to do when a run ends with its flags: print a text and leave with the code.
struct Leave {
  std::string text;
  int code = 0;
};
// After parse() threw: help and version were asked for (0), or what is wrong and what to write instead (2).
[[nodiscard]] Leave leave(const CLI::App& app, const CLI::ParseError& error);
// Prints to standard output if all is well, else to standard error. The exit code.
[[nodiscard]] int take_leave(const Leave& leave);

// Checks of values, with remedies.
[[nodiscard]] CLI::Validator one_of(std::vector<std::string> words);
[[nodiscard]] CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);

inline const std::vector<std::string> kLogLevels{"debug", "info", "warning", "error"};
// From now on lines like "2026-11-21T10:00:00.123 info text" go to standard error. `level` is one of kLogLevels.
void open_log(const std::string& program, const std::string& level);

}  // namespace superspan::apps
