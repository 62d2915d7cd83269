// SPDX-License-Identifier: Apache-2.0
#include "fabric/desired.h"

#include <algorithm>

namespace superspan::fabric {
namespace {

constexpr std::uint64_t kMagic = 0x5350;  // "SP"

}  // namespace

std::uint64_t Cookie::value() const {
  return kMagic << 48 | std::uint64_t{policy & 0xffffffU} << 24 | static_cast<std::uint64_t>(stage) << 16 | index;
}

std::optional<Cookie> Cookie::parse(std::uint64_t value) {
  const auto stage = static_cast<std::uint8_t>(value >> 16);
  if (value >> 48 != kMagic || stage > static_cast<std::uint8_t>(Stage::kOutput)) return std::nullopt;
  return Cookie{static_cast<std::uint32_t>(value >> 24) & 0xffffffU, static_cast<Stage>(stage),
                static_cast<std::uint16_t>(value)};
}

openflow::CookieFilter Cookie::of_stage(Stage stage) {
  return {Cookie{0, stage, 0}.value(), std::uint64_t{0xffff} << 48 | std::uint64_t{0xff} << 16};
}

bool may_cover(const openflow::CookieFilter& part, BlockId block) {
  const std::uint64_t of_block = part.mask & ~std::uint64_t{0xffff};
  return (Cookie{block.policy, block.stage, 0}.value() & of_block) == (part.value & of_block);
}

std::size_t DesiredFlows::size() const {
  std::size_t count = 0;
  for (const auto& [id, block] : blocks_) count += block->size();
  return count;
}

std::set<std::uint32_t> DesiredFlows::policies() const {
  std::set<std::uint32_t> numbers;
  for (const auto& [id, block] : blocks_) {
    if (id.policy != 0) {
      numbers.insert(id.policy);
      continue;
    }
    for (const DesiredFlow& desired : *block) numbers.insert(desired.counts.begin(), desired.counts.end());
  }
  return numbers;
}

std::vector<openflow::Flow> DesiredFlows::flows() const {
  std::vector<openflow::Flow> flows;
  flows.reserve(size());
  for (const auto& [id, block] : blocks_) {
    for (const DesiredFlow& desired : *block) flows.push_back(desired.flow);
  }
  std::ranges::sort(flows, {}, &openflow::Flow::key);
  return flows;
}

}  // namespace superspan::fabric
