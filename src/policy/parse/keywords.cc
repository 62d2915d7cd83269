// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/keywords.h"

#include <algorithm>
#include <array>

namespace superspan::policy::parse {
namespace {

template <typename Value>
struct Entry {
  std::string_view word;
  Value value;
};

constexpr auto kProtocols = std::to_array<Entry<Protocol>>({
    {"ether", Protocol::kEther},     {"link", Protocol::kEther},    {"fddi", Protocol::kEther},
    {"tr", Protocol::kEther},        {"wlan", Protocol::kEther},    {"ppp", Protocol::kEther},
    {"slip", Protocol::kEther},      {"ip", Protocol::kIp},         {"ip6", Protocol::kIp6},
    {"arp", Protocol::kArp},         {"rarp", Protocol::kRarp},     {"tcp", Protocol::kTcp},
    {"udp", Protocol::kUdp},         {"sctp", Protocol::kSctp},     {"icmp", Protocol::kIcmp},
    {"icmp6", Protocol::kIcmp6},     {"igmp", Protocol::kIgmp},     {"igrp", Protocol::kIgrp},
    {"pim", Protocol::kPim},         {"vrrp", Protocol::kVrrp},     {"carp", Protocol::kCarp},
    {"ah", Protocol::kAh},           {"esp", Protocol::kEsp},       {"atalk", Protocol::kAtalk},
    {"aarp", Protocol::kAarp},       {"decnet", Protocol::kDecnet}, {"lat", Protocol::kLat},
    {"sca", Protocol::kSca},         {"moprc", Protocol::kMoprc},   {"mopdl", Protocol::kMopdl},
    {"iso", Protocol::kIso},         {"esis", Protocol::kEsis},     {"es-is", Protocol::kEsis},
    {"isis", Protocol::kIsis},       {"is-is", Protocol::kIsis},    {"clnp", Protocol::kClnp},
    {"l1", Protocol::kL1},           {"l2", Protocol::kL2},         {"iih", Protocol::kIih},
    {"lsp", Protocol::kLsp},         {"snp", Protocol::kSnp},       {"csnp", Protocol::kCsnp},
    {"psnp", Protocol::kPsnp},       {"stp", Protocol::kStp},       {"ipx", Protocol::kIpx},
    {"netbeui", Protocol::kNetbeui},
});

constexpr auto kKinds = std::to_array<Entry<Kind>>({
    {"host", Kind::kHost},
    {"net", Kind::kNet},
    {"port", Kind::kPort},
    {"portrange", Kind::kPortRange},
    {"proto", Kind::kProtocol},
    {"protochain", Kind::kProtocolChain},
    {"gateway", Kind::kGateway},
});

constexpr auto kWrappings = std::to_array<Entry<Wrapping>>({
    {"vlan", Wrapping::kVlan},
    {"mpls", Wrapping::kMpls},
    {"pppoed", Wrapping::kPppoeDiscovery},
    {"pppoes", Wrapping::kPppoeSession},
    {"geneve", Wrapping::kGeneve},
});

constexpr auto kOwnKinds = std::to_array<Entry<Kind>>({
    {"vm", Kind::kVm},
    {"hypervisor", Kind::kHypervisor},
    {"device", Kind::kDevice},
    {"profile", Kind::kProfile},
    {"tenant", Kind::kTenant},
    {"app", Kind::kApp},
    {"label", Kind::kLabel},
    {"tap", Kind::kTap},
    {"qos", Kind::kQos},
    {"dscp", Kind::kDscp},
    {"ecn", Kind::kEcn},
    {"vni", Kind::kVni},
});
constexpr auto kScopes = std::to_array<Entry<ScopeKind>>({
    {"inner", ScopeKind::kInner},
    {"outer", ScopeKind::kOuter},
    {"anytag", ScopeKind::kAnyTag},
});
constexpr auto kTcpFlags = std::to_array<Entry<std::uint8_t>>({
    {"fin", 0x01},
    {"syn", 0x02},
    {"rst", 0x04},
    {"psh", 0x08},
    {"push", 0x08},
    {"ack", 0x10},
    {"urg", 0x20},
    {"ece", 0x40},
    {"cwr", 0x80},
});

constexpr auto kOwnWords = [] {
  std::array<std::string_view, kOwnKinds.size() + kScopes.size() + 2> all;
  std::size_t at = 0;
  for (const auto& entry : kOwnKinds) all[at++] = entry.word;
  for (const auto& entry : kScopes) all[at++] = entry.word;
  all[at++] = "bidir";
  all[at++] = "payload";
  return all;
}();

constexpr auto kOthers =
    std::to_array<std::string_view>({"src", "dst", "and", "or", "not", "mask", "broadcast", "multicast", "less",
                                     "greater", "byte", "len", "length", "llc"});

constexpr auto kNamedNumbers = std::to_array<Entry<std::uint32_t>>({
    {"icmptype", 0},
    {"icmpcode", 1},
    {"icmp-echoreply", 0},
    {"icmp-unreach", 3},
    {"icmp-sourcequench", 4},
    {"icmp-redirect", 5},
    {"icmp-echo", 8},
    {"icmp-routeradvert", 9},
    {"icmp-routersolicit", 10},
    {"icmp-timxceed", 11},
    {"icmp-paramprob", 12},
    {"icmp-tstamp", 13},
    {"icmp-tstampreply", 14},
    {"icmp-ireq", 15},
    {"icmp-ireqreply", 16},
    {"icmp-maskreq", 17},
    {"icmp-maskreply", 18},
    {"icmp6type", 0},
    {"icmp6code", 1},
    {"icmp6-destinationunreach", 1},
    {"icmp6-packettoobig", 2},
    {"icmp6-timeexceeded", 3},
    {"icmp6-parameterproblem", 4},
    {"icmp6-echo", 128},
    {"icmp6-echoreply", 129},
    {"icmp6-multicastlistenerquery", 130},
    {"icmp6-multicastlistenerreportv1", 131},
    {"icmp6-multicastlistenerdone", 132},
    {"icmp6-routersolicit", 133},
    {"icmp6-routeradvert", 134},
    {"icmp6-neighborsolicit", 135},
    {"icmp6-neighboradvert", 136},
    {"icmp6-redirect", 137},
    {"icmp6-routerrenum", 138},
    {"icmp6-nodeinformationquery", 139},
    {"icmp6-nodeinformationresponse", 140},
    {"icmp6-ineighbordiscoverysolicit", 141},
    {"icmp6-ineighbordiscoveryadvert", 142},
    {"icmp6-multicastlistenerreportv2", 143},
    {"icmp6-homeagentdiscoveryrequest", 144},
    {"icmp6-homeagentdiscoveryreply", 145},
    {"icmp6-mobileprefixsolicit", 146},
    {"icmp6-mobileprefixadvert", 147},
    {"icmp6-certpathsolicit", 148},
    {"icmp6-certpathadvert", 149},
    {"icmp6-multicastrouteradvert", 151},
    {"icmp6-multicastroutersolicit", 152},
    {"icmp6-multicastrouterterm", 153},
    {"tcpflags", 13},
    {"tcp-fin", 0x01},
    {"tcp-syn", 0x02},
    {"tcp-rst", 0x04},
    {"tcp-push", 0x08},
    {"tcp-ack", 0x10},
    {"tcp-urg", 0x20},
    {"tcp-ece", 0x40},
    {"tcp-cwr", 0x80},
});

constexpr std::string_view kDirection = "is known on live interfaces only, not in a capture";
constexpr std::string_view kWireless = "is about IEEE 802.11 headers, which Ethernet has not";
constexpr std::string_view kFirewall = "is about packet filter logs, which are not Ethernet";
constexpr std::string_view kAtm = "is about ATM cells, which are not Ethernet";
constexpr std::string_view kSs7 = "is about SS7 links, which are not Ethernet";

constexpr std::string_view kTapHint = "name the taps of the policy instead: a tap port has one direction";
constexpr std::string_view kWirelessHint = "taps carry Ethernet; write 'ether host' with the address";
constexpr std::string_view kLeaveOut = "leave it out";

constexpr auto kRefused = std::to_array<RefusedWord>({
    {"inbound", kDirection, kTapHint},
    {"outbound", kDirection, kTapHint},
    {"ifindex", kDirection, "name the taps of the policy instead"},
    {"type", kWireless, "write 'ether proto' for the type of an Ethernet frame"},
    {"subtype", kWireless, kWirelessHint},
    {"dir", kWireless, kWirelessHint},
    {"direction", kWireless, kWirelessHint},
    {"radio", kWireless, kWirelessHint},
    {"addr1", kWireless, kWirelessHint},
    {"addr2", kWireless, kWirelessHint},
    {"addr3", kWireless, kWirelessHint},
    {"addr4", kWireless, kWirelessHint},
    {"address1", kWireless, kWirelessHint},
    {"address2", kWireless, kWirelessHint},
    {"address3", kWireless, kWirelessHint},
    {"address4", kWireless, kWirelessHint},
    {"ra", kWireless, kWirelessHint},
    {"ta", kWireless, kWirelessHint},
    {"ifname", kFirewall, kLeaveOut},
    {"on", kFirewall, kLeaveOut},
    {"rset", kFirewall, kLeaveOut},
    {"ruleset", kFirewall, kLeaveOut},
    {"rnr", kFirewall, "write 'llc rnr' for the LLC frame"},
    {"rulenum", kFirewall, kLeaveOut},
    {"srnr", kFirewall, kLeaveOut},
    {"subrulenum", kFirewall, kLeaveOut},
    {"reason", kFirewall, kLeaveOut},
    {"action", kFirewall, kLeaveOut},
    {"lane", kAtm, kLeaveOut},
    {"metac", kAtm, kLeaveOut},
    {"bcc", kAtm, kLeaveOut},
    {"oam", kAtm, kLeaveOut},
    {"oamf4", kAtm, kLeaveOut},
    {"oamf4ec", kAtm, kLeaveOut},
    {"oamf4sc", kAtm, kLeaveOut},
    {"sc", kAtm, kLeaveOut},
    {"ilmic", kAtm, kLeaveOut},
    {"vpi", kAtm, kLeaveOut},
    {"vci", kAtm, kLeaveOut},
    {"connectmsg", kAtm, kLeaveOut},
    {"metaconnect", kAtm, kLeaveOut},
    {"fisu", kSs7, kLeaveOut},
    {"lssu", kSs7, kLeaveOut},
    {"lsu", kSs7, kLeaveOut},
    {"msu", kSs7, kLeaveOut},
    {"hfisu", kSs7, kLeaveOut},
    {"hlssu", kSs7, kLeaveOut},
    {"hmsu", kSs7, kLeaveOut},
    {"sio", kSs7, kLeaveOut},
    {"opc", kSs7, kLeaveOut},
    {"dpc", kSs7, kLeaveOut},
    {"sls", kSs7, kLeaveOut},
    {"hsio", kSs7, kLeaveOut},
    {"hopc", kSs7, kLeaveOut},
    {"hdpc", kSs7, kLeaveOut},
    {"hsls", kSs7, kLeaveOut},
});

constexpr auto kAll = [] {
  std::array<std::string_view, kProtocols.size() + kKinds.size() + kWrappings.size() + kOthers.size() +
                                   kNamedNumbers.size() + kRefused.size()>
      all;
  std::size_t at = 0;
  for (const auto& entry : kProtocols) all[at++] = entry.word;
  for (const auto& entry : kKinds) all[at++] = entry.word;
  for (const auto& entry : kWrappings) all[at++] = entry.word;
  for (const auto& word : kOthers) all[at++] = word;
  for (const auto& entry : kNamedNumbers) all[at++] = entry.word;
  for (const auto& entry : kRefused) all[at++] = entry.word;
  std::ranges::sort(all);
  return all;
}();

template <typename Table>
auto value(const Table& table, std::string_view text) {
  const auto found = std::ranges::find(table, text, &Table::value_type::word);
  return found == table.end() ? std::nullopt : std::optional(found->value);
}

}  // namespace

std::optional<Protocol> protocol_word(std::string_view text) {
  return value(kProtocols, text);
}
std::optional<Kind> kind_word(std::string_view text) {
  return value(kKinds, text);
}
std::optional<Wrapping> wrapping_word(std::string_view text) {
  return value(kWrappings, text);
}
std::optional<Kind> own_kind_word(std::string_view text) {
  return value(kOwnKinds, text);
}
std::optional<ScopeKind> scope_word(std::string_view text) {
  return value(kScopes, text);
}
std::optional<std::uint8_t> tcp_flag_word(std::string_view text) {
  return value(kTcpFlags, text);
}
std::span<const std::string_view> own_words() {
  return kOwnWords;
}
std::optional<std::uint32_t> named_number(std::string_view text) {
  return value(kNamedNumbers, text);
}

const RefusedWord* refused_word(std::string_view text) {
  const auto found = std::ranges::find(kRefused, text, &RefusedWord::word);
  return found == kRefused.end() ? nullptr : &*found;
}

bool is_keyword(std::string_view text) {
  return std::ranges::binary_search(kAll, text) && !named_number(text);
}

std::span<const std::string_view> all_words() {
  return kAll;
}

}  // namespace superspan::policy::parse
