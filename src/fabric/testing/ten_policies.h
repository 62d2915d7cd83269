// SPDX-License-Identifier: Apache-2.0
// Ten policies that overlap in every way, and the frames that tell them apart. Header only, for tests.
#pragma once

#include "fabric/testing/support.h"
#include "policy/compile.h"
#include "policy/evaluate.h"

namespace superspan::fabric::support {

struct PolicyLine {
  const char* why;
  const char* expression;
  std::vector<std::string> taps;
  std::vector<std::string> tools;
};

inline const std::vector<PolicyLine>& ten_policies() {
  static const std::vector<PolicyLine> lines = {
      {"any tap", "tcp port 80", {}, {"tool1"}},
      {"the same, to another tool", "tcp port 80", {}, {"tool2"}},
      {"nested in the first", "tcp port 80 and src host 10.0.0.1", {}, {"tool3"}},
      {"around the first", "ip", {}, {"node1"}},
      {"crossing the first, to the same tool", "tcp and dst net 10.0.0.0/30", {}, {"tool1"}},
      {"disjoint from the first", "udp port 53", {}, {"tool2", "node1"}},
      {"the same as the first, at one tap", "tcp port 80", {"tap1"}, {"tool3", "node1"}},
      {"all but the first, at the other tap", "not tcp port 80", {"tap2"}, {"tool1"}},
      {"tagged", "vlan 11", {}, {"tool2"}},
      {"nested in tagged, at two taps", "vlan 11 and tcp port 80", {"tap1", "tap2"}, {"tool3", "node1"}},
  };
  return lines;
}

// Compiled for this fabric and numbered from 1.
inline std::vector<Policy> compiled(const Topology& topology, const std::vector<PolicyLine>& lines) {
  std::vector<Policy> policies;
  for (const PolicyLine& line : lines) {
    auto made = policy::compile(line.expression, compile_options(topology));
    EXPECT_TRUE(made) << base::render(made.error());
    policies.push_back(wanted_policy(static_cast<std::uint32_t>(policies.size() + 1),
                                     std::make_shared<policy::CompiledPolicy>(std::move(*made)), line.taps,
                                     line.tools));
  }
  return policies;
}

// Nodes cannot take copies in a fabric of VLAN tags: their policies go to the tool of a fabric without them.
inline std::vector<PolicyLine> to_tools_only(std::vector<PolicyLine> lines) {
  for (PolicyLine& line : lines) {
    for (std::string& end : line.tools) {
      if (end == "node1") end = "tool3";
    }
  }
  return lines;
}

// The four switches of kFourSwitches with VLAN encapsulation, all of one profile.
inline std::string vlan_fabric(const std::string& profile) {
  std::string text = kFourSwitches;
  text.insert(text.find("switches:"), "encapsulation: vlan\n");
  for (std::size_t at = 0; (at = text.find("datapath:", at)) != std::string::npos; at += 40) {
    text.insert(at, "profile: " + profile + ", ");
  }
  const std::size_t nodes = text.find("nodes:");
  text.erase(nodes, text.find("links:") - nodes);
  return text;
}

// Untagged, one tag and two tags; TCP, UDP and other things; IPv4, IPv6 and ARP. All different.
inline std::vector<base::Bytes> telling_frames() {
  std::vector<base::Bytes> frames;
  const std::vector<std::vector<std::uint16_t>> tags = {{}, {11}, {12}, {11, 12}, {12, 11}};
  for (const auto& vlans : tags) {
    for (const char* const source : {"10.0.0.1", "10.0.0.9"}) {
      for (const std::uint16_t port : {80, 443, 53}) {
        for (const std::uint8_t protocol : {6, 17}) {
          Ipv4 from;
          from.vlans = vlans;
          from.source = source;
          from.protocol = protocol;
          from.destination_port = port;
          from.padding = 20 + frames.size();
          frames.push_back(frame(from));
        }
      }
    }
    base::ByteWriter other;
    other.be64(0x0200000000020200);
    other.be32(0xaa);
    put_tags(other, vlans);
    other.be16(0x0806);
    other.be64(0x0001080006040001);
    other.zeros(30 + frames.size());
    frames.push_back(other.take());
    base::ByteWriter six;
    six.be64(0x0200000000020200);
    six.be32(0xaa);
    put_tags(six, vlans);
    six.be16(0x86dd);
    six.be32(0x60000000);
    six.be32(0x00140640);
    six.be64(0x20010db800000000);
    six.be64(frames.size());
    six.be64(0x20010db800000000);
    six.be64(2);
    six.be32(1000 << 16 | 80);
    six.be64(0);
    six.be32(0x50181000);
    six.be32(0);
    frames.push_back(six.take());
  }
  return frames;
}

}  // namespace superspan::fabric::support
