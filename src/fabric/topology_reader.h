// SPDX-License-Identifier: Apache-2.0
// Reads the fabric file; used by Topology::parse only. Every error says where and what to write instead.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fabric/topology.h"

namespace superspan::fabric {

// One use: construct, read, take the topology. Members named after file keys read the value of that key.
class TopologyReader {
 public:
  TopologyReader(std::string_view text, const std::string& file_name) : text_(text), file_name_(file_name) {}
  [[nodiscard]] base::Result<Topology> read();

 private:
  using Handler = std::function<base::Status(const YAML::Node& value)>;
  struct Key {
    const char* name;
    bool required;
    Handler handler;
  };

  [[nodiscard]] std::unexpected<base::Error> wrong(const YAML::Mark& mark, std::size_t length, std::string message,
                                                   std::string hint = {}) const;
  [[nodiscard]] std::unexpected<base::Error> wrong(const YAML::Node& node, std::string message,
                                                   std::string hint = {}) const;

  [[nodiscard]] base::Status map(const YAML::Node& node, const std::string& what, const std::vector<Key>& keys) const;
  [[nodiscard]] base::Status list(const YAML::Node& node, const std::string& what, const Handler& item) const;
  [[nodiscard]] Handler text(std::string& out) const;
  [[nodiscard]] Handler identifier(std::string& out) const;
  [[nodiscard]] Handler number(std::uint64_t low, std::uint64_t high, const std::string& what,
                               std::function<void(std::uint64_t)> store) const;
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

  [[nodiscard]] base::Status check_document() const;
  [[nodiscard]] base::Status read_root(const YAML::Node& root);
  [[nodiscard]] base::Status check_tap_ids(const YAML::Node& root) const;
  [[nodiscard]] base::Status check_encapsulation(const YAML::Node& root) const;
  [[nodiscard]] base::Status check_port_counts(const YAML::Node& root) const;
  [[nodiscard]] base::Status check_connected(const YAML::Node& root) const;

  std::string_view text_;
  const std::string& file_name_;
  Topology topology_;
};

}  // namespace superspan::fabric
