// SPDX-License-Identifier: Apache-2.0
#include "fabric/sending.h"

#include <algorithm>
#include <array>
#include <utility>

namespace superspan::fabric {
namespace {

using openflow::FlowMod;

// By Stage: classify, match, encap, route, output.
constexpr std::array kRank = {3, 4, 2, 1, 0};

bool harmless(const FlowMod& mod, const InstalledFlows& held) {
  const auto cookie = Cookie::parse(mod.flow.cookie);
  if (mod.command != openflow::FlowCommand::kAdd || !cookie) return false;
  const bool lists_or_stamps = cookie->stage == Stage::kClassify || cookie->stage == Stage::kEncap;
  return lists_or_stamps || !held.contains(mod.flow.key);
}

std::pair<int, int> place(const FlowMod& mod) {
  const auto cookie = Cookie::parse(mod.flow.cookie);
  return {kRank[static_cast<std::size_t>(cookie->stage)], -int{mod.flow.key.priority}};
}

}  // namespace

Sending in_safe_order(std::vector<FlowMod> mods, const InstalledFlows& held) {
  if (!std::ranges::all_of(mods, [&held](const FlowMod& mod) { return harmless(mod, held); })) {
    return {std::move(mods), true};
  }
  std::ranges::stable_sort(mods, {}, place);
  return {std::move(mods), false};
}

}  // namespace superspan::fabric
