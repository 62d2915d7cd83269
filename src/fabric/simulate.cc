// SPDX-License-Identifier: Apache-2.0
#include "fabric/simulate.h"

#include "fabric/switch_model.h"

namespace superspan::fabric {
namespace {

constexpr std::size_t kLinkCopiesMax = 10'000;  // more copies of one packet are a loop

struct Arrival {
  Attachment where;
  base::Bytes frame;
};

}  // namespace

Simulator::Simulator(const Topology& topology) : topology_(topology) {
  for (const Switch& one : topology.switches()) switches_.push_back(std::make_unique<SwitchModel>(one.vlan_limit));
}
Simulator::~Simulator() = default;

void Simulator::install(SwitchIndex at, std::vector<openflow::Flow> flows) {
  switches_[at]->install(std::move(flows));
}

std::vector<openflow::FlowStatistics> Simulator::statistics(SwitchIndex at) const {
  return switches_[at]->statistics();
}

SimulationResult Simulator::inject(Attachment where, base::BytesView frame) {
  SimulationResult result;
  std::vector<Arrival> arrivals = {{where, {frame.begin(), frame.end()}}};
  for (std::size_t next = 0; next < arrivals.size(); ++next) {
    const Arrival arrival = std::move(arrivals[next]);
    SwitchModel::Outcome outcome = switches_[arrival.where.at]->run(arrival.where.port, arrival.frame);
    result.faults.insert(result.faults.end(), outcome.faults.begin(), outcome.faults.end());
    for (SwitchModel::Sent& sent : outcome.sent) {
      const Attachment out{arrival.where.at, sent.port};
      const auto use = topology_.port(out);
      if (!use) {
        result.faults.push_back("a frame left port " + std::to_string(sent.port) + ", which is not in the fabric");
        continue;
      }
      switch (use->role) {
        case Topology::PortRole::kTap:
          ++result.tap_leaks;
          break;
        case Topology::PortRole::kTool:
          result.deliveries.push_back({{Destination::Kind::kTool, use->index}, std::move(sent.frame)});
          break;
        case Topology::PortRole::kNode:
          result.deliveries.push_back({{Destination::Kind::kNode, use->index}, std::move(sent.frame)});
          break;
        case Topology::PortRole::kLink: {
          const Link& link = topology_.links()[use->index];
          arrivals.push_back({link.from == out ? link.to : link.from, std::move(sent.frame)});
          break;
        }
      }
    }
    if (arrivals.size() > kLinkCopiesMax) {
      result.faults.emplace_back("a loop");
      break;
    }
  }
  result.link_copies = arrivals.size() - 1;
  return result;
}

}  // namespace superspan::fabric
