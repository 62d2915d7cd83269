// SPDX-License-Identifier: Apache-2.0
// One switch of the simulator: a packet with registers goes through tables, frames come out of ports.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "net/flow_key.h"
#include "openflow/flow.h"

namespace superspan::fabric {

// A packet on its way through one switch. NSH without an Ethernet header in front exists only between EncapNsh and
// EncapEthernet, or between two Decaps.
struct SimulatedPacket {
  base::Bytes bytes;
  bool ethernet = true;
  openflow::PortNumber in_port = 0;
  std::array<std::uint32_t, openflow::kRegisterCount> registers{};
};

// --- what actions do to bytes (packet_edit.cc); false: the action does not apply to such a packet ---
[[nodiscard]] net::FlowKey key_of(const SimulatedPacket& packet, unsigned vlan_limit);
bool push_vlan(SimulatedPacket& packet, std::uint16_t tpid);
bool pop_vlan(SimulatedPacket& packet);
bool set_vlan_id(SimulatedPacket& packet, std::uint16_t id);
bool encap_nsh(SimulatedPacket& packet);
bool encap_ethernet(SimulatedPacket& packet);
bool decap(SimulatedPacket& packet);
bool set_field(SimulatedPacket& packet, net::Field field, net::U128 value, net::U128 mask);

class SwitchModel {
 public:
  struct Sent {
    openflow::PortNumber port = 0;
    base::Bytes frame;
  };
  struct Outcome {
    std::vector<Sent> sent;
    std::vector<std::string> faults;
  };

  explicit SwitchModel(unsigned vlan_limit) : vlan_limit_(vlan_limit) {}
  void install(std::vector<openflow::Flow> flows);
  [[nodiscard]] Outcome run(openflow::PortNumber in_port, base::BytesView frame);
  [[nodiscard]] const std::vector<openflow::FlowStatistics>& statistics() const { return flows_; }

 private:
  class Run;
  unsigned vlan_limit_;
  std::vector<openflow::FlowStatistics> flows_;       // highest priority first inside a table
  std::array<std::vector<std::size_t>, 256> tables_;  // indices into flows_
};

}  // namespace superspan::fabric
