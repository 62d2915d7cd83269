// SPDX-License-Identifier: Apache-2.0
#include <boost/json/object.hpp>

#include "cli/commands.h"
#include "cli/print.h"

namespace superspan::cli {
namespace {

base::Result<int> run(const Invocation& invocation) {
  if (wants_table(invocation, boost::json::object{{"version", SUPERSPAN_VERSION}})) {
    invocation.terminal.out << "superspan " SUPERSPAN_VERSION "\n";
  }
  return 0;
}

}  // namespace

Command version_command() {
  return {.name = "version",
          .summary = "show the version of this command",
          .description = "Shows the version of this command; `superspan health` shows the controller's.",
          .positional = {},
          .options = {},
          .examples = {{"superspan version", "print the version"}, {"superspan version -o json", "the same as JSON"}},
          .run = run};
}

}  // namespace superspan::cli
