// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "fabric/engine_impl.h"

namespace superspan::fabric {
namespace {

using Assigned = std::vector<std::shared_ptr<const Policy>>;

bool same(const Assigned& left, const Assigned& right) {
  return std::ranges::equal(left, right,
                            [](const auto& one, const auto& other) { return same_for_nodes(*one, *other); });
}

bool goes_to(const PlacedPolicy& policy, std::size_t node) {
  return std::ranges::binary_search(policy.destinations, Destination{Destination::Kind::kNode, node});
}

// By policy number: the revision from which on the node does for the policy what it shall do now.
std::map<std::uint32_t, std::uint64_t> first_revisions(const NodeRecord& node, const Assigned& policies,
                                                       std::uint64_t revision) {
  std::map<std::uint32_t, std::uint64_t> since;
  const auto number_of = [](const std::shared_ptr<const Policy>& policy) { return policy->number; };
  for (const auto& policy : policies) {
    const auto before = std::ranges::lower_bound(node.asked.policies, policy->number, {}, number_of);
    const bool known = before != node.asked.policies.end() && same_for_nodes(**before, *policy);
    since[policy->number] = known ? node.since.at(policy->number) : revision;
  }
  return since;
}

}  // namespace

// Tells every node its part of both sets, if that is not what it was told last. Where both sets have a policy, the
// second one's word counts (it may be newer).
void Engine::Impl::assign(const Policies& kept, const Policies& added) {
  std::map<std::uint32_t, const PlacedPolicy*> all;
  for (const Policies* const some : {&kept, &added}) {
    for (const PlacedPolicy& policy : *some) all[policy.number()] = &policy;
  }
  for (std::size_t index = 0; index < topology->nodes().size(); ++index) {
    const std::string& name = topology->nodes()[index].name;
    NodeRecord& node = nodes_[name];
    Assigned policies;
    for (const auto& [number, policy] : all) {
      if (goes_to(*policy, index)) policies.push_back(policy->policy);
    }
    if (node.asked.revision != 0 && same(node.asked.policies, policies)) continue;
    const std::uint64_t revision = next_revision_++;
    node.since = first_revisions(node, policies, revision);
    node.asked.node = name;
    node.asked.revision = revision;
    node.asked.epoch = epoch;
    node.asked.policies = std::move(policies);
    node.asked.taps.clear();
    for (const Tap& tap : topology->taps()) node.asked.taps.push_back({tap.id, tap.name, tap.description});
    if (node.up) ask(node);
  }
}

void Engine::Impl::ask(NodeRecord& node) {
  node.refused = false;
  for (const auto& policy : node.asked.policies) node.may_hold.insert(policy->number);
  out_.emplace_back(node.asked);
}

// The nodes that new policies go to; others may take their time.
bool Engine::Impl::nodes_answered() const {
  for (const PlacedPolicy& policy : next_) {
    if (std::ranges::binary_search(current_, policy.number(), {}, &PlacedPolicy::number)) continue;
    for (const Destination& destination : policy.destinations) {
      if (destination.kind != Destination::Kind::kNode) continue;
      const NodeRecord& node = nodes_.at(topology->name(destination));
      if (node.up && !node.refused && !node.serves(policy.number())) return false;
    }
  }
  return true;
}

Commands Engine::Impl::node_up(const std::string& name, Now now) {
  now_ = now;
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return finish();
  NodeRecord& node = found->second;
  if (!node.up) emit(Event::Kind::kNodeUp, "", name, "");
  node.up = true;
  node.applied_revision = 0;
  ask(node);
  return finish();
}

Commands Engine::Impl::node_down(const std::string& name, Now now) {
  now_ = now;
  const auto found = nodes_.find(name);
  if (found == nodes_.end() || !found->second.up) return finish();
  found->second.up = false;
  found->second.applied_revision = 0;
  emit(Event::Kind::kNodeDown, "", name, "");
  return finish();
}

Commands Engine::Impl::node_applied(const std::string& name, std::uint64_t revision, const base::Status& status,
                                    Now now) {
  now_ = now;
  const auto found = nodes_.find(name);
  if (found == nodes_.end() || revision != found->second.asked.revision) return finish();
  NodeRecord& node = found->second;
  if (status) {
    node.applied_revision = revision;
    node.may_hold.clear();
    for (const auto& policy : node.asked.policies) node.may_hold.insert(policy->number);
  } else {
    node.refused = true;
    node.retry_at = now.steady + options_.retry_time;
    emit(Event::Kind::kNodeRefused, "", name, status.error().message);
  }
  return finish();
}

}  // namespace superspan::fabric
