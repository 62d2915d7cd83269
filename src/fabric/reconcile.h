// SPDX-License-Identifier: Apache-2.0
// Differences between flows: desired against desired (a commit) and desired against installed (connect and audit).
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "fabric/desired.h"

namespace superspan::fabric {

// What turns a switch that holds `from` into one that holds `to`: first what is new or changed, then what goes. Looks
// only into blocks that are not the same object in both.
[[nodiscard]] std::vector<openflow::FlowMod> changes(const DesiredFlows& from, const DesiredFlows& to);

// Flows as a switch reported them. Flows that the values cannot express keep their words (see openflow/flow.h).
struct FlowKeyHash {
  std::size_t operator()(const openflow::FlowKey& key) const;
};
using InstalledFlows = std::unordered_map<openflow::FlowKey, openflow::FlowStatistics, FlowKeyHash>;

struct Difference {
  std::vector<openflow::FlowMod> mods;  // they make the switch hold exactly the desired flows
  std::size_t missing = 0;
  std::size_t changed = 0;  // same key, other cookie or actions
  std::size_t stale = 0;    // ours by cookie, not desired
  std::size_t foreign = 0;  // not ours by cookie: nobody else may write here, they go
  std::string first;        // one of them in words; empty: no difference

  [[nodiscard]] std::size_t count() const { return missing + changed + stale + foreign; }
};
// `installed` are the flows of a switch whose cookies are in `part`, and no others.
[[nodiscard]] Difference compare(const InstalledFlows& installed, const DesiredFlows& desired,
                                 const openflow::CookieFilter& part = {});

// The installed flows after a successful transaction; counters of changed flows stay (as in OpenFlow 1.3),
// those of new ones start at zero.
void apply(const std::vector<openflow::FlowMod>& mods, InstalledFlows& installed);

}  // namespace superspan::fabric
