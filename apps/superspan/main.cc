// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "apps/superspan/commands.h"
#include "cli/run.h"
#include "cli/terminal.h"

int main(int argc, char** argv) {
  superspan::cli::Terminal terminal = superspan::cli::process_terminal();
  return superspan::cli::run(std::vector<std::string>(argv + 1, argv + argc), terminal, superspan::program_commands());
}
