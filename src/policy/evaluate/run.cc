// SPDX-License-Identifier: Apache-2.0
#include "policy/evaluate/run.h"

#include <algorithm>
#include <utility>

namespace superspan::policy::evaluate {

bool Run::node(resolve::NodeId id) {
  if (machine_.is_cut()) return false;
  const resolve::Node& node = resolved_.nodes[id];
  const resolve::Layout* outer = std::exchange(layout_, &resolved_.layout(node));
  const bool value = std::visit([&](const auto& body) { return test(body); }, node.body);
  layout_ = outer;
  return value;
}

bool Run::test(const resolve::Not& inverted) {
  return !node(inverted.child);
}

bool Run::test(const resolve::Group& group) {
  bool value = true;
  for (const resolve::Step& step : group.steps) {
    const bool needed = value == (step.before == resolve::Operator::kAnd);
    if (needed) value = node(step.operand);
  }
  return value;
}

// --- Ethernet ---

// Inside Geneve there may be an Ethernet header, or none.
bool Run::has_ethernet() {
  if (!layout().in_geneve) return true;
  return machine_.set(machine_.variable(layout().header)) != machine_.variable(layout().payload);
}

bool Run::test(const resolve::EtherHost& host) {
  const net::U128 wanted = host.address.value();
  return has_ethernet() && directed(host.direction, [&](bool source) {
           const std::uint32_t at = source ? 6 : 0;
           return link(at + 2, 4) == static_cast<std::uint32_t>(wanted) &&
                  link(at, 2) == static_cast<std::uint32_t>(wanted >> 32);
         });
}

bool Run::test(const resolve::EtherMulticast& /*multicast*/) {
  return has_ethernet() && (link(0, 1) & 1) != 0;
}

bool Run::test(const resolve::LinkType& type) {
  return type_is(type.type);
}

bool Run::is_length() {
  return machine_.load(layout().type, 0, 2) <= resolve::kMaxLength;
}

bool Run::access_points_are(std::uint8_t point) {
  return llc(0, 2) == (std::uint32_t{point} << 8 | point);
}

bool Run::is_snap(std::uint32_t organisation, std::uint32_t type) {
  return llc(4, 4) == ((organisation & 0xffff) << 16 | type) && llc(0, 4) == (0xaaaa0300 | organisation >> 16);
}

bool Run::ethernet_type_is(std::uint32_t type) {
  switch (type) {
    case resolve::kAccessIso:
    case resolve::kAccessIp:
    case resolve::kAccessNetbeui:
      return is_length() && access_points_are(static_cast<std::uint8_t>(type));
    case resolve::kAccessIpx:
      return machine_.load(layout().type, 0, 2) == resolve::kEtherTypeIpx ||
             (is_length() && (is_snap(0, resolve::kEtherTypeIpx) || llc(0, 1) == type || llc(0, 2) == 0xffff));
    case resolve::kEtherTypeAtalk:
    case resolve::kEtherTypeAarp:
      return machine_.load(layout().type, 0, 2) == type ||
             (is_length() && is_snap(type == resolve::kEtherTypeAtalk ? 0x080007 : 0, type));
    default:
      break;
  }
  if (type > resolve::kMaxLength) return machine_.load(layout().type, 0, 2) == type;
  return is_length() && machine_.load(layout().type, 2, 1) == type;
}

// The PPP protocol that carries what has this EtherType or access point on Ethernet.
static std::uint32_t ppp_protocol(std::uint32_t type) {
  switch (type) {
    case resolve::kEtherTypeIp:
      return 0x0021;
    case resolve::kEtherTypeIp6:
      return 0x0057;
    case resolve::kEtherTypeDecnet:
      return 0x0027;
    case resolve::kEtherTypeAtalk:
      return 0x0029;
    case 0x0600:  // Xerox NS
      return 0x0025;
    case resolve::kAccessIso:
      return 0x0023;
    case resolve::kAccessStp:
      return 0x0031;
    case resolve::kAccessIpx:
      return 0x002b;
    default:
      return type;
  }
}

bool Run::type_is(std::uint32_t type) {
  if (layout().labels > 0) {
    const std::uint32_t version = type == resolve::kEtherTypeIp ? 0x40 : 0x60;
    const auto bottom_of_stack = static_cast<std::uint32_t>(-2);
    return masked_is(net(bottom_of_stack, 1), 0x01, 0x01) && masked_is(net(0, 1), 0xf0, version);
  }
  if (layout().link == resolve::Link::kEthernet) return ethernet_type_is(type);
  return machine_.load(layout().type, 0, 2) == ppp_protocol(type);
}

bool Run::test(const resolve::Vlan& vlan) {
  const bool tagged = std::ranges::any_of(resolve::kTagTypes, [&](std::uint16_t type) { return type_is(type); });
  return tagged && (!vlan.id || masked_is(net(0, 2), 0xfff, *vlan.id));
}

bool Run::test(const resolve::Mpls& mpls) {
  constexpr std::uint32_t kPppMpls = 0x0281;
  const bool labelled = layout().labels > 0
                            ? masked_is(net(static_cast<std::uint32_t>(-2), 1), 0x01, 0)
                            : type_is(layout().link == resolve::Link::kPpp ? kPppMpls : resolve::kEtherTypeMpls);
  return labelled && (!mpls.label || masked_is(net(0, 4), 0xfffff000, *mpls.label << 12));
}

bool Run::test(const resolve::PppoeSession& session) {
  return type_is(resolve::kEtherTypePppoeSession) && (!session.id || masked_is(net(0, 4), 0xffff, *session.id));
}

bool Run::test(const resolve::Geneve& geneve) {
  const resolve::Ports port{
      false, true, false, resolve::Direction::kDestination, resolve::kGenevePort, resolve::kGenevePort};
  const auto header_is_right = [&](auto load) {
    return masked_is(load(8, 1), 0xc0, 0) && (!geneve.vni || masked_is(load(12, 4), 0xffffff00, *geneve.vni << 8));
  };
  const std::uint32_t before = machine_.variable(layout().payload);
  std::uint32_t ip_end = 0;  // as far as it is variable, and the length of the IP header
  if (ports4(port) && header_is_right([&](auto offset, auto bytes) { return behind_ipv4(offset, bytes); })) {
    ip_end = before + 4 * (net(0, 1) & 0xf);
  } else if (ports6(port) && header_is_right([&](auto offset, auto bytes) { return net(40 + offset, bytes); })) {
    ip_end = before + 40;
  } else {
    return false;
  }
  constexpr std::uint32_t kUdpBytes = 8;
  constexpr std::uint32_t kEthernetInside = 0x6558;
  const std::uint32_t header = ip_end + layout().payload.constant + layout().network + kUdpBytes;
  const std::uint32_t end = header + 8 + 4 * (machine_.load(0, header, 1) & 0x3f);
  const bool ethernet = machine_.load(2, header, 2) == kEthernetInside;
  machine_.fill(geneve.slot, ethernet ? end + 12 : header + 2);
  machine_.fill(geneve.slot + 1, end);
  machine_.fill(geneve.slot + 2, ethernet ? end + 14 : end);
  machine_.set(0);
  return true;
}

// --- IEEE 802.2 ---

bool Run::test(const resolve::LlcFrame& frame) {
  if (!is_length() || llc(0, 2) == 0xffff) return false;
  if (frame.mask == 0) return true;
  const std::uint32_t control = llc(2, 1);
  if (frame.type == "i") return (control & frame.mask) == frame.value;
  return masked_is(control, frame.mask, frame.value);
}

bool Run::iso_byte_is(std::uint32_t offset, std::uint32_t value) {
  return machine_.load(layout().payload, layout().network_llc + offset, 1) == value;
}

bool Run::test(const resolve::IsoProtocol& protocol) {
  return type_is(resolve::kAccessIso) && iso_byte_is(0, protocol.protocol);
}

bool Run::test(const resolve::IsisTypes& isis) {
  constexpr std::uint32_t kIsis = 0x83;
  return std::ranges::any_of(isis.types, [&](std::uint32_t type) {
    return type_is(resolve::kAccessIso) && iso_byte_is(0, kIsis) && iso_byte_is(4, type);
  });
}

// --- lengths and bytes ---

bool Run::test(const resolve::Length& length) {
  const std::uint32_t bytes = machine_.set(machine_.wire_bytes());
  return length.at_least ? bytes >= length.bytes : bytes <= length.bytes;
}

bool Run::test(const resolve::ByteTest& byte) {
  switch (byte.relation) {
    case parse::ByteRelation::kEqual:
      return link(byte.index, 1) == byte.value;
    case parse::ByteRelation::kLess:
      return link(byte.index, 1) < byte.value;
    case parse::ByteRelation::kGreater:
      return link(byte.index, 1) > byte.value;
    // libpcap's code loads no byte here: it works on what the test in front of it has left.
    case parse::ByteRelation::kAnd:
      return machine_.set(machine_.accumulator() & byte.value) != 0;
    case parse::ByteRelation::kOr:
      break;
  }
  return machine_.set(machine_.accumulator() | byte.value) != 0;
}

}  // namespace superspan::policy::evaluate
