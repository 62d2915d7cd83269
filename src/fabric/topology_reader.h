// SPDX-License-Identifier: Apache-2.0
// Reads the fabric file; used by Topology::parse only. Every error says where and what to write instead.
#pragma once

#include <string>
#include <string_view>

#include "base/yaml_reader.h"
#include "fabric/topology.h"

namespace superspan::fabric {

// One use: construct, read, take the topology. Members named after file keys read the value of that key.
class TopologyReader : private base::YamlReader {
 public:
  TopologyReader(std::string_view text, const std::string& file_name) : YamlReader(text, file_name) {}
  [[nodiscard]] base::Result<Topology> read();

 private:
  [[nodiscard]] Handler switch_name(Attachment& out) const;
  [[nodiscard]] Handler port_number(Attachment& out) const;
  [[nodiscard]] Handler link_end(Attachment& out) const;

  [[nodiscard]] base::Status read_switch(const YAML::Node& node);
  [[nodiscard]] base::Status read_tap(const YAML::Node& node);
  [[nodiscard]] base::Status read_tool(const YAML::Node& node);
  [[nodiscard]] base::Status read_node(const YAML::Node& node);
  [[nodiscard]] base::Status read_link(const YAML::Node& node);
  [[nodiscard]] base::Status claim_port(const YAML::Node& node, Attachment where, Topology::PortUse use);
  [[nodiscard]] base::Status claim_destination(const YAML::Node& node, const std::string& name, Destination value);
  [[nodiscard]] std::string describe(Topology::PortUse use) const;

  [[nodiscard]] base::Status read_root(const YAML::Node& root);
  [[nodiscard]] base::Status check_tap_ids(const YAML::Node& root) const;
  [[nodiscard]] base::Status check_encapsulation(const YAML::Node& root) const;
  [[nodiscard]] base::Status check_port_counts(const YAML::Node& root) const;
  [[nodiscard]] base::Status check_connected(const YAML::Node& root) const;

  Topology topology_;
};

}  // namespace superspan::fabric
