// SPDX-License-Identifier: Apache-2.0
#include "fabric/reconcile.h"

namespace superspan::fabric {
namespace {

using openflow::Flow;
using openflow::FlowCommand;
using openflow::FlowKey;
using openflow::FlowMod;

struct ByKey {
  bool operator()(const FlowKey* left, const FlowKey* right) const { return *left < *right; }
};
using Index = std::map<const FlowKey*, const Flow*, ByKey>;

void index_block(const FlowBlock& block, Index& index) {
  for (const DesiredFlow& desired : block) index.emplace(&desired.flow.key, &desired.flow);
}

FlowMod removal(const FlowKey& key) {
  Flow flow;
  flow.key = key;
  return {FlowCommand::kDeleteStrict, std::move(flow)};
}

}  // namespace

std::vector<FlowMod> changes(const DesiredFlows& from, const DesiredFlows& to) {
  Index before;
  Index after;
  for (const auto& [id, block] : from.blocks()) {
    const auto other = to.blocks().find(id);
    if (other == to.blocks().end() || other->second != block) index_block(*block, before);
  }
  for (const auto& [id, block] : to.blocks()) {
    const auto other = from.blocks().find(id);
    if (other == from.blocks().end() || other->second != block) index_block(*block, after);
  }
  std::vector<FlowMod> mods;
  for (const auto& [key, flow] : after) {
    const auto old = before.find(key);
    if (old == before.end() || *old->second != *flow) mods.push_back({FlowCommand::kAdd, *flow});
  }
  for (const auto& [key, flow] : before) {
    if (!after.contains(key)) mods.push_back(removal(*key));
  }
  return mods;
}

Difference compare(const InstalledFlows& installed, const DesiredFlows& desired) {
  Difference difference;
  const auto note = [&difference](std::size_t& count, const char* what, const Flow& flow) {
    ++count;
    if (difference.first.empty()) difference.first = std::string(what) + ": " + to_string(flow);
  };
  Index wanted;
  for (const auto& [id, block] : desired.blocks()) index_block(*block, wanted);
  for (const auto& [key, flow] : wanted) {
    const auto found = installed.find(*key);
    if (found != installed.end() && found->second.flow == *flow) continue;
    if (found == installed.end()) {
      note(difference.missing, "missing", *flow);
    } else {
      note(difference.changed, "changed", found->second.flow);
    }
    difference.mods.push_back({FlowCommand::kAdd, *flow});
  }
  for (const auto& [key, found] : installed) {
    if (wanted.contains(&key)) continue;
    if (Cookie::parse(found.flow.cookie)) {
      note(difference.stale, "stale", found.flow);
    } else {
      note(difference.foreign, "foreign", found.flow);
    }
    difference.mods.push_back(removal(key));
  }
  return difference;
}

void apply(const std::vector<FlowMod>& mods, InstalledFlows& installed) {
  for (const FlowMod& mod : mods) {
    if (mod.command == FlowCommand::kAdd) {
      installed[mod.flow.key].flow = mod.flow;
    } else {
      installed.erase(mod.flow.key);
    }
  }
}

}  // namespace superspan::fabric
