// SPDX-License-Identifier: Apache-2.0
// Random fabrics, expressions and frames out of a small world, so that they meet often. Header only, for tests.
#pragma once

#include <algorithm>
#include <set>

#include "fabric/testing/support.h"
#include "policy/compile.h"

namespace superspan::fabric::support {

// --- fabrics: up to 8 switches in any connected graph, with loops and parallel links ---

inline std::string random_fabric(Random& random, const char* encapsulation = "nsh",
                                 const std::vector<const char*>& profiles = {"ovs"}) {
  const unsigned switch_count = 1 + pick(random, 8);
  std::vector<unsigned> ports(switch_count, 0);
  const auto port = [&](unsigned at) { return std::to_string(ports[at] += 1 + pick(random, 3)); };
  const auto name = [](const char* kind, unsigned index) { return kind + std::to_string(index); };
  std::string text = std::string("name: random\nencapsulation: ") + encapsulation + "\nswitches:\n";
  for (unsigned at = 0; at < switch_count; ++at) {
    text += "  - {name: " + name("s", at) + ", datapath: \"" + std::to_string(100 + at) +
            "\", profile: " + profiles[pick(random, profiles.size())] + "}\n";
  }
  const auto things = [&](const char* key, const char* kind, unsigned count) {
    text += std::string(key) + ":\n";
    for (unsigned index = 0; index < count; ++index) {
      const unsigned at = pick(random, switch_count);
      text += "  - {name: " + name(kind, index) + ", switch: " + name("s", at) + ", port: " + port(at) + "}\n";
    }
  };
  things("taps", "tap", 1 + pick(random, 6));
  things("tools", "tool", 1 + pick(random, 6));
  if (std::string(encapsulation) == "nsh") things("nodes", "node", 1 + pick(random, 3));
  text += "links:\n";
  const auto link = [&](unsigned one, unsigned other) {
    text += "  - {from: \"" + name("s", one) + ":" + port(one) + "\", to: \"" + name("s", other) + ":" + port(other) +
            "\"}\n";
  };
  for (unsigned at = 1; at < switch_count; ++at) link(pick(random, at), at);
  for (unsigned more = switch_count > 1 ? pick(random, 4) : 0; more > 0; --more) {
    const unsigned one = pick(random, switch_count);
    const unsigned other = pick(random, switch_count);
    if (one != other) link(one, other);
  }
  return text;
}

// --- expressions ---
inline std::string random_primitive(Random& random) {
  const auto one_of = [&random](const std::vector<const char*>& words) {
    return std::string(words[pick(random, words.size())]);
  };
  const std::string direction = one_of({"", "src ", "dst "});
  const std::string address = "10.0.0." + std::to_string(1 + pick(random, 4));
  const std::string port = one_of({"53", "80", "443", "1000"});
  switch (pick(random, 9)) {
    case 0:
      return one_of({"ip", "ip6", "arp", "tcp", "udp", "icmp"});
    case 1:
      return direction + "host " + address;
    case 2:
      return direction + "net 10.0.0.0/" + one_of({"8", "29", "30", "31"});
    case 3:
      return one_of({"", "tcp ", "udp "}) + direction + "port " + port;
    case 4:
      return direction + "portrange 50-" + one_of({"60", "90", "500"});
    case 5:
      return "ether " + one_of({"src ", "dst "}) + "02:00:00:00:00:0" + one_of({"1", "2"});
    case 6:
      return "vlan " + one_of({"11", "12"});
    case 7:
      return "ip proto " + one_of({"6", "17", "47"});
    default:
      return "ip6 host 2001:db8::" + one_of({"1", "2"});
  }
}

inline std::string random_expression(Random& random, unsigned depth = 2) {
  if (depth == 0 || pick(random, 3) == 0) return random_primitive(random);
  switch (pick(random, 4)) {
    case 0:
      return "not (" + random_expression(random, depth - 1) + ")";
    case 1:
      return "(" + random_expression(random, depth - 1) + ") or (" + random_expression(random, depth - 1) + ")";
    default:
      return "(" + random_expression(random, depth - 1) + ") and (" + random_expression(random, depth - 1) + ")";
  }
}

// --- frames ---
inline void put_address6(base::ByteWriter& out, unsigned last) {
  out.be64(0x20010db800000000);
  out.be64(last);
}

inline base::Bytes random_transport(Random& random, unsigned protocol) {
  constexpr std::uint16_t kPorts[] = {53, 80, 443, 1000};
  base::ByteWriter out;
  out.be16(kPorts[pick(random, 4)]);
  out.be16(kPorts[pick(random, 4)]);
  if (protocol == 6) {
    out.be64(random());
    out.be32(0x50181000);
    out.be32(0);
  } else {
    out.be32(0x000c0000);
  }
  out.be64(random());
  return out.take();
}

inline base::Bytes random_frame(Random& random) {
  base::ByteWriter out;
  for (unsigned address = 0; address < 2; ++address) {
    out.be16(0x0200);
    out.be32(1 + pick(random, 2));
  }
  std::vector<std::uint16_t> vlans;
  for (unsigned tags = pick(random, 3); tags > 0; --tags)
    vlans.push_back(static_cast<std::uint16_t>(11 + pick(random, 2)));
  put_tags(out, vlans);
  constexpr unsigned kProtocols[] = {6, 17, 1, 47};
  const unsigned protocol = kProtocols[pick(random, 4)];
  const base::Bytes payload = random_transport(random, protocol);
  const unsigned kind = pick(random, 8);
  if (kind < 5) {
    constexpr std::uint32_t kFragments[] = {0, 0, 0, 0x2000, 0x0010};
    out.be16(0x0800);
    out.be32(0x45000000U | static_cast<std::uint32_t>(20 + payload.size()));
    out.be32(kFragments[pick(random, 5)]);
    out.be32(0x40000000U | protocol << 16U);
    out.be32(0x0a000000U | (1 + pick(random, 4)));
    out.be32(0x0a000000U | (1 + pick(random, 4)));
    out.bytes(payload);
  } else if (kind < 7) {
    out.be16(0x86dd);
    out.be32(0x60000000);
    out.be32(static_cast<std::uint32_t>(payload.size() << 16U | protocol << 8U | 64U));
    put_address6(out, 1 + pick(random, 2));
    put_address6(out, 1 + pick(random, 2));
    out.bytes(payload);
  } else {
    out.be16(0x0806);
    out.be64(0x0001080006040001);
    out.zeros(6);
    out.be32(0x0a000000U | (1 + pick(random, 4)));
    out.zeros(6);
    out.be32(0x0a000000U | (1 + pick(random, 4)));
  }
  base::Bytes made = out.take();
  if (pick(random, 8) == 0) made.resize(14 + pick(random, made.size() - 14));  // cut short
  return made;
}

}  // namespace superspan::fabric::support
