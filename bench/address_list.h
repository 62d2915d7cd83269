// SPDX-License-Identifier: Apache-2.0
// The flows that benchmarks send.
#pragma once

#include <cstdint>
#include <vector>

#include "openflow/flow.h"

namespace superspan::bench {

// What a filter switch holds for an address list: one masked register bit a rule.
inline std::vector<openflow::FlowMod> address_list(std::uint32_t count) {
  std::vector<openflow::FlowMod> mods;
  for (std::uint32_t index = 0; index < count; ++index) {
    openflow::Flow flow;
    flow.key = {1, 100, {}};
    flow.key.match.headers = {
        {net::Field::kVlanTci, 0, 0x1000},
        net::FieldTest::exactly(net::Field::kEthType, 0x800),
        net::FieldTest::exactly(net::Field::kIpProto, 6),
        net::FieldTest::exactly(net::Field::kIpv4Source, 0x0a000000 + index),
        net::FieldTest::exactly(net::Field::kL4Destination, 443),
    };
    flow.cookie = 0x5350000001010000;
    flow.actions = {openflow::LoadRegister{0, 1, 1}, openflow::GotoTable{2}};
    mods.push_back({openflow::FlowCommand::kAdd, flow});
  }
  return mods;
}

}  // namespace superspan::bench
