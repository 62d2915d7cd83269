// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/print.h"

namespace superspan::cli {
namespace {

// Removes all that can be removed; the first error counts, the others are printed at once.
base::Result<int> run(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  base::Status first;
  for (const std::string& name : invocation.arguments.positionals()) {
    auto removed = controller->remove(policy_target(name));
    if (removed) {
      invocation.terminal.out << "policy " << printable(name) << " deleted\n";
    } else if (first) {
      first = std::move(removed);
    } else {
      invocation.terminal.err << base::render(removed.error()) << "\n";
    }
  }
  if (!first) return std::unexpected(first.error());
  return 0;
}

}  // namespace

Command policy_delete_command() {
  return {.name = "policy delete",
          .summary = "end policies and remove them",
          .description =
              "Takes the policies' flows out of every switch, filters first, closes their recordings and "
              "streams, and forgets them. What was recorded stays.",
          .positional = {.name = "NAME", .help = "names of the policies", .kind = Value::kPolicy, .most = kAny},
          .options = {},
          .examples = {{"superspan policy delete web", "remove the policy web"},
                       {"superspan policy list -o json | jq -r '.[].name' | xargs superspan policy delete",
                        "remove every policy"}},
          .run = run};
}

}  // namespace superspan::cli
