// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/policy_view.h"
#include "cli/print.h"

namespace superspan::cli {
namespace {

base::Result<int> run(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const auto answer = controller->get("/v1/policies");
  if (!answer) return std::unexpected(answer.error());
  const auto rows = rows_of(*answer);
  if (!rows) return std::unexpected(rows.error());
  print_list(invocation, *rows, policy_list_columns(), "policies");
  return 0;
}

}  // namespace

Command policy_list_command() {
  return {.name = "policy list",
          .summary = "list all policies",
          .description = "Lists every policy with its state: pending, active, ended or failed.",
          .positional = {},
          .options = {},
          .examples = {{"superspan policy list", "list policies as a table"},
                       {"superspan policy list -o json | jq -r '.[] | select(.state == \"failed\") | .name'",
                        "print the names of the failed ones"}},
          .run = run};
}

}  // namespace superspan::cli
