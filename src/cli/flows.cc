// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <ostream>
#include <vector>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/print.h"
#include "http/message.h"

namespace superspan::cli {
namespace {

using As = Column::As;

// Only installed flows have counters, only differences a direction.
std::vector<Column> columns(bool diff, bool desired) {
  std::vector<Column> list;
  if (diff) list.push_back({"CHANGE", "change"});
  list.insert(list.end(), {{"SWITCH", "switch"},
                           {"TABLE", "table", As::kNumber},
                           {"PRIORITY", "priority", As::kNumber},
                           {"STAGE", "stage"},
                           {"POLICY", "policy"}});
  if (!diff && !desired) list.push_back({"PACKETS", "packets", As::kNumber});
  list.insert(list.end(), {{"MATCH", "match"}, {"ACTIONS", "actions"}});
  return list;
}

// "filter2 is absent: its flows are not known", for each switch that the answer leaves out.
std::vector<std::string> unknown_of(const boost::json::value& answer) {
  std::vector<std::string> lines;
  const boost::json::value* list = member(answer, "unknown");
  if (list == nullptr || !list->is_array()) return lines;
  for (const boost::json::value& each : list->get_array()) {
    lines.push_back(fmt::format("{} is {}: its flows are not known", printable(text_member(each, "switch")),
                                printable(text_member(each, "state"))));
  }
  return lines;
}

base::Result<int> run(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  const bool diff = arguments.given("diff");
  const bool desired = arguments.given("desired");
  if (diff && desired) {
    return base::fail(base::ErrorCode::kInvalid, "--desired and --diff exclude each other", "give one of them",
                      "superspan flows");
  }
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  std::string target = std::string("/v1/flows?view=") + (diff ? "diff" : desired ? "desired" : "installed");
  if (auto name = arguments.text("switch")) target += "&switch=" + http::percent_encode(*name);
  const auto answer = controller->get(target);
  if (!answer) return std::unexpected(answer.error());
  const auto rows = rows_of(*answer);
  if (!rows) return std::unexpected(rows.error());
  const auto unknown = unknown_of(*answer);
  if (!unknown.empty() && arguments.given("switch")) {
    return base::fail(base::ErrorCode::kUnavailable, unknown.front(),
                      "`superspan switches` says why; `superspan flows --desired` lists what it should hold",
                      "--switch");
  }
  for (const std::string& line : unknown) invocation.terminal.err << line << "\n";
  const std::string noun = diff ? "differences" : "flows";
  print_list(invocation, *rows, columns(diff, desired), unknown.empty() ? noun : noun + " elsewhere");
  return 0;
}

}  // namespace

Command flows_command() {
  return {
      .name = "flows",
      .summary = "flow entries: installed, desired, or the difference",
      .description =
          "Lists the flow entries that the switches hold, read from the switches. --desired lists what "
          "they should hold, --diff what would make them right: add what is missing, delete what is "
          "foreign. No difference is the normal state. What a switch holds that is away, or has not been read yet, is "
          "not known: it is named on standard error, and with --switch the exit code is 6.",
      .positional = {},
      .options = {{.flags = "--switch", .value = "NAME", .help = "only of this switch", .kind = Value::kSwitch},
                  {.flags = "--desired", .value = "", .help = "what the switches should hold"},
                  {.flags = "--diff", .value = "", .help = "what differs between the two"}},
      .examples = {{"superspan flows --switch filter1", "list the flows of a switch with their packet counters"},
                   {"superspan flows --diff", "check that every switch holds what it should"}},
      .run = run};
}

}  // namespace superspan::cli
