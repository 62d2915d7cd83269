// SPDX-License-Identifier: Apache-2.0
// The commands that need nothing but a controller or this machine, one function and one file each. A program may have
// more of them (run.h); those of `superspan` are put together in apps/superspan.
#pragma once

#include <span>
#include <vector>

#include "cli/command.h"

namespace superspan::cli {

// In the order of the overview.
[[nodiscard]] std::span<const Command> commands();

[[nodiscard]] Command capture_command();
[[nodiscard]] Command policy_apply_command();
[[nodiscard]] Command policy_list_command();
[[nodiscard]] Command policy_show_command();
[[nodiscard]] Command policy_stats_command();
[[nodiscard]] Command policy_delete_command();
[[nodiscard]] Command plan_command();
[[nodiscard]] Command explain_command();
[[nodiscard]] Command topology_command();
// taps, tools, nodes, switches, links: lists that differ only in their columns.
[[nodiscard]] std::vector<Command> inventory_commands();
[[nodiscard]] Command flows_command();
[[nodiscard]] Command events_command();
[[nodiscard]] Command health_command();
[[nodiscard]] Command doctor_command();
// lab up, lab down, lab status.
[[nodiscard]] std::vector<Command> lab_commands();
[[nodiscard]] Command completion_command();
[[nodiscard]] Command man_command();
[[nodiscard]] Command version_command();

}  // namespace superspan::cli
