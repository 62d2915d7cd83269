// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/print.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

const std::vector<Column> kHopColumns{{"SWITCH", "switch"},
                                      {"STAGE", "stage"},
                                      {"PACKETS", "packets", Column::As::kNumber},
                                      {"BYTES", "bytes", Column::As::kNumber}};
const std::vector<Column> kNodeColumns{{"NODE", "node"},
                                       {"RECEIVED", "received", Column::As::kNumber},
                                       {"RESIDUAL-DROPPED", "residual_dropped", Column::As::kNumber},
                                       {"STREAM-DROPPED", "stream_dropped", Column::As::kNumber},
                                       {"RECORDED", "recorded", Column::As::kNumber},
                                       {"LOST", "record_lost", Column::As::kNumber},
                                       {"BYTES", "bytes", Column::As::kNumber}};

json::array list_of(const json::value& stats, std::string_view key) {
  const json::value* list = member(stats, key);
  return list != nullptr && list->is_array() ? list->get_array() : json::array{};
}

base::Result<int> run(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const auto stats = controller->get(policy_target(invocation.arguments.positionals().front(), "/stats"));
  if (!stats) return std::unexpected(stats.error());
  if (!wants_table(invocation, *stats)) return 0;
  Terminal& terminal = invocation.terminal;
  terminal.out << table(list_of(*stats, "hops"), kHopColumns, terminal.color());
  const json::array nodes = list_of(*stats, "nodes");
  if (!nodes.empty()) terminal.out << "\n" << table(nodes, kNodeColumns, terminal.color());
  return 0;
}

}  // namespace

Command policy_stats_command() {
  return {
      .name = "policy stats",
      .summary = "packets and bytes of a policy at every hop",
      .description =
          "Shows what each switch on the way and each node counted for one policy. All switches are "
          "read at the same moment, every two seconds. While a policy is in force, each hop counts the same packets: "
          "a difference that grows from one reading to the next is a loss, and this shows where. Filters begin with "
          "another number: for up to half a second around a change of its flows, Open vSwitch counts packets for "
          "the flows that come after, also packets from before the policy. Of a node, RECORDED are the packets in its "
          "files, LOST those that the files lack because the disk was full, failed or too slow; `superspan nodes` "
          "tells "
          "which.",
      .positional = {.name = "NAME", .help = "name of the policy", .kind = Value::kPolicy},
      .options = {},
      .examples = {{"superspan policy stats web", "show the counters of the policy web"},
                   {"watch -n 1 superspan policy stats web", "look at them every second"}},
      .run = run};
}

}  // namespace superspan::cli
