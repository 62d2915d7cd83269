// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <future>
#include <ostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/print.h"

namespace superspan::cli {
namespace {

// Each waits for the fabric, and the fabric takes several away as fast as one.
constexpr std::size_t kAtOnce = 64;

base::Status remove_one(Controller controller, const std::string& name) {
  const auto removal = controller.remove_policy(name);
  if (!removal) return std::unexpected(removal.error());
  return removal->confirmed ? base::Status{} : not_confirmed(name, removal->unconfirmed);
}

// Removes all that can be removed; the first error counts, the others are printed at once.
base::Result<int> run(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const auto& names = invocation.arguments.positionals();
  std::deque<std::future<base::Status>> removals;
  base::Status first;
  for (std::size_t told = 0; told < names.size(); ++told) {
    for (std::size_t next = told + removals.size(); next < names.size() && removals.size() < kAtOnce; ++next) {
      removals.push_back(std::async(std::launch::async, remove_one, controller->over_own_connection(), names[next]));
    }
    const std::string& name = names[told];
    const base::Status removed = removals.front().get();
    removals.pop_front();
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
              "not answer goes on copying until it has heard of it, and a node that does not answer goes on recording: "
              "then its name is told, and the exit code is 6.",
          .positional = {.name = "NAME", .help = "names of the policies", .kind = Value::kPolicy, .most = kAny},
          .options = {},
          .examples = {{"superspan policy delete web", "remove the policy web"},
                       {"superspan policy list -o json | jq -r '.[].name' | xargs superspan policy delete",
                        "remove every policy"}},
          .run = run};
}

}  // namespace superspan::cli
