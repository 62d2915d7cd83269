// SPDX-License-Identifier: Apache-2.0
// The pipeline of switches with one table and no NSH (fabric files with `encapsulation: vlan`);
// docs/openflow-pipeline.md.
//
// A packet's policies are known at the tap: the decision list of all policies together names the set that wants it, and
// the number of the set is the VLAN id of its one copy. OpenFlow 1.3 pushes a tag and pops it at delivery, so copies
// are the original bit for bit. OpenFlow 1.0 can only rewrite: it matches untagged frames alone, tags them, and strips
// the tag at delivery. Links match port and VLAN id.
//
// Limits: 4094 sets; no nodes (a plain frame does not tell what it is wanted for); what a switch of the standard cannot
// match is refused, not widened: in one list a wider rule would take packets away from other policies. On Open vSwitch
// vlan_limit must be 1: it tracks two tags, and pushing one in front of them would destroy the original.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fabric/desired.h"
#include "fabric/wanted.h"

namespace superspan::fabric {

inline constexpr std::uint16_t kVlanIdMax = 4094;
inline constexpr std::size_t kVlanRulesMax = 4096;  // of one tap

// The cube as the profile can match it. Nothing: no packet of such a switch is in it (tagged frames in OpenFlow 1.0).
// kInvalid: a field or mask that the profile does not know; the message names it.
[[nodiscard]] base::Result<std::optional<net::Cube>> express(Profile profile, const net::Cube& cube);

// Whether the switches with the policy's taps can match it. Warnings say what it loses; errors have the policy as
// place.
[[nodiscard]] base::Result<std::vector<std::string>> check_for_vlan(const Topology& topology,
                                                                    const PlacedPolicy& policy);

using PolicyNumbers = std::vector<std::uint32_t>;  // sorted

// VLAN ids for sets of policies. From the set's own numbers wherever possible, so that few ids change with other
// policies; newer sets give way.
[[nodiscard]] base::Result<std::map<PolicyNumbers, std::uint16_t>> number_sets(const std::set<PolicyNumbers>& sets);

struct VlanRule {
  net::Cube match;
  PolicyNumbers policies;  // empty: wanted by none
};
struct VlanPlan {
  std::map<std::size_t, std::shared_ptr<const std::vector<VlanRule>>> taps;  // tap -> decision list
  std::map<PolicyNumbers, std::uint16_t> ids;
};

class VlanPlanner {
 public:
  VlanPlanner(const Topology& topology, const WantedMaker& maker) : topology_(topology), maker_(maker) {}

  // Adds the VLAN plan to the version. Errors: kLimit (rules, sets), kInvalid (a rule that a switch cannot match).
  [[nodiscard]] base::Status prepare(Wanted& wanted) const;
  [[nodiscard]] DesiredFlows flows(const Wanted& wanted, SwitchIndex at) const;

 private:
  using Lists = std::map<std::size_t, std::shared_ptr<const std::vector<VlanRule>>>;
  [[nodiscard]] base::Result<Lists> decision_lists(const Wanted& wanted, const PolicyNumbers& classified) const;
  [[nodiscard]] Hop hop_of(const Wanted& wanted, const PolicyNumbers& policies, SwitchIndex at) const;
  [[nodiscard]] FlowBlock filter(const Wanted& wanted, SwitchIndex at) const;
  [[nodiscard]] FlowBlock core(const Wanted& wanted, SwitchIndex at) const;

  const Topology& topology_;
  const WantedMaker& maker_;
};

}  // namespace superspan::fabric
