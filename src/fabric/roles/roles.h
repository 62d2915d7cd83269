// SPDX-License-Identifier: Apache-2.0
// The flows of each stage of the pipeline (pipeline.h has tables and registers). Pure functions; infrastructure flows
// come without cookies.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "fabric/pipeline.h"

namespace superspan::fabric::roles {

// One switch in one version.
struct SwitchView {
  const Topology& topology;
  const WantedMaker& maker;
  const Wanted& wanted;
  SwitchIndex at = 0;

  [[nodiscard]] const OutPorts& ports() const { return maker.ports()[at]; }
};

// What copies of one namespace meet on this switch.
struct NamespaceUse {
  std::set<std::uint8_t> tap_routes;   // route tables for packets from taps
  std::set<std::uint8_t> core_routes;  // route tables for copies from links
  std::uint64_t tap_fabric = 0;        // out-ports of packets from taps
  std::uint64_t tap_plain = 0;
  std::uint64_t core_fabric = 0;  // out-ports of copies from links
  std::uint64_t core_plain = 0;
};
[[nodiscard]] NamespaceUse use_of(const SwitchView& view, unsigned name_space);

// --- filter.cc: taps ---
// The decision list of one policy in the table of its colour, for all taps or those of `ports`.
[[nodiscard]] FlowBlock match_rules(const policy::CompiledPolicy& compiled, std::uint32_t number, unsigned colour,
                                    std::span<const openflow::PortNumber> ports,
                                    const std::vector<openflow::Action>& set_bits);
// Table 0: taps, links, and the end for everything else.
[[nodiscard]] FlowBlock classify(const SwitchView& view);

// --- core.cc: routes ---
[[nodiscard]] DesiredFlow route_rule(unsigned name_space, unsigned bit, const Hop& hop);
[[nodiscard]] FlowBlock route_shared_tools(const SwitchView& view);

// --- output.cc: encapsulation and ports ---
[[nodiscard]] FlowBlock encapsulate(const SwitchView& view);
[[nodiscard]] FlowBlock output(const SwitchView& view);
// The out-port tables that hold any of these bits.
[[nodiscard]] std::vector<std::uint8_t> out_tables(std::uint8_t first_table, std::uint64_t bits);

}  // namespace superspan::fabric::roles
