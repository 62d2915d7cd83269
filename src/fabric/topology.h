// SPDX-License-Identifier: Apache-2.0
// The fabric as its file describes it: switches, ports with roles, links. Immutable; everything else refers to the
// parts by index into these vectors. The file format is in docs/fabric-file.md.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/flow_key.h"
#include "openflow/flow.h"

namespace superspan::fabric {

// What a switch can do, and so which pipeline it gets.
enum class Profile : std::uint8_t {
  kOvs,         // Open vSwitch: many tables, registers, NSH
  kOpenflow13,  // one table, OpenFlow 1.3 standard matches, push and pop of VLAN tags
  kOpenflow10,  // one table, OpenFlow 1.0 matches, rewrite and strip of VLAN tags
};
enum class Encapsulation : std::uint8_t { kNsh, kVlan };

[[nodiscard]] const char* to_string(Profile profile);              // as in the file: "ovs"
[[nodiscard]] const char* to_string(Encapsulation encapsulation);  // "nsh"

using SwitchIndex = std::size_t;

struct Switch {
  std::string name;
  openflow::DatapathId datapath = 0;
  Profile profile = Profile::kOvs;
  unsigned vlan_limit = net::kDefaultVlanLimit;  // tags that the switch's flow key looks behind
};
struct Attachment {  // where something is plugged in
  SwitchIndex at = 0;
  openflow::PortNumber port = 0;
  friend auto operator<=>(const Attachment&, const Attachment&) = default;
};
struct Tap {  // copies come in here; nothing ever goes out
  std::string name;
  std::uint32_t id = 0;  // not 0, unique; rides in every copy
  Attachment where;
  std::string description;
};
struct Tool {  // plain frames go out here; what comes in is dropped
  std::string name;
  Attachment where;
  std::string description;
};
struct Node {  // fabric frames go out here to a superspan-node; what comes in is dropped
  std::string name;
  Attachment where;
};
struct Link {  // a core link, used in both directions
  Attachment from;
  Attachment to;
};

// A place where copies go: a tool or a node. Names are unique among both.
struct Destination {
  enum class Kind : std::uint8_t { kTool, kNode } kind = Kind::kTool;
  std::size_t index = 0;
  friend auto operator<=>(const Destination&, const Destination&) = default;
};

inline constexpr std::size_t kFabricFileBytesMax = 1 << 20;
inline constexpr std::size_t kSwitchesMax = 1024;

class Topology {
 public:
  // Errors: kInvalid (place: the file, with the mark in its text, and what to write instead) and kLimit (too large).
  [[nodiscard]] static base::Result<Topology> parse(std::string_view text, const std::string& file_name);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Encapsulation encapsulation() const { return encapsulation_; }
  [[nodiscard]] const std::vector<Switch>& switches() const { return switches_; }
  [[nodiscard]] const std::vector<Tap>& taps() const { return taps_; }
  [[nodiscard]] const std::vector<Tool>& tools() const { return tools_; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<Link>& links() const { return links_; }

  [[nodiscard]] std::optional<SwitchIndex> find_switch(std::string_view name) const;
  [[nodiscard]] std::optional<SwitchIndex> find_switch(openflow::DatapathId datapath) const;
  [[nodiscard]] std::optional<std::size_t> find_tap(std::string_view name) const;
  [[nodiscard]] std::optional<Destination> find_destination(std::string_view name) const;

  [[nodiscard]] const Attachment& where(Destination destination) const;
  [[nodiscard]] const std::string& name(Destination destination) const;

  // What is plugged into a port; nothing: the port is not part of the fabric.
  enum class PortRole : std::uint8_t { kTap, kTool, kNode, kLink };
  struct PortUse {
    PortRole role;
    std::size_t index;  // into taps(), tools(), nodes() or links()
  };
  [[nodiscard]] std::optional<PortUse> port(Attachment where) const;

 private:
  friend class TopologyReader;
  void index();

  std::string name_;
  Encapsulation encapsulation_ = Encapsulation::kNsh;
  std::vector<Switch> switches_;
  std::vector<Tap> taps_;
  std::vector<Tool> tools_;
  std::vector<Node> nodes_;
  std::vector<Link> links_;
  std::map<std::string, SwitchIndex, std::less<>> switch_by_name_;
  std::map<openflow::DatapathId, SwitchIndex> switch_by_datapath_;
  std::map<std::string, std::size_t, std::less<>> tap_by_name_;
  std::map<std::string, Destination, std::less<>> destination_by_name_;
  std::map<Attachment, PortUse> ports_;
};

}  // namespace superspan::fabric
