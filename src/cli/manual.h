// SPDX-License-Identifier: Apache-2.0
// The manual, made from the commands: superspan(1) in roff (man 7 man) and docs/cli.md.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace superspan::cli {

[[nodiscard]] std::string manual_roff(std::span<const Command> commands);
[[nodiscard]] std::string manual_markdown(std::span<const Command> commands);

struct Variable {
  std::string_view name;
  std::string_view meaning;
};
// Environment variables that commands look at.
[[nodiscard]] std::span<const Variable> environment_variables();

}  // namespace superspan::cli
