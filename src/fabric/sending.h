// SPDX-License-Identifier: Apache-2.0
// How the changes of one switch (pipeline.h) are sent. A bundle changes everything at once, but costs the switch a
// second round trip. When policies are only added, single flow-mods in the right order do as well: no copy ever goes
// wrong on the way, a new policy merely begins flow by flow.
#pragma once

#include <vector>

#include "fabric/reconcile.h"

namespace superspan::fabric {

struct Sending {
  std::vector<openflow::FlowMod> mods;
  bool atomic = true;
};

// Not atomic if, of the flows that the switch holds, nothing goes, and none changes but those that list tables
// (classify) or stamp the epoch (encap). Then outputs and routes come first, so that a bit leads somewhere before it is
// set; then the lists and stamps; then each policy's rules, the highest priority first, so that a packet which a later
// rule would take by mistake is already taken by its own.
[[nodiscard]] Sending in_safe_order(std::vector<openflow::FlowMod> mods, const InstalledFlows& held);

}  // namespace superspan::fabric
