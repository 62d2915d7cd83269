// SPDX-License-Identifier: Apache-2.0
#include "fabric/vlan.h"

#include <algorithm>

#include "fabric/pipeline.h"

namespace superspan::fabric {
namespace {

using base::Status;
using net::Field;
using openflow::Action;

constexpr std::uint16_t kLinkPriority = 100;
constexpr std::uint16_t kUnwantedPriority = 1;  // at a tap: counts what no policy wants
constexpr std::uint16_t kTagProtocol = 0x8100;
constexpr net::U128 kTagPresent = 0x1000;

const WantedPolicy* find(const Wanted& wanted, std::uint32_t number) {
  const auto found = std::ranges::lower_bound(wanted.policies, number, {},
                                              [](const WantedPolicy& policy) { return policy.placed.number(); });
  return found == wanted.policies.end() || found->placed.number() != number ? nullptr : &*found;
}

void send_to(const std::vector<openflow::PortNumber>& ports, std::uint64_t bits,
             std::optional<openflow::PortNumber> except, std::vector<Action>& actions) {
  for (std::size_t bit = 0; bit < ports.size(); ++bit) {
    if ((bits >> bit & 1) != 0 && ports[bit] != except) actions.push_back(openflow::Output{ports[bit]});
  }
}

DesiredFlow flow(std::uint16_t priority, openflow::PortNumber in_port, net::Cube headers, std::vector<Action> actions) {
  DesiredFlow made;
  made.flow.key.priority = priority;
  made.flow.key.match.in_port = in_port;
  made.flow.key.match.headers = std::move(headers);
  made.flow.actions = std::move(actions);
  return made;
}

void count_for(DesiredFlow& made, const PolicyNumbers& policies, bool taken) {
  made.counts = policies;
  made.hop = true;
  made.taken = taken;
}

}  // namespace

// The decision list of each tap, shared by taps that the same policies look at on switches of the same profile.
base::Result<VlanPlanner::Lists> VlanPlanner::decision_lists(const Wanted& wanted,
                                                             const PolicyNumbers& classified) const {
  std::map<std::pair<Profile, PolicyNumbers>, std::shared_ptr<const std::vector<VlanRule>>> known;
  Lists lists;
  for (std::size_t tap = 0; tap < topology_.taps().size(); ++tap) {
    const Profile profile = topology_.switches()[topology_.taps()[tap].where.at].profile;
    PolicyNumbers here;
    std::vector<const policy::Diagram*> diagrams;
    for (const std::uint32_t number : classified) {
      const PlacedPolicy& policy = find(wanted, number)->placed;
      if (!std::ranges::binary_search(policy.taps, tap)) continue;
      here.push_back(number);
      diagrams.push_back(policy.policy->compiled->diagram.get());
    }
    auto& list = known[{profile, here}];
    if (!list) {
      const auto regions = policy::regions(diagrams, kVlanRulesMax);
      if (!regions) return std::unexpected(regions.error());
      auto made = std::make_shared<std::vector<VlanRule>>();
      for (const policy::RegionRule& region : *regions) {
        auto match = express(profile, region.match);
        if (!match) return std::unexpected(match.error());
        if (!*match) continue;
        PolicyNumbers numbers;
        for (const std::size_t index : region.policies) numbers.push_back(here[index]);
        made->push_back({std::move(**match), std::move(numbers)});
      }
      list = std::move(made);
    }
    lists.emplace(tap, list);
  }
  return lists;
}

Status VlanPlanner::prepare(Wanted& wanted) const {
  auto plan = std::make_shared<VlanPlan>();
  PolicyNumbers classified;
  for (const WantedPolicy& policy : wanted.policies) {
    if (policy.classified) classified.push_back(policy.placed.number());
  }
  auto lists = decision_lists(wanted, classified);
  if (!lists) return std::unexpected(lists.error());
  auto others = decision_lists(wanted, wanted.routed_too);
  if (!others) return std::unexpected(others.error());
  std::set<PolicyNumbers> sets;
  for (const Lists* const some : {&lists.value(), &others.value()}) {
    for (const auto& [tap, rules] : *some) {
      for (const VlanRule& rule : *rules) {
        if (!rule.policies.empty()) sets.insert(rule.policies);
      }
    }
  }
  auto ids = number_sets(sets);
  if (!ids) return std::unexpected(ids.error());
  plan->taps = std::move(*lists);
  plan->ids = std::move(*ids);
  wanted.vlan = std::move(plan);
  return {};
}

Hop VlanPlanner::hop_of(const Wanted& wanted, const PolicyNumbers& policies, SwitchIndex at) const {
  Hop all;
  for (const std::uint32_t number : policies) {
    const WantedPolicy* const policy = find(wanted, number);
    const Hop* const hop = policy == nullptr ? nullptr : policy->hop(at);
    if (hop == nullptr) continue;
    all.fabric |= hop->fabric;
    all.plain |= hop->plain;
    all.from_taps |= hop->from_taps;
    all.from_core |= hop->from_core;
  }
  return all;
}

FlowBlock VlanPlanner::filter(const Wanted& wanted, SwitchIndex at) const {
  const OutPorts& ports = maker_.ports()[at];
  const bool pushes = topology_.switches()[at].profile != Profile::kOpenflow10;
  FlowBlock flows;
  for (const auto& [tap, rules] : wanted.vlan->taps) {
    const Attachment& where = topology_.taps()[tap].where;
    if (where.at != at) continue;
    flows.push_back(flow(kUnwantedPriority, where.port, {}, {}));
    std::uint16_t priority = kMatchPriority;
    for (const VlanRule& rule : *rules) {
      std::vector<Action> actions;
      const Hop hop = hop_of(wanted, rule.policies, at);
      send_to(ports.plain, hop.plain, std::nullopt, actions);
      if (hop.fabric != 0) {
        if (pushes) actions.push_back(openflow::PushVlan{kTagProtocol});
        actions.push_back(openflow::SetVlanId{wanted.vlan->ids.at(rule.policies)});
        send_to(ports.fabric, hop.fabric, std::nullopt, actions);
      }
      flows.push_back(flow(priority--, where.port, rule.match, std::move(actions)));
      count_for(flows.back(), rule.policies, true);
    }
  }
  return flows;
}

FlowBlock VlanPlanner::core(const Wanted& wanted, SwitchIndex at) const {
  const OutPorts& ports = maker_.ports()[at];
  FlowBlock flows;
  for (const Link& link : topology_.links()) {
    for (const auto& [here, there] : {std::pair(link.from, link.to), std::pair(link.to, link.from)}) {
      if (here.at != at || !maker_.tree(0).is_branch(here, there.at)) continue;
      for (const auto& [policies, id] : wanted.vlan->ids) {
        const Hop hop = hop_of(wanted, policies, at);
        if (!hop.from_core) continue;
        std::vector<Action> actions;
        send_to(ports.fabric, hop.fabric, here.port, actions);
        if (hop.plain != 0) {
          actions.push_back(openflow::PopVlan{});
          send_to(ports.plain, hop.plain, std::nullopt, actions);
        }
        if (actions.empty()) continue;
        flows.push_back(
            flow(kLinkPriority, here.port, {{Field::kVlanTci, kTagPresent | id, 0x1fff}}, std::move(actions)));
        flows.back().flow.cookie = Cookie{0, Stage::kRoute, id}.value();
        count_for(flows.back(), policies, false);
      }
    }
  }
  return flows;
}

DesiredFlows VlanPlanner::flows(const Wanted& wanted, SwitchIndex at) const {
  FlowBlock taps = filter(wanted, at);
  for (DesiredFlow& made : taps) {
    made.flow.cookie = Cookie{0, Stage::kMatch, made.flow.key.priority}.value();
  }
  FlowBlock links = core(wanted, at);
  DesiredFlow rest;
  rest.flow.cookie = Cookie{0, Stage::kClassify, 0}.value();
  DesiredFlows desired;
  desired.set({0, Stage::kClassify}, std::make_shared<FlowBlock>(FlowBlock{std::move(rest)}));
  if (!taps.empty()) desired.set({0, Stage::kMatch}, std::make_shared<FlowBlock>(std::move(taps)));
  if (!links.empty()) desired.set({0, Stage::kRoute}, std::make_shared<FlowBlock>(std::move(links)));
  return desired;
}

}  // namespace superspan::fabric
