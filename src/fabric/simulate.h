// SPDX-License-Identifier: Apache-2.0
// Runs flows on packets over the whole fabric, on real bytes and with the meaning that Open vSwitch 3.1 gives to
// tables, priorities, registers, resubmit, clone, NSH and VLAN actions. The reference for every test of the fabric.
//
// Not modelled: groups, several flows of equal priority that match (reported as a fault), more than one VLAN tag
// pushed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "fabric/topology.h"

namespace superspan::fabric {

struct Delivery {
  Destination to;
  base::Bytes frame;
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

struct SimulationResult {
  std::vector<Delivery> deliveries;  // in the order in which they happened
  std::uint64_t tap_leaks = 0;       // frames that would have left a tap port: must be 0
  std::uint64_t link_copies = 0;     // frames that crossed links
  // What a switch would refuse or what no pipeline of ours should do: loops, unknown ports, depth, ambiguous matches.
  std::vector<std::string> faults;
};

class SwitchModel;

class Simulator {
 public:
  explicit Simulator(const Topology& topology);  // must outlive the simulator
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  // Replaces all flows of a switch; counters start at zero.
  void install(SwitchIndex at, std::vector<openflow::Flow> flows);

  // A frame comes in at a port (usually a tap's). Counters grow.
  [[nodiscard]] SimulationResult inject(Attachment where, base::BytesView frame);

  [[nodiscard]] std::vector<openflow::FlowStatistics> statistics(SwitchIndex at) const;

 private:
  const Topology& topology_;
  std::vector<std::unique_ptr<SwitchModel>> switches_;
};

}  // namespace superspan::fabric
