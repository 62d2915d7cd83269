// SPDX-License-Identifier: Apache-2.0
#include "fabric/topology_reader.h"

#include <algorithm>

namespace superspan::fabric {
namespace {

using base::ErrorCode;
using base::Status;

constexpr std::uint64_t kPortMax = openflow::PortNumber{0xfeff};

}  // namespace

base::YamlReader::Handler TopologyReader::switch_name(Attachment& out) const {
  return [this, &out](const YAML::Node& value) -> Status {
    const auto found = value.IsScalar() ? topology_.find_switch(value.Scalar()) : std::nullopt;
    if (!found) {
      return wrong(value, "unknown switch '" + (value.IsScalar() ? value.Scalar() : "") + "'",
                   "name one that is listed under `switches`");
    }
    out.at = *found;
    return {};
  };
}

base::YamlReader::Handler TopologyReader::port_number(Attachment& out) const {
  return number(1, kPortMax, "port number",
                [&out](std::uint64_t value) { out.port = static_cast<openflow::PortNumber>(value); });
}

base::YamlReader::Handler TopologyReader::link_end(Attachment& out) const {
  return [this, &out](const YAML::Node& value) -> Status {
    const std::string text = value.IsScalar() ? value.Scalar() : "";
    const std::size_t colon = text.find(':');
    const auto port = colon == std::string::npos ? std::nullopt : parse_number(text.substr(colon + 1), 10);
    if (!port || *port < 1 || *port > kPortMax) {
      return wrong(value, "this is not an end of a link", "write `switch:port` in quotes, for example \"mux1:1\"");
    }
    const auto found = topology_.find_switch(text.substr(0, colon));
    if (!found) {
      return wrong(value, "unknown switch '" + text.substr(0, colon) + "'", "name one that is listed under `switches`");
    }
    out = {*found, static_cast<openflow::PortNumber>(*port)};
    return {};
  };
}

// --- the parts of a fabric ---

Status TopologyReader::read_switch(const YAML::Node& node) {
  Switch made;
  const auto datapath = [&](const YAML::Node& value) -> Status {
    std::string digits = value.IsScalar() ? value.Scalar() : "";
    std::erase(digits, ':');
    const auto parsed = digits.size() <= 16 ? parse_number(digits, 16) : std::nullopt;
    if (!parsed || *parsed == 0) {
      return wrong(value, "this is not a datapath id",
                   "write 16 hex digits in quotes, for example \"0000000000000001\"");
    }
    made.datapath = *parsed;
    return {};
  };
  const auto profile = [&](const YAML::Node& value) -> Status {
    for (const Profile known : {Profile::kOvs, Profile::kOpenflow13, Profile::kOpenflow10}) {
      if (value.IsScalar() && value.Scalar() == to_string(known)) {
        made.profile = known;
        return {};
      }
    }
    return wrong(value, "unknown profile", "use ovs, openflow13 or openflow10");
  };
  const auto vlan_limit = [&made](std::uint64_t value) { made.vlan_limit = static_cast<unsigned>(value); };
  if (const Status status = map(node, "a switch",
                                {{"name", true, identifier(made.name)},
                                 {"datapath", true, datapath},
                                 {"profile", false, profile},
                                 {"vlan_limit", false, number(1, net::kVlanLimitMax, "VLAN limit", vlan_limit)}});
      !status) {
    return status;
  }
  const SwitchIndex index = topology_.switches_.size();
  if (!topology_.switch_by_name_.emplace(made.name, index).second) {
    return wrong(node["name"], "a second switch '" + made.name + "'", "give each switch its own name");
  }
  if (const auto [other, added] = topology_.switch_by_datapath_.emplace(made.datapath, index); !added) {
    return wrong(node["datapath"], "switch '" + topology_.switches_[other->second].name + "' has this datapath id",
                 "give each switch its own datapath id");
  }
  if (index == kSwitchesMax) return wrong(node, "more than " + std::to_string(kSwitchesMax) + " switches");
  topology_.switches_.push_back(std::move(made));
  return {};
}

Status TopologyReader::read_tap(const YAML::Node& node) {
  Tap made;
  const auto id = [&made](std::uint64_t value) { made.id = static_cast<std::uint32_t>(value); };
  if (const Status status = map(node, "a tap",
                                {{"name", true, identifier(made.name)},
                                 {"id", false, number(1, 0xffffffff, "tap id", id)},
                                 {"switch", true, switch_name(made.where)},
                                 {"port", true, port_number(made.where)},
                                 {"description", false, text(made.description)}});
      !status) {
    return status;
  }
  const std::size_t index = topology_.taps_.size();
  if (made.id == 0) made.id = static_cast<std::uint32_t>(index + 1);
  if (!topology_.tap_by_name_.emplace(made.name, index).second) {
    return wrong(node["name"], "a second tap '" + made.name + "'", "give each tap its own name");
  }
  topology_.taps_.push_back(made);
  return claim_port(node["port"], made.where, {Topology::PortRole::kTap, index});
}

Status TopologyReader::read_tool(const YAML::Node& node) {
  Tool made;
  if (const Status status = map(node, "a tool",
                                {{"name", true, identifier(made.name)},
                                 {"switch", true, switch_name(made.where)},
                                 {"port", true, port_number(made.where)},
                                 {"description", false, text(made.description)}});
      !status) {
    return status;
  }
  const std::size_t index = topology_.tools_.size();
  topology_.tools_.push_back(made);
  if (const Status status = claim_destination(node["name"], made.name, {Destination::Kind::kTool, index}); !status) {
    return status;
  }
  return claim_port(node["port"], made.where, {Topology::PortRole::kTool, index});
}

Status TopologyReader::read_node(const YAML::Node& node) {
  Node made;
  if (const Status status = map(node, "a node",
                                {{"name", true, identifier(made.name)},
                                 {"switch", true, switch_name(made.where)},
                                 {"port", true, port_number(made.where)}});
      !status) {
    return status;
  }
  const std::size_t index = topology_.nodes_.size();
  topology_.nodes_.push_back(made);
  if (const Status status = claim_destination(node["name"], made.name, {Destination::Kind::kNode, index}); !status) {
    return status;
  }
  return claim_port(node["port"], made.where, {Topology::PortRole::kNode, index});
}

Status TopologyReader::read_link(const YAML::Node& node) {
  Link made;
  if (const Status status = map(node, "a link", {{"from", true, link_end(made.from)}, {"to", true, link_end(made.to)}});
      !status) {
    return status;
  }
  if (made.from.at == made.to.at) {
    return wrong(node["to"], "this link ends at the switch where it begins", "join two different switches");
  }
  const Topology::PortUse use{Topology::PortRole::kLink, topology_.links_.size()};
  topology_.links_.push_back(made);
  if (const Status status = claim_port(node["from"], made.from, use); !status) return status;
  return claim_port(node["to"], made.to, use);
}

std::string TopologyReader::describe(Topology::PortUse use) const {
  switch (use.role) {
    case Topology::PortRole::kTap:
      return "tap '" + topology_.taps_[use.index].name + "'";
    case Topology::PortRole::kTool:
      return "tool '" + topology_.tools_[use.index].name + "'";
    case Topology::PortRole::kNode:
      return "node '" + topology_.nodes_[use.index].name + "'";
    case Topology::PortRole::kLink:
      break;
  }
  return "a link";
}

Status TopologyReader::claim_port(const YAML::Node& node, Attachment where, Topology::PortUse use) {
  const auto [other, added] = topology_.ports_.emplace(where, use);
  if (added) return {};
  const std::string& name = topology_.switches_[where.at].name;
  const bool tap = use.role == Topology::PortRole::kTap || other->second.role == Topology::PortRole::kTap;
  return wrong(
      node, "port " + std::to_string(where.port) + " of switch '" + name + "' is already " + describe(other->second),
      tap ? "nothing may ever go out of a tap port; use another port" : "a port has one role; use another port");
}

Status TopologyReader::claim_destination(const YAML::Node& node, const std::string& name, Destination value) {
  if (topology_.destination_by_name_.emplace(name, value).second) return {};
  return wrong(node, "a second tool or node '" + name + "'",
               "policies name tools and nodes alike; give each its own name");
}

// --- the whole file ---

Status TopologyReader::read_root(const YAML::Node& root) {
  const auto encapsulation = [this](const YAML::Node& value) -> Status {
    const std::string text = value.IsScalar() ? value.Scalar() : "";
    if (text != "nsh" && text != "vlan") return wrong(value, "unknown encapsulation", "use nsh or vlan");
    topology_.encapsulation_ = text == "nsh" ? Encapsulation::kNsh : Encapsulation::kVlan;
    return {};
  };
  // Switches first, wherever they stand in the file: the other parts refer to them.
  const auto later = [](const YAML::Node&) -> Status { return {}; };
  const auto items = [this](const char* what, Status (TopologyReader::*one)(const YAML::Node&)) -> Handler {
    return [this, what, one](const YAML::Node& value) {
      return list(value, what, [this, one](const YAML::Node& entry) { return (this->*one)(entry); });
    };
  };
  if (const Status status = map(root, "the fabric",
                                {{"name", true, identifier(topology_.name_)},
                                 {"encapsulation", false, encapsulation},
                                 {"switches", true, items("`switches`", &TopologyReader::read_switch)},
                                 {"taps", false, later},
                                 {"tools", false, later},
                                 {"nodes", false, later},
                                 {"links", false, later}});
      !status) {
    return status;
  }
  if (topology_.switches_.empty()) return wrong(root["switches"], "no switches", "list at least one switch");
  const std::pair<const char*, Status (TopologyReader::*)(const YAML::Node&)> parts[] = {
      {"taps", &TopologyReader::read_tap},
      {"tools", &TopologyReader::read_tool},
      {"nodes", &TopologyReader::read_node},
      {"links", &TopologyReader::read_link}};
  for (const auto& [name, one] : parts) {
    if (!root[name]) continue;
    if (const Status status = items(name, one)(root[name]); !status) return status;
  }
  return {};
}

base::Result<Topology> TopologyReader::read() {
  try {
    if (const Status status = check_document("the fabric file", "list at least `switches:`"); !status) {
      return std::unexpected(status.error());
    }
    const YAML::Node root = YAML::Load(std::string(text_));
    if (const Status status = read_root(root); !status) return std::unexpected(status.error());
    for (const auto check : {&TopologyReader::check_tap_ids, &TopologyReader::check_encapsulation,
                             &TopologyReader::check_port_counts, &TopologyReader::check_connected}) {
      if (const Status status = (this->*check)(root); !status) return std::unexpected(status.error());
    }
  } catch (const YAML::Exception& error) {
    return wrong(error.mark, 1, "this is not YAML: " + error.msg, "check indentation, quotes and brackets here");
  }
  return std::move(topology_);
}

base::Result<Topology> Topology::parse(std::string_view text, const std::string& file_name) {
  if (text.size() > kFabricFileBytesMax) {
    return base::fail(ErrorCode::kLimit, "the fabric file has more than 1 MiB", "describe one fabric a file",
                      file_name);
  }
  return TopologyReader(text, file_name).read();
}

}  // namespace superspan::fabric
