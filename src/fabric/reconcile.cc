// SPDX-License-Identifier: Apache-2.0
#include "fabric/reconcile.h"

#include <algorithm>
#include <map>

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

std::size_t FlowKeyHash::operator()(const FlowKey& key) const {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x9e3779b97f4a7c15 + (hash >> 29); };
  mix(std::uint64_t{key.table} << 16 | key.priority);
  mix(key.match.in_port.value_or(0));
  for (const openflow::RegisterTest& test : key.match.registers) {
    mix(std::uint64_t{test.index} << 32 | test.value);
    mix(test.mask);
  }
  for (const net::FieldTest& test : key.match.headers) {
    mix(static_cast<std::uint64_t>(test.field) << 56 ^ static_cast<std::uint64_t>(test.value));
    mix(static_cast<std::uint64_t>(test.value >> 64) ^ static_cast<std::uint64_t>(test.mask));
  }
  mix(std::hash<std::string>{}(key.match.foreign));
  return hash;
}

Difference compare(const InstalledFlows& installed, const DesiredFlows& desired, const openflow::CookieFilter& part) {
  Difference difference;
  const auto note = [&difference](std::size_t& count, const char* what, const Flow& flow) {
    ++count;
    if (difference.first.empty()) difference.first = std::string(what) + ": " + to_string(flow);
  };
  std::size_t met = 0;
  for (const auto& [id, block] : desired.blocks()) {
    if (!may_cover(part, id)) continue;
    for (const DesiredFlow& wanted : *block) {
      if (!part.covers(wanted.flow.cookie)) continue;
      const auto found = installed.find(wanted.flow.key);
      if (found != installed.end()) ++met;
      if (found != installed.end() && found->second.flow == wanted.flow) continue;
      if (found == installed.end()) {
        note(difference.missing, "missing", wanted.flow);
      } else {
        note(difference.changed, "changed", found->second.flow);
      }
      difference.mods.push_back({FlowCommand::kAdd, wanted.flow});
    }
  }
  if (met == installed.size()) return difference;
  Index keys;
  for (const auto& [id, block] : desired.blocks()) index_block(*block, keys);
  Index surplus;
  for (const auto& [key, found] : installed) {
    const auto wanted = keys.find(&key);
    if (wanted == keys.end()) {
      surplus.emplace(&key, &found.flow);
    } else if (!part.covers(wanted->second->cookie)) {  // a cookie that somebody changed brought it here
      note(difference.changed, "changed", found.flow);
      difference.mods.push_back({FlowCommand::kAdd, *wanted->second});
    }
  }
  for (const auto& [key, flow] : surplus) {
    if (Cookie::parse(flow->cookie)) {
      note(difference.stale, "stale", *flow);
    } else {
      note(difference.foreign, "foreign", *flow);
    }
    difference.mods.push_back(removal(*key));
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
