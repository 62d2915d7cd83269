// SPDX-License-Identifier: Apache-2.0
#include <boost/json/object.hpp>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/print.h"

namespace superspan::cli {
namespace {

base::Result<int> run(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const auto health = controller->get("/v1/health");
  if (!health) return std::unexpected(health.error());
  // The controller says what belongs to its health; every scalar of it is a line.
  std::vector<Column> columns;
  if (health->is_object()) {
    for (const auto& [key, value] : health->get_object()) columns.push_back({std::string(key), std::string(key)});
  }
  print_object(invocation, *health, columns);
  return 0;
}

}  // namespace

Command health_command() {
  return {.name = "health",
          .summary = "how the controller is",
          .description =
              "Shows the controller's own view of its health. Its exit code is 6 if it does not answer, so "
              "it serves as a probe.",
          .positional = {},
          .options = {},
          .examples = {{"superspan health", "show the health"},
                       {"superspan health > /dev/null || systemctl restart superspand", "use it as a probe"}},
          .run = run};
}

}  // namespace superspan::cli
