// SPDX-License-Identifier: Apache-2.0
// What one switch shall hold, as a value that is cheap to derive again and to compare: blocks of flows, each made from
// one policy (or from the infrastructure) and shared between versions as long as it does not change.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "openflow/flow.h"

namespace superspan::fabric {

// Which step of the pipeline a flow is; part of its cookie.
enum class Stage : std::uint8_t { kClassify = 0, kMatch = 1, kEncap = 2, kRoute = 3, kOutput = 4 };

// Cookie: 0x5350 "SP" (16 bits) | policy number (24; 0: infrastructure) | stage (8) | index inside the block (16).
struct Cookie {
  std::uint32_t policy = 0;
  Stage stage = Stage::kClassify;
  std::uint16_t index = 0;

  [[nodiscard]] std::uint64_t value() const;
  // Nothing: not one of ours.
  [[nodiscard]] static std::optional<Cookie> parse(std::uint64_t value);
  [[nodiscard]] static openflow::CookieFilter of_stage(Stage stage);
  friend bool operator==(const Cookie&, const Cookie&) = default;
};

struct DesiredFlow {
  openflow::Flow flow;
  std::vector<std::uint32_t> counts;  // the policies whose packets this flow counts; empty: it counts for none
  bool hop = false;                   // counts all their packets that pass this switch
  bool taken = false;                 // counts their packets from this switch's taps
};

// Flow keys are unique inside a switch, over all its blocks.
using FlowBlock = std::vector<DesiredFlow>;

// Policy and stage are those of the cookies of its flows.
struct BlockId {
  std::uint32_t policy = 0;  // 0: infrastructure
  Stage stage = Stage::kClassify;
  friend auto operator<=>(const BlockId&, const BlockId&) = default;
};

// Whether any flow of the block can have such a cookie.
[[nodiscard]] bool may_cover(const openflow::CookieFilter& part, BlockId block);

class DesiredFlows {
 public:
  void set(BlockId id, std::shared_ptr<const FlowBlock> block) { blocks_[id] = std::move(block); }
  [[nodiscard]] const std::map<BlockId, std::shared_ptr<const FlowBlock>>& blocks() const { return blocks_; }
  [[nodiscard]] std::size_t size() const;                   // flows
  [[nodiscard]] std::set<std::uint32_t> policies() const;   // numbers of those that any flow is for
  [[nodiscard]] std::vector<openflow::Flow> flows() const;  // sorted by key

 private:
  std::map<BlockId, std::shared_ptr<const FlowBlock>> blocks_;
};

}  // namespace superspan::fabric
