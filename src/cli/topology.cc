// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/print.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

json::array list_of(const json::value& topology, std::string_view key) {
  const json::value* list = member(topology, key);
  return list != nullptr && list->is_array() ? list->get_array() : json::array{};
}

// The ports of one role on one switch: "  port 1  tap leaf1-spine1 (leaf1 uplink)".
std::string ports(const json::value& topology, std::string_view key, std::string_view role, const std::string& name) {
  std::string text;
  for (const json::value& entry : list_of(topology, key)) {
    if (text_member(entry, "switch") != name) continue;
    const std::string description = text_member(entry, "description");
    text += fmt::format("  port {:<4} {:<5} {}{}\n", count_member(entry, "port"), role, text_member(entry, "name"),
                        description.empty() ? "" : " (" + description + ")");
  }
  return text;
}

// Links of a switch, seen from it: "  port 49   link  to mux1:1".
std::string links(const json::value& topology, const std::string& name) {
  std::string text;
  for (const json::value& link : list_of(topology, "links")) {
    const std::string from = text_member(link, "from");
    const std::string to = text_member(link, "to");
    for (const auto& [here, there] : {std::pair(from, to), std::pair(to, from)}) {
      if (!here.starts_with(name + ":")) continue;
      text += fmt::format("  port {:<4} link  to {}\n", here.substr(name.size() + 1), there);
    }
  }
  return text;
}

std::string tree(const json::value& topology) {
  std::string text = fmt::format("fabric {} (copies travel as {})\n", text_member(topology, "name"),
                                 text_member(topology, "encapsulation"));
  for (const json::value& entry : list_of(topology, "switches")) {
    const std::string name = text_member(entry, "name");
    const std::string state = text_member(entry, "state");
    text += fmt::format("\nswitch {}  {} {}{}\n", name, text_member(entry, "profile"), text_member(entry, "datapath"),
                        state.empty() ? "" : "  " + state);
    text += ports(topology, "taps", "tap", name) + ports(topology, "tools", "tool", name) +
            ports(topology, "nodes", "node", name) + links(topology, name);
  }
  return text;
}

base::Result<int> run(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const auto topology = controller->get("/v1/topology");
  if (!topology) return std::unexpected(topology.error());
  if (!wants_table(invocation, *topology)) return 0;
  const std::string text = tree(*topology);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    invocation.terminal.out << printable(text.substr(begin, end - begin)) << "\n";
    begin = end + 1;
  }
  return 0;
}

}  // namespace

Command topology_command() {
  return {.name = "topology",
          .summary = "show the fabric: switches, their ports and links",
          .description = "Shows each switch of the fabric with its taps, tool ports, nodes and links.",
          .positional = {},
          .options = {},
          .examples = {{"superspan topology", "show the fabric"},
                       {"superspan topology -o json | jq '.links | length'", "count its links"}},
          .run = run};
}

}  // namespace superspan::cli
