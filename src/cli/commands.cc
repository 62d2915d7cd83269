// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <algorithm>
#include <iterator>

namespace superspan::cli {
namespace {

std::vector<Command> all() {
  std::vector<Command> list{capture_command(),     policy_apply_command(), policy_list_command(),
                            policy_show_command(), policy_stats_command(), policy_delete_command(),
                            plan_command(),        explain_command(),      topology_command()};
  std::ranges::copy(inventory_commands(), std::back_inserter(list));
  list.push_back(flows_command());
  list.push_back(events_command());
  list.push_back(health_command());
  list.push_back(doctor_command());
  std::ranges::copy(lab_commands(), std::back_inserter(list));
  list.push_back(completion_command());
  list.push_back(man_command());
  list.push_back(version_command());
  return list;
}

}  // namespace

std::span<const Command> commands() {
  static const std::vector<Command> list = all();
  return list;
}

}  // namespace superspan::cli
