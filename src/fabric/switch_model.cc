// SPDX-License-Identifier: Apache-2.0
#include "fabric/switch_model.h"

#include <algorithm>
#include <utility>

namespace superspan::fabric {
namespace {

constexpr unsigned kDepthMax = 64;        // Open vSwitch: nested resubmits to the same or an earlier table
constexpr unsigned kResubmitsMax = 4096;  // Open vSwitch: of one packet

bool registers_match(const openflow::Match& match, const SimulatedPacket& packet) {
  return std::ranges::all_of(match.registers, [&packet](const openflow::RegisterTest& test) {
    return (packet.registers[test.index] & test.mask) == test.value;
  });
}

}  // namespace

// One packet's way through the tables. The actions of a flow work on `packet`, as in Open vSwitch: what a resubmitted
// table changes stays changed.
class SwitchModel::Run {
 public:
  Run(SwitchModel& model, std::size_t frame_bytes) : model_(model), frame_bytes_(frame_bytes) {}

  void table(std::uint8_t id, SimulatedPacket& packet) {
    const bool deeper = id <= table_;
    if (++lookups_ > kResubmitsMax || depth_ + (deeper ? 1 : 0) > kDepthMax) {
      fault("too many or too deep resubmits in table " + std::to_string(id));
      return;
    }
    const std::uint8_t outer = std::exchange(table_, id);
    depth_ += deeper ? 1 : 0;
    if (openflow::FlowStatistics* const hit = lookup(id, packet)) {
      ++hit->packets;
      hit->bytes += frame_bytes_;
      for (const openflow::Action& action : hit->flow.actions) apply(action, packet);
    }
    depth_ -= deeper ? 1 : 0;
    table_ = outer;
  }

  Outcome outcome;

 private:
  void fault(std::string text) { outcome.faults.push_back(std::move(text)); }

  openflow::FlowStatistics* lookup(std::uint8_t id, const SimulatedPacket& packet) {
    const net::FlowKey key = key_of(packet, model_.vlan_limit_);
    openflow::FlowStatistics* found = nullptr;
    for (const std::size_t index : model_.tables_[id]) {
      openflow::FlowStatistics& candidate = model_.flows_[index];
      const openflow::FlowKey& wants = candidate.flow.key;
      if (found != nullptr && wants.priority != found->flow.key.priority) break;
      if (wants.match.in_port && *wants.match.in_port != packet.in_port) continue;
      if (!registers_match(wants.match, packet) || !net::matches(wants.match.headers, key)) continue;
      if (found != nullptr && candidate.flow.actions != found->flow.actions) {
        fault("two flows match: " + to_string(found->flow) + " and " + to_string(candidate.flow));
        break;
      }
      if (found == nullptr) found = &candidate;
    }
    return found;
  }

  void require(bool done, const char* what) {
    if (!done) fault(std::string(what) + " does not apply to this packet");
  }

  void send(openflow::PortNumber port, const SimulatedPacket& packet) {
    if (!packet.ethernet) fault("a packet without Ethernet header leaves a port");
    if (port != packet.in_port) outcome.sent.push_back({port, packet.bytes});
  }

  struct Apply {
    Run& run;
    SimulatedPacket& packet;
    void operator()(const openflow::Output& action) const { run.send(action.port, packet); }
    void operator()(const openflow::OutputGroup&) const { run.fault("groups are not modelled"); }
    void operator()(const openflow::SetField& action) const {
      run.require(set_field(packet, action.field, action.value, action.mask), "set_field");
    }
    void operator()(const openflow::LoadRegister& action) const {
      std::uint32_t& target = packet.registers[action.index];
      target = (target & ~action.mask) | (action.value & action.mask);
    }
    void operator()(const openflow::MoveToField& action) const {
      run.require(set_field(packet, action.field, packet.registers[action.index], 0xffffffff), "move");
    }
    void operator()(const openflow::MoveToRegister& action) const {
      packet.registers[action.index] = static_cast<std::uint32_t>(key_of(packet, run.model_.vlan_limit_)[action.field]);
    }
    void operator()(const openflow::PushVlan& action) const {
      run.require(push_vlan(packet, action.tpid), "push_vlan");
    }
    void operator()(const openflow::PopVlan&) const { run.require(pop_vlan(packet), "pop_vlan"); }
    void operator()(const openflow::SetVlanId& action) const {
      run.require(set_vlan_id(packet, action.id), "mod_vlan_vid");
    }
    void operator()(const openflow::EncapNsh&) const { run.require(encap_nsh(packet), "encap(nsh)"); }
    void operator()(const openflow::EncapEthernet&) const { run.require(encap_ethernet(packet), "encap(ethernet)"); }
    void operator()(const openflow::Decap&) const { run.require(decap(packet), "decap"); }
    void operator()(const openflow::Resubmit& action) const { run.table(action.table, packet); }
    void operator()(const openflow::GotoTable& action) const { run.table(action.table, packet); }
    void operator()(const openflow::Clone& action) const {
      SimulatedPacket copy = packet;
      const Apply inner{run, copy};
      for (const openflow::SimpleAction& one : action.actions) std::visit(inner, one);
    }
  };
  void apply(const openflow::Action& action, SimulatedPacket& packet) { std::visit(Apply{*this, packet}, action); }

  SwitchModel& model_;
  std::size_t frame_bytes_;
  std::uint8_t table_ = 0;
  unsigned depth_ = 0;
  unsigned lookups_ = 0;
};

void SwitchModel::install(std::vector<openflow::Flow> flows) {
  std::ranges::stable_sort(flows, [](const openflow::Flow& left, const openflow::Flow& right) {
    if (left.key.table != right.key.table) return left.key.table < right.key.table;
    return left.key.priority > right.key.priority;
  });
  flows_.clear();
  for (auto& table : tables_) table.clear();
  for (openflow::Flow& flow : flows) {
    tables_[flow.key.table].push_back(flows_.size());
    flows_.push_back({std::move(flow), 0, 0});
  }
}

SwitchModel::Outcome SwitchModel::run(openflow::PortNumber in_port, base::BytesView frame) {
  SimulatedPacket packet;
  packet.bytes.assign(frame.begin(), frame.end());
  packet.in_port = in_port;
  Run run(*this, frame.size());
  run.table(0, packet);
  return std::move(run.outcome);
}

}  // namespace superspan::fabric
