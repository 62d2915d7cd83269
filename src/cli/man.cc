// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.h"
#include "cli/manual.h"

namespace superspan::cli {
namespace {

base::Result<int> run(const Invocation& invocation) {
  const bool markdown = invocation.arguments.given("markdown");
  invocation.terminal.out << (markdown ? manual_markdown(invocation.commands) : manual_roff(invocation.commands));
  return 0;
}

}  // namespace

Command man_command() {
  return {.name = "man",
          .summary = "print the manual page",
          .description = "Prints superspan(1), made from the same text as --help.",
          .positional = {},
          .options = {{.flags = "--markdown", .value = "", .help = "as Markdown instead of roff"}},
          .examples = {{"superspan man | man -l -", "read the manual page"},
                       {"superspan man --markdown > docs/cli.md", "write the manual for the web"}},
          .run = run};
}

}  // namespace superspan::cli
