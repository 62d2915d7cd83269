// SPDX-License-Identifier: Apache-2.0
#include "apps/superspan/commands.h"

#include <algorithm>
#include <vector>

#include "cli/commands.h"
#include "offline/commands.h"

namespace superspan {
namespace {

std::vector<cli::Command> all() {
  std::vector<cli::Command> list;
  for (const cli::Command& command : cli::commands()) {
    list.push_back(command);
    if (command.name != "explain") continue;
    list.push_back(offline::filter_command());
    list.push_back(offline::test_command());
  }
  return list;
}

}  // namespace

std::span<const cli::Command> program_commands() {
  static const std::vector<cli::Command> list = all();
  return list;
}

}  // namespace superspan
