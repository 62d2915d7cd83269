// SPDX-License-Identifier: Apache-2.0
// The words of superspan.
#include "policy/evaluate/run.h"

#include <algorithm>

namespace superspan::policy::evaluate {

namespace {

constexpr std::uint16_t kVxlanPort = 4789;
constexpr std::uint8_t kProtocolGre = 47;
constexpr std::uint32_t kEthernetInside = 0x6558;
constexpr std::uint32_t kUdpBytes = 8;
constexpr std::uint32_t kEthernetBytes = 14;
constexpr std::uint32_t kTypeOffset = 12;

}  // namespace

bool Run::test(const resolve::Scope& scope) {
  return node(scope.begin) && node(scope.child);
}

bool Run::test(const resolve::Bidirectional& both) {
  return node(both.forth) || node(both.back);
}

bool Run::test(const resolve::Tap& tap) {
  return tap.id == tap_;
}

bool Run::test(const resolve::TcpFlags6& flags) {
  return type_is(resolve::kEtherTypeIp6) && net(6, 1) == resolve::kProtocolTcp &&
         machine_.set((net(53, 1) & flags.mask) - flags.value) == 0;
}

// --- tunnels ---

// Where the transport header of an IPv4 packet or its first fragment, or of an IPv6 packet, begins, and its protocol.
std::optional<Run::Transport> Run::transport() {
  const std::uint32_t network = machine_.variable(layout().payload) + layout().payload.constant + layout().network;
  if (type_is(resolve::kEtherTypeIp)) {
    if ((net(6, 2) & 0x1fff) != 0) return std::nullopt;
    return Transport{net(9, 1), network + 4 * (net(0, 1) & 0xf)};
  }
  if (type_is(resolve::kEtherTypeIp6)) return Transport{net(6, 1), network + 40};
  return std::nullopt;
}

std::optional<Run::TunnelHeader> Run::tunnel() {
  const auto found = transport();
  if (!found || machine_.is_cut()) return std::nullopt;
  if (found->protocol == kProtocolGre) return gre(found->offset);
  if (found->protocol != resolve::kProtocolUdp) return std::nullopt;
  const std::uint32_t port = machine_.load(2, found->offset, 2);
  if (port == kVxlanPort) return vxlan(found->offset + kUdpBytes);
  return port == resolve::kGenevePort ? geneve(found->offset + kUdpBytes) : std::nullopt;
}

// RFC 7348
std::optional<Run::TunnelHeader> Run::vxlan(std::uint32_t at) {
  if ((machine_.load(0, at, 1) & 0x08) == 0) return std::nullopt;
  return TunnelHeader{machine_.load(4, at, 4) >> 8, 0, at + 8, true};
}

// RFC 8926
std::optional<Run::TunnelHeader> Run::geneve(std::uint32_t at) {
  const std::uint32_t first = machine_.load(0, at, 1);
  if ((first & 0xc0) != 0) return std::nullopt;
  const bool ethernet = machine_.load(2, at, 2) == kEthernetInside;
  return TunnelHeader{machine_.load(4, at, 4) >> 8, at + 2, at + 8 + 4 * (first & 0x3f), ethernet};
}

// RFC 2784 and 2890; with Ethernet and a key, RFC 7637 (NVGRE)
std::optional<Run::TunnelHeader> Run::gre(std::uint32_t at) {
  constexpr std::uint32_t kChecksum = 0x8000;
  constexpr std::uint32_t kRouting = 0x4000;
  constexpr std::uint32_t kKey = 0x2000;
  constexpr std::uint32_t kSequence = 0x1000;
  constexpr std::uint32_t kVersion = 0x0007;
  const std::uint32_t flags = machine_.load(0, at, 2);
  if ((flags & (kRouting | kVersion)) != 0) return std::nullopt;
  const bool ethernet = machine_.load(2, at, 2) == kEthernetInside;
  std::uint32_t end = at + 4 + ((flags & kChecksum) != 0 ? 4 : 0);
  std::optional<std::uint32_t> vni;
  if ((flags & kKey) != 0) {
    if (ethernet) vni = machine_.load(0, end, 4) >> 8;
    end += 4;
  }
  if ((flags & kSequence) != 0) end += 4;
  return TunnelHeader{vni, at + 2, end, ethernet};
}

bool Run::test(const resolve::Tunnel& wanted) {
  const auto found = tunnel();
  if (!found || machine_.is_cut() || (wanted.vni && found->vni != wanted.vni)) return false;
  if (wanted.slot) {
    machine_.fill(*wanted.slot, found->ethernet ? found->inside + kTypeOffset : found->type);
    machine_.fill(*wanted.slot + 1, found->inside);
    machine_.fill(*wanted.slot + 2, found->ethernet ? found->inside + kEthernetBytes : found->inside);
  }
  machine_.set(0);
  return true;
}

// --- tags ---

bool Run::test(const resolve::SkipTags& skip) {
  constexpr std::uint32_t kTagBytes = 4;
  std::uint32_t type = machine_.variable(layout().type) + layout().type.constant;
  std::uint32_t payload = machine_.variable(layout().payload) + layout().payload.constant;
  const auto tagged = [&] {
    const std::uint32_t here = machine_.load(0, type, 2);
    return has_ethernet() && std::ranges::find(resolve::kTagTypes, here) != std::end(resolve::kTagTypes);
  };
  while (!machine_.is_cut() && tagged()) {
    type += kTagBytes;
    payload += kTagBytes;
  }
  machine_.fill(skip.slot, type);
  machine_.fill(skip.slot + 1, 0);
  machine_.fill(skip.slot + 2, payload);
  machine_.set(0);
  return true;
}

// --- payload ---

// What the packet carries: behind TCP, UDP, SCTP, ICMP and ICMPv6 headers, else behind IP, else behind the type. Never
// ends the filter: headers that are not whole carry nothing.
base::BytesView Run::carried() {
  const Machine before = machine_;
  const base::BytesView bytes = carried_by_headers();
  const bool cut = machine_.is_cut();
  machine_ = before;
  return cut ? base::BytesView{} : bytes;
}

base::BytesView Run::carried_by_headers() {
  std::uint64_t begin = machine_.variable(layout().payload) + layout().payload.constant + layout().network;
  std::uint64_t end = machine_.frame().size();
  std::uint32_t protocol = 0;
  bool later = false;
  if (type_is(resolve::kEtherTypeIp)) {
    end = std::min<std::uint64_t>(end, begin + net(2, 2));
    protocol = net(9, 1);
    later = (net(6, 2) & 0x1fff) != 0;
    begin += std::uint64_t{4} * (net(0, 1) & 0xf);
  } else if (type_is(resolve::kEtherTypeIp6)) {
    end = std::min<std::uint64_t>(end, begin + 40 + net(4, 2));
    protocol = net(6, 1);
    begin += 40;
  }
  if (!later) begin += header_bytes(protocol, static_cast<std::uint32_t>(begin));
  return begin < end ? machine_.frame().subspan(begin, end - begin) : base::BytesView{};
}

std::uint32_t Run::header_bytes(std::uint32_t protocol, std::uint32_t at) {
  switch (protocol) {
    case resolve::kProtocolTcp:
      return 4 * (machine_.load(12, at, 1) >> 4);
    case resolve::kProtocolUdp:
    case resolve::kProtocolIcmp:
    case resolve::kProtocolIcmp6:
      return 8;
    case resolve::kProtocolSctp:
      return 12;
    default:
      return 0;
  }
}

bool Run::test(const resolve::Payload& payload) {
  return payload.regex.found_in(carried());
}

}  // namespace superspan::policy::evaluate
