// SPDX-License-Identifier: Apache-2.0
// Lists that differ only in their columns: one row each.
#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/print.h"

namespace superspan::cli {
namespace {

using As = Column::As;

const std::vector<Column> kTaps{{"NAME", "name"},     {"ID", "id", As::kNumber},
                                {"SWITCH", "switch"}, {"PORT", "port", As::kNumber},
                                {"STATE", "state"},   {"DESCRIPTION", "description"}};
const std::vector<Column> kTools{{"NAME", "name"},
                                 {"SWITCH", "switch"},
                                 {"PORT", "port", As::kNumber},
                                 {"STATE", "state"},
                                 {"DESCRIPTION", "description"}};
const std::vector<Column> kNodes{{"NAME", "name"},
                                 {"STATE", "state"},
                                 {"SWITCH", "switch"},
                                 {"PORT", "port", As::kNumber},
                                 {"ENDPOINT", "endpoint"},
                                 {"VERSION", "version"},
                                 {"PROBLEMS", "counters.problems"}};
const std::vector<Column> kSwitches{{"NAME", "name"},
                                    {"STATE", "state"},
                                    {"DATAPATH", "datapath"},
                                    {"PROFILE", "profile"},
                                    {"OPENFLOW", "openflow"},
                                    {"FLOWS", "flows", As::kNumber},
                                    {"DESIRED", "desired_flows", As::kNumber},
                                    {"WHY", "why"}};
const std::vector<Column> kInventory{{"KIND", "kind"},    {"NAME", "name"},       {"ADDRESSES", "addresses"},
                                     {"WHERE", "where"},  {"PROFILE", "profile"}, {"TENANT", "tenant"},
                                     {"LABELS", "labels"}};
const std::vector<Column> kLinks{{"FROM", "from"}, {"TO", "to"}, {"STATE", "state"}};

base::Result<int> list(const Invocation& invocation, std::string_view noun, std::span<const Column> columns) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const auto answer = controller->get(fmt::format("/v1/{}", noun));
  if (!answer) return std::unexpected(answer.error());
  const auto rows = rows_of(*answer);
  if (!rows) return std::unexpected(rows.error());
  print_list(invocation, *rows, columns, noun);
  return 0;
}

Command command(std::string name, std::string summary, std::string description, std::vector<Example> examples,
                base::Result<int> (*run)(const Invocation&)) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .description = std::move(description),
          .positional = {},
          .options = {},
          .examples = std::move(examples),
          .run = run};
}

}  // namespace

std::vector<Command> inventory_commands() {
  return {
      command("taps", "list the places where packets can be copied",
              "Lists the tap ports of the fabric: what `capture --from` and a policy's `taps` may name.",
              {{"superspan taps", "list the taps"},
               {"superspan taps -o json | jq -r '.[].name'", "print their names only"}},
              [](const Invocation& invocation) { return list(invocation, "taps", kTaps); }),
      command("tools", "list the tool ports where copies can go",
              "Lists the tool ports: what `capture --to` and a policy's `tools` may name, besides nodes.",
              {{"superspan tools", "list the tool ports"}, {"superspan tools -o yaml", "the same as YAML"}},
              [](const Invocation& invocation) { return list(invocation, "tools", kTools); }),
      command(
          "nodes", "list the nodes that filter, record and stream",
          "Lists the servers that run superspan-node, and whether the controller hears from them. A node that has "
          "missed three heartbeats (6 s) is down. PROBLEMS is what a node says is wrong with it, such as a full disk.",
          {{"superspan nodes", "list the nodes"},
           {"superspan nodes -o json | jq '.[].counters'", "print their counters"}},
          [](const Invocation& invocation) { return list(invocation, "nodes", kNodes); }),
      command("switches", "list the fabric's switches",
              "Lists the switches of the fabric, whether they are connected, and what they speak.",
              {{"superspan switches", "list the switches"}, {"superspan switches -o json", "the same as JSON"}},
              [](const Invocation& invocation) { return list(invocation, "switches", kSwitches); }),
      command("inventory", "list what the names in expressions stand for",
              "Lists the VMs, hypervisors, devices, port profiles, tenants and apps that the controller knows "
              "(superspand --inventory FILE), with their own addresses. An expression names them: vm web-1, tenant "
              "blue, label role=web.",
              {{"superspan inventory", "list them"},
               {"superspan inventory -o json | jq -r '.[] | select(.kind == \"vm\") | .name'", "the names of all VMs"}},
              [](const Invocation& invocation) { return list(invocation, "inventory", kInventory); }),
      command("links", "list the links between switches",
              "Lists the core links of the fabric; each carries copies in both directions.",
              {{"superspan links", "list the links"}, {"superspan links -o json", "the same as JSON"}},
              [](const Invocation& invocation) { return list(invocation, "links", kLinks); }),
  };
}

}  // namespace superspan::cli
