// SPDX-License-Identifier: Apache-2.0
// Match <-> struct match of libopenvswitch.
#include "openflow/codec_internal.h"

#include <arpa/inet.h>

#include <cstring>

#include "net/nsh.h"

namespace superspan::openflow::codec {
namespace {

using base::ErrorCode;
using net::Field;
using net::FieldTest;
using net::U128;

constexpr std::uint16_t kVlanPresent = 0x1000;
constexpr std::uint16_t kVlanIdAndPresent = 0x1fff;
constexpr std::uint16_t kVlanPriority = 0xe000;

void put(eth_addr& address, U128 value) {
  for (std::size_t index = 6; index-- > 0; value >>= 8) address.ea[index] = static_cast<std::uint8_t>(value);
}
void put(in6_addr& address, U128 value) {
  for (std::size_t index = 16; index-- > 0; value >>= 8) address.s6_addr[index] = static_cast<std::uint8_t>(value);
}
U128 get(std::span<const std::uint8_t> bytes) {
  U128 value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}
U128 get(const eth_addr& address) {
  return get(std::span(address.ea));
}
U128 get(const in6_addr& address) {
  return get(std::span(address.s6_addr));
}

std::uint8_t u8(U128 value) {
  return static_cast<std::uint8_t>(value);
}
std::uint16_t be16(U128 value) {
  return htons(static_cast<std::uint16_t>(value));
}
std::uint32_t be32(U128 value) {
  return htonl(static_cast<std::uint32_t>(value));
}

// Writes the bits of one test into a flow or its masks: the same places, once with the value, once with the mask.
void put(flow& flow, Field field, U128 bits) {
  switch (field) {
    case Field::kEthDestination:
      return put(flow.dl_dst, bits);
    case Field::kEthSource:
      return put(flow.dl_src, bits);
    case Field::kVlanTci:
      flow.vlans[0].tci = be16(bits);
      return;
    case Field::kEthType:
      flow.dl_type = be16(bits);
      return;
    case Field::kIpProto:
      flow.nw_proto = u8(bits);
      return;
    case Field::kIpFragment:
      flow.nw_frag = u8(bits);
      return;
    case Field::kIpDscp:
      flow.nw_tos = static_cast<std::uint8_t>(flow.nw_tos | u8(bits) << 2);
      return;
    case Field::kIpEcn:
      flow.nw_tos = static_cast<std::uint8_t>(flow.nw_tos | u8(bits));
      return;
    case Field::kIpTtl:
      flow.nw_ttl = u8(bits);
      return;
    case Field::kIpv4Source:
    case Field::kArpSource:
      flow.nw_src = be32(bits);
      return;
    case Field::kIpv4Destination:
    case Field::kArpTarget:
      flow.nw_dst = be32(bits);
      return;
    case Field::kIpv6Source:
      return put(flow.ipv6_src, bits);
    case Field::kIpv6Destination:
      return put(flow.ipv6_dst, bits);
    case Field::kL4Source:
      flow.tp_src = be16(bits);
      return;
    case Field::kL4Destination:
      flow.tp_dst = be16(bits);
      return;
    case Field::kTcpFlags:
      flow.tcp_flags = be16(bits);
      return;
    case Field::kNshSpi:
      flow.nsh.path_hdr |= be32(bits << 8);
      return;
    case Field::kNshSi:
      flow.nsh.path_hdr |= be32(bits);
      return;
    case Field::kNshContext1:
    case Field::kNshContext2:
    case Field::kNshContext3:
    case Field::kNshContext4:
      flow.nsh.context[static_cast<int>(field) - static_cast<int>(Field::kNshContext1)] = be32(bits);
      return;
  }
}

// Takes the bits of a field out of a copy of the masks (or a flow): what remains was not understood.
U128 take(flow& flow, Field field, bool clear) {
  const auto taken = [clear](auto& member) {
    const auto value = member;
    if (clear) member = {};
    return value;
  };
  const auto taken_bits = [clear](auto& member, auto bits) {
    const auto value = static_cast<std::uint32_t>(member & bits);
    if (clear) member &= static_cast<std::remove_reference_t<decltype(member)>>(~bits);
    return value;
  };
  switch (field) {
    case Field::kEthDestination:
      return get(taken(flow.dl_dst));
    case Field::kEthSource:
      return get(taken(flow.dl_src));
    case Field::kVlanTci:
      return ntohs(taken(flow.vlans[0].tci));
    case Field::kEthType:
      return ntohs(taken(flow.dl_type));
    case Field::kIpProto:
      return taken(flow.nw_proto);
    case Field::kIpFragment:
      return taken(flow.nw_frag) & 3U;
    case Field::kIpDscp:
      return taken_bits(flow.nw_tos, 0xfcU) >> 2;
    case Field::kIpEcn:
      return taken_bits(flow.nw_tos, 0x03U);
    case Field::kIpTtl:
      return taken(flow.nw_ttl);
    case Field::kIpv4Source:
    case Field::kArpSource:
      return ntohl(taken(flow.nw_src));
    case Field::kIpv4Destination:
    case Field::kArpTarget:
      return ntohl(taken(flow.nw_dst));
    case Field::kIpv6Source:
      return get(taken(flow.ipv6_src));
    case Field::kIpv6Destination:
      return get(taken(flow.ipv6_dst));
    case Field::kL4Source:
      return ntohs(taken(flow.tp_src));
    case Field::kL4Destination:
      return ntohs(taken(flow.tp_dst));
    case Field::kTcpFlags:
      return ntohs(taken(flow.tcp_flags)) & 0x0fffU;
    case Field::kNshSpi:
      return ntohl(taken_bits(flow.nsh.path_hdr, htonl(0xffffff00U))) >> 8;
    case Field::kNshSi:
      return ntohl(taken_bits(flow.nsh.path_hdr, htonl(0x000000ffU)));
    case Field::kNshContext1:
    case Field::kNshContext2:
    case Field::kNshContext3:
    case Field::kNshContext4:
      return ntohl(taken(flow.nsh.context[static_cast<int>(field) - static_cast<int>(Field::kNshContext1)]));
  }
  return 0;
}

// The tests in front of a field that a switch insists on (ovs-fields(7), "Prerequisites").
struct Prerequisites {
  int eth_type = -1;
  int ip_proto = -1;
  bool later_fragment = false;  // those have no ports

  void note(const FieldTest& test) {
    if (test.field == Field::kIpFragment) later_fragment = (test.value & 2) != 0;
    if (test.mask != net::full_mask(test.field)) return;
    if (test.field == Field::kEthType) eth_type = static_cast<int>(test.value);
    if (test.field == Field::kIpProto) ip_proto = static_cast<int>(test.value);
  }
  [[nodiscard]] bool ipv4() const { return eth_type == 0x0800; }
  [[nodiscard]] bool ipv6() const { return eth_type == 0x86dd; }
  [[nodiscard]] bool arp() const { return eth_type == 0x0806 || eth_type == 0x8035; }
  [[nodiscard]] bool icmp() const { return (ipv4() && ip_proto == 1) || (ipv6() && ip_proto == 58); }
  [[nodiscard]] bool ports() const {
    return !later_fragment && (ipv4() || ipv6()) && (ip_proto == 6 || ip_proto == 17 || ip_proto == 132);
  }
};

// What is missing in front of `field`, or nullptr.
const char* missing(const Prerequisites& have, Field field) {
  switch (field) {
    case Field::kIpProto:
      return have.ipv4() || have.ipv6() || have.arp() ? nullptr : "dl_type=0x0800, 0x86dd or 0x0806";
    case Field::kIpFragment:
    case Field::kIpDscp:
    case Field::kIpEcn:
    case Field::kIpTtl:
      return have.ipv4() || have.ipv6() ? nullptr : "dl_type=0x0800 or 0x86dd";
    case Field::kIpv4Source:
    case Field::kIpv4Destination:
      return have.ipv4() ? nullptr : "dl_type=0x0800";
    case Field::kArpSource:
    case Field::kArpTarget:
      return have.arp() ? nullptr : "dl_type=0x0806";
    case Field::kIpv6Source:
    case Field::kIpv6Destination:
      return have.ipv6() ? nullptr : "dl_type=0x86dd";
    case Field::kL4Source:
    case Field::kL4Destination:
      return have.ports() || have.icmp()
                 ? nullptr
                 : "dl_type and nw_proto of TCP, UDP, SCTP or ICMP, and none on later fragments";
    case Field::kTcpFlags:
      return have.ports() && have.ip_proto == 6 ? nullptr : "dl_type and nw_proto=6";
    case Field::kNshSpi:
    case Field::kNshSi:
    case Field::kNshContext1:
    case Field::kNshContext2:
    case Field::kNshContext3:
    case Field::kNshContext4:
      return have.eth_type == net::kEtherTypeNsh ? nullptr : "dl_type=0x894f";
    default:
      return nullptr;
  }
}

bool is_prefix(U128 mask, U128 full) {
  return (((full & ~mask) + 1) & (full & ~mask)) == 0;
}

// All tests for "no tag" mean the same. OpenFlow 1.3 says it as vlan_vid=OFPVID_NONE, without a mask.
bool is_untagged(const FieldTest& test) {
  return test.field == Field::kVlanTci && (test.mask & kVlanPresent) != 0 && (test.value & kVlanPresent) == 0;
}

bool vlan_in_oxm(const FieldTest& test) {
  const auto mask = static_cast<std::uint16_t>(test.mask);
  if (is_untagged(test)) return test.value == 0;
  if ((mask & kVlanPriority) == 0) return true;
  // The priority goes as its own field, whole, and only behind a test that there is a tag.
  return (mask & kVlanPriority) == kVlanPriority && (mask & kVlanPresent) != 0 && (test.value & kVlanPresent) != 0;
}

bool vlan_in_standard_10(const FieldTest& test) {
  if ((test.value & kVlanPresent) == 0) return test.value == 0 && (test.mask & kVlanPresent) != 0;
  return test.mask == kVlanIdAndPresent || test.mask == 0xffff || test.mask == (kVlanPriority | kVlanPresent);
}

// Can every switch of this version match it, or just those that follow ovs-fields(7)?
bool carried(const FieldTest& test, const Prerequisites& have, Dialect dialect) {
  const U128 full = net::full_mask(test.field);
  const bool exact = test.mask == full;
  switch (test.field) {
    case Field::kEthDestination:
    case Field::kEthSource:
      return exact || dialect.extended;
    case Field::kVlanTci: {
      if (dialect.version != Version::k10) return vlan_in_oxm(test);
      return dialect.extended || vlan_in_standard_10(test);
    }
    case Field::kIpv4Source:
    case Field::kIpv4Destination:
    case Field::kArpSource:
    case Field::kArpTarget:
      return dialect.extended || is_prefix(test.mask, full);
    case Field::kEthType:
    case Field::kIpProto:
    case Field::kIpDscp:
      return exact && (dialect.extended || !have.ipv6() || test.field == Field::kEthType);
    case Field::kL4Source:
    case Field::kL4Destination:
      if (have.icmp() && (!exact || test.value > 0xff)) return false;
      return dialect.extended || (exact && have.ipv4());
    case Field::kIpEcn:
    case Field::kIpTtl:
    case Field::kNshSpi:
      return exact && dialect.extended;
    default:
      return dialect.extended;
  }
}

base::Status put_headers(const net::Cube& headers, Dialect dialect, match& out) {
  Prerequisites have;
  for (const FieldTest& test : headers) {
    if (const char* what = missing(have, test.field)) {
      return base::fail(ErrorCode::kInvalid,
                        std::string("a match on ") + net::name(test.field) + " needs one on " + what);
    }
    have.note(test);
    if (test.mask == 0 || (test.value & ~test.mask) != 0 || (test.mask & ~net::full_mask(test.field)) != 0) {
      return base::fail(ErrorCode::kInvalid, "value and mask of " + net::to_string(test) + " do not fit together");
    }
    if (!carried(test, have, dialect)) {
      return base::fail(ErrorCode::kInvalid,
                        std::string(to_string(dialect.version)) + " cannot match " + net::to_string(test));
    }
    put(out.flow, test.field, test.value);
    put(out.wc.masks, test.field, dialect.version != Version::k10 && is_untagged(test) ? kVlanIdAndPresent : test.mask);
  }
  return {};
}

base::Status put_foreign(const std::string& encoded, match& out) {
  Buffer copy(encoded.size());
  ofpbuf_put(copy.get(), encoded.data(), encoded.size());
  if (ofputil_pull_ofp11_match(copy.get(), nullptr, nullptr, &out, nullptr) != 0) {
    return base::fail(ErrorCode::kInvalid, "the foreign match is damaged");
  }
  return {};
}

bool is_zero(const flow& masks) {
  const auto words = std::span(&masks, 1);
  for (const std::byte byte : std::as_bytes(words)) {
    if (byte != std::byte{0}) return false;
  }
  return true;
}

// The order of net::Cube. Which of the fields that share a place in struct flow is meant depends on dl_type.
bool applies(Field field, const flow& flow) {
  switch (field) {
    case Field::kIpv4Source:
    case Field::kIpv4Destination:
      return flow.dl_type == htons(0x0800);
    case Field::kArpSource:
    case Field::kArpTarget:
      return flow.dl_type == htons(0x0806) || flow.dl_type == htons(0x8035);
    default:
      return true;
  }
}

}  // namespace

base::Status to_library(const Match& from, Dialect dialect, match& out) {
  if (!from.foreign.empty()) return put_foreign(from.foreign, out);
  match_init_catchall(&out);
  if (from.in_port) {
    const auto port = to_library_port(*from.in_port);
    if (!port) return base::fail(ErrorCode::kInvalid, "there is no port " + std::to_string(*from.in_port));
    match_set_in_port(&out, *port);
  }
  if (!from.registers.empty() && !dialect.extended) {
    return base::fail(ErrorCode::kInvalid, "only Open vSwitch has registers to match");
  }
  for (const RegisterTest& test : from.registers) {
    if (test.index >= kRegisterCount || test.mask == 0 || (test.value & ~test.mask) != 0) {
      return base::fail(ErrorCode::kInvalid, "a test of register " + std::to_string(test.index) + " is not valid");
    }
    out.flow.regs[test.index] = test.value;
    out.wc.masks.regs[test.index] = test.mask;
  }
  return put_headers(from.headers, dialect, out);
}

Match from_library(const match& from) {
  Match result;
  flow rest = from.wc.masks;
  flow values = from.flow;
  if (match_has_default_packet_type(&from)) rest.packet_type = 0;
  if (rest.in_port.ofp_port != 0) {
    result.in_port = from_library_port(values.in_port.ofp_port);
    rest.in_port.ofp_port = 0;
  }
  for (std::uint8_t index = 0; index < kRegisterCount; ++index) {
    if (rest.regs[index] == 0) continue;
    result.registers.push_back({index, values.regs[index], rest.regs[index]});
    rest.regs[index] = 0;
  }
  for (std::size_t index = 0; index < net::kFieldCount; ++index) {
    const auto field = static_cast<Field>(index);
    if (!applies(field, values)) continue;
    const U128 mask = take(rest, field, true);
    if (mask == 0) continue;
    FieldTest test{field, take(values, field, false) & mask, mask};
    if (is_untagged(test)) test = {field, 0, kVlanPresent};
    result.headers.push_back(test);
  }
  if (!is_zero(rest)) {
    Buffer encoded(256);
    ofputil_put_ofp11_match(encoded.get(), &from, OFPUTIL_P_OF15_OXM);
    result.foreign.assign(static_cast<const char*>(encoded.get()->data), encoded.get()->size);
  }
  return result;
}

}  // namespace superspan::openflow::codec
