// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_view.h"

#include <boost/json/array.hpp>
#include <ostream>
#include <vector>

namespace superspan::cli {

std::span<const Column> policy_list_columns() {
  static const std::vector<Column> columns{
      {"NAME", "name"},   {"STATE", "state"},  {"EXPRESSION", "expression"},
      {"TAPS", "taps"},   {"TOOLS", "tools"},  {"DURATION", "limits.duration_s", Column::As::kSeconds},
      {"OWNER", "owner"}, {"TICKET", "ticket"}};
  return columns;
}

std::span<const Column> policy_detail_columns() {
  static const std::vector<Column> columns{{"name", "name"},
                                           {"number", "number"},
                                           {"revision", "revision"},
                                           {"state", "state"},
                                           {"why", "why"},
                                           {"ended because", "ended_because"},
                                           {"ended", "ended"},
                                           {"expression", "expression"},
                                           {"residual", "residual"},
                                           {"overmatches", "overmatches"},
                                           {"warnings", "warnings"},
                                           {"taps", "taps"},
                                           {"tools", "tools"},
                                           {"destinations", "destinations"},
                                           {"record", "record"},
                                           {"stream", "stream"},
                                           {"duration", "limits.duration_s", Column::As::kSeconds},
                                           {"limit packets", "limits.packets", Column::As::kLimit},
                                           {"limit bytes", "limits.bytes", Column::As::kLimit},
                                           {"snaplen", "snaplen", Column::As::kLimit},
                                           {"owner", "owner"},
                                           {"reason", "reason"},
                                           {"ticket", "ticket"},
                                           {"created", "created"},
                                           {"epoch", "epoch"}};
  return columns;
}

void print_policy_notes(const boost::json::value& policy, bool tool_ports, Terminal& terminal) {
  const auto print_list = [&](std::string_view key, std::string_view word) {
    const boost::json::value* list = member(policy, key);
    if (list == nullptr || !list->is_array()) return;
    for (const boost::json::value& text : list->get_array()) {
      if (text.is_string()) terminal.err << word << ": " << printable(text.get_string()) << "\n";
    }
  };
  print_list("warnings", "warning");
  // A node removes what the switches let through too much; a tool port cannot.
  if (tool_ports) print_list("overmatches", "the tool ports also get");
  const std::string why = text_member(policy, "why");
  if (text_member(policy, "state") == "pending") {
    terminal.err << "not in force everywhere yet" << (why.empty() ? "" : ": " + printable(why)) << "\n";
  }
}

}  // namespace superspan::cli
