// SPDX-License-Identifier: Apache-2.0
// What the fabric's tests share: fabrics, policies and frames in a few words. Header only, never part of the library.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/seed.h"
#include "fabric/pipeline.h"
#include "fabric/simulate.h"
#include "net/address.h"

namespace superspan::fabric::support {

using Random = std::mt19937_64;

using base::testing::seed;

inline unsigned pick(Random& random, std::size_t below) {
  return static_cast<unsigned>(random() % below);
}

inline Topology make_fabric(const std::string& yaml) {
  auto parsed = Topology::parse(yaml, "fabric.yaml");
  EXPECT_TRUE(parsed) << base::render(parsed.error());
  return std::move(*parsed);
}

// All roles in one switch.
inline const char* const kOneSwitch = R"(
name: one
switches:
  - {name: s1, datapath: "0000000000000001"}
taps:
  - {name: tap1, switch: s1, port: 1}
  - {name: tap2, switch: s1, port: 2}
tools:
  - {name: tool1, switch: s1, port: 11}
  - {name: tool2, switch: s1, port: 12}
  - {name: tool3, switch: s1, port: 13}
nodes:
  - {name: node1, switch: s1, port: 21}
)";

// Two filters, a mux and a delivery switch; one tool hangs on a filter.
inline const char* const kFourSwitches = R"(
name: four
switches:
  - {name: filter1, datapath: "0000000000000001"}
  - {name: filter2, datapath: "0000000000000002"}
  - {name: mux1, datapath: "0000000000000003"}
  - {name: delivery1, datapath: "0000000000000004"}
taps:
  - {name: tap1, switch: filter1, port: 1}
  - {name: tap2, switch: filter1, port: 2}
  - {name: tap3, switch: filter2, port: 1}
tools:
  - {name: tool1, switch: delivery1, port: 11}
  - {name: tool2, switch: delivery1, port: 12}
  - {name: tool3, switch: filter1, port: 13}
nodes:
  - {name: node1, switch: delivery1, port: 21}
  - {name: node2, switch: mux1, port: 22}
links:
  - {from: "filter1:49", to: "mux1:1"}
  - {from: "filter2:49", to: "mux1:2"}
  - {from: "mux1:3", to: "delivery1:49"}
)";

using net::Field;
using net::FieldTest;

inline FieldTest is(Field field, net::U128 value) {
  return FieldTest::exactly(field, value);
}
inline policy::Rule accept(net::Cube match) {
  return {std::move(match), true};
}
inline policy::Rule reject(net::Cube match) {
  return {std::move(match), false};
}

inline std::shared_ptr<const policy::CompiledPolicy> rules(std::vector<policy::Rule> list) {
  policy::CompiledPolicy compiled;
  compiled.expression = "(rules)";
  compiled.rules = std::move(list);
  return std::make_shared<policy::CompiledPolicy>(std::move(compiled));
}

inline Policy wanted_policy(std::uint32_t number, std::shared_ptr<const policy::CompiledPolicy> compiled,
                            std::vector<std::string> taps, std::vector<std::string> tools) {
  Policy made;
  made.name = "p" + std::to_string(number);
  made.number = number;
  made.slot = {static_cast<std::uint8_t>((number - 1) / 64), static_cast<std::uint8_t>((number - 1) % 64)};
  made.compiled = std::move(compiled);
  made.taps = std::move(taps);
  made.tools = std::move(tools);
  return made;
}

inline std::vector<PlacedPolicy> placed(const Topology& topology, const std::vector<Policy>& policies) {
  std::vector<PlacedPolicy> result;
  for (const Policy& one : policies) {
    auto made = place(topology, std::make_shared<Policy>(one));
    EXPECT_TRUE(made) << base::render(made.error());
    result.push_back(std::move(*made));
  }
  return result;
}

// The flows of every switch when exactly these policies are in force.
inline std::vector<std::vector<openflow::Flow>> steady_flows(const Topology& topology,
                                                             const std::vector<Policy>& policies,
                                                             std::uint32_t epoch = 7) {
  WantedMaker maker(topology);
  Pipeline pipeline(topology, maker);
  const auto all = placed(topology, policies);
  const Wanted wanted = maker.make(all, all, epoch);
  const base::Status status = pipeline.check(wanted);
  EXPECT_TRUE(status) << base::render(status.error());
  std::vector<std::vector<openflow::Flow>> flows;
  for (SwitchIndex at = 0; at < topology.switches().size(); ++at) flows.push_back(pipeline.flows(wanted, at).flows());
  return flows;
}

// --- frames ---

inline void put_tags(base::ByteWriter& out, const std::vector<std::uint16_t>& vlans) {
  for (std::size_t index = 0; index < vlans.size(); ++index) {
    out.be16(index == 0 && vlans.size() > 1 ? 0x88a8 : 0x8100);
    out.be16(vlans[index]);
  }
}

struct Ipv4 {
  std::vector<std::uint16_t> vlans;
  const char* source = "10.0.0.1";
  const char* destination = "10.0.0.2";
  std::uint8_t protocol = 6;
  std::uint16_t source_port = 1000;
  std::uint16_t destination_port = 80;
  std::size_t padding = 10;
};

inline base::Bytes frame(const Ipv4& from) {
  base::ByteWriter out;
  for (const std::uint64_t address : {0x020000000002ULL, 0x0200000000aaULL}) {
    out.be16(static_cast<std::uint16_t>(address >> 32));
    out.be32(static_cast<std::uint32_t>(address));
  }
  put_tags(out, from.vlans);
  out.be16(0x0800);
  const std::size_t transport = from.protocol == 6 ? 20 : 8;
  out.be32(0x45000000U | static_cast<std::uint32_t>(20 + transport + from.padding));
  out.be32(0x12340000);
  out.be32(0x40000000U | std::uint32_t{from.protocol} << 16);
  out.be32(net::Ipv4Address::parse(from.source)->value);
  out.be32(net::Ipv4Address::parse(from.destination)->value);
  out.be16(from.source_port);
  out.be16(from.destination_port);
  if (from.protocol == 6) {
    out.be64(0x0102030405060708);
    out.be32(0x50181000);
    out.be32(0);
  } else {
    out.be16(static_cast<std::uint16_t>(8 + from.padding));
    out.be16(0);
  }
  for (std::size_t index = 0; index < from.padding; ++index) out.u8(static_cast<std::uint8_t>(index));
  return out.take();
}

inline std::string hex(base::BytesView bytes) {
  std::string text;
  char digits[4];
  for (const std::byte byte : bytes) {
    std::snprintf(digits, sizeof(digits), "%02x", std::to_integer<unsigned>(byte));
    text += digits;
  }
  return text;
}

}  // namespace superspan::fabric::support
