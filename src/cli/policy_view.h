// SPDX-License-Identifier: Apache-2.0
// How policies look to people.
#pragma once

#include <span>

#include "cli/print.h"

namespace superspan::cli {

// For `policy list`.
[[nodiscard]] std::span<const Column> policy_list_columns();
// Everything, for `policy show`.
[[nodiscard]] std::span<const Column> policy_detail_columns();

// On err: the controller's warnings, what an unfinished policy waits for, and for `tool_ports` what they get too much.
void print_policy_notes(const boost::json::value& policy, bool tool_ports, Terminal& terminal);

}  // namespace superspan::cli
