// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/policy_view.h"
#include "cli/print.h"

namespace superspan::cli {
namespace {

base::Result<int> run(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const auto policy = controller->get(policy_target(invocation.arguments.positionals().front()));
  if (!policy) return std::unexpected(policy.error());
  print_object(invocation, *policy, policy_detail_columns());
  return 0;
}

}  // namespace

Command policy_show_command() {
  return {.name = "policy show",
          .summary = "show one policy",
          .description =
              "Shows everything about one policy: what was asked for, its state, and what the switches let through "
              "beyond the expression (overmatches), which a node removes with the residual.",
          .positional = {.name = "NAME", .help = "name of the policy", .kind = Value::kPolicy},
          .options = {},
          .examples = {{"superspan policy show web", "show the policy web"},
                       {"superspan policy show web -o yaml > web.yaml", "save it as a file for `policy apply -f`"}},
          .run = run};
}

}  // namespace superspan::cli
