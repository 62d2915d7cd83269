// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <string>
#include <vector>

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
    const auto removal = controller->remove_policy(name);
    base::Status removed;
    if (!removal) removed = std::unexpected(removal.error());
    if (removal && !removal->confirmed) removed = not_confirmed(name, removal->switches);
    if (removed) {
      invocation.terminal.out << "policy " << printable(name) << " deleted\n";
    } else if (first) {
      first = removed;
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
              "streams, and forgets them. What was recorded stays. A switch that is away or does "
              "not answer goes on copying until it has heard of it: then its name is told, and the exit code is 6.",
          .positional = {.name = "NAME", .help = "names of the policies", .kind = Value::kPolicy, .most = kAny},
          .options = {},
          .examples = {{"superspan policy delete web", "remove the policy web"},
                       {"superspan policy list -o json | jq -r '.[].name' | xargs superspan policy delete",
                        "remove every policy"}},
          .run = run};
}

}  // namespace superspan::cli
