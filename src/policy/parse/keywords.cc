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
    {"ether", Protocol::kEther},
    {"link", Protocol::kEther},
    {"ip", Protocol::kIp},
    {"ip6", Protocol::kIp6},
    {"arp", Protocol::kArp},
    {"rarp", Protocol::kRarp},
    {"tcp", Protocol::kTcp},
    {"udp", Protocol::kUdp},
    {"sctp", Protocol::kSctp},
    {"icmp", Protocol::kIcmp},
    {"icmp6", Protocol::kIcmp6},
    {"igmp", Protocol::kIgmp},
    {"igrp", Protocol::kIgrp},
    {"pim", Protocol::kPim},
    {"vrrp", Protocol::kVrrp},
    {"carp", Protocol::kCarp},
    {"ah", Protocol::kAh},
    {"esp", Protocol::kEsp},
});

constexpr auto kKinds = std::to_array<Entry<Kind>>({
    {"host", Kind::kHost},
    {"net", Kind::kNet},
    {"port", Kind::kPort},
    {"portrange", Kind::kPortRange},
    {"proto", Kind::kProtocol},
});

constexpr auto kOthers =
    std::to_array<std::string_view>({"src", "dst", "and", "or", "not", "mask", "vlan", "broadcast", "multicast"});

constexpr std::string_view kLengthHint = "frame lengths are no field of a switch; leave the length test out for now";
constexpr std::string_view kTunnelHint = "match the outer headers of the tunnel for now";
constexpr std::string_view kLlcHint = "IEEE 802.2 frames have no EtherType; write 'ether dst' with the group address";
constexpr std::string_view kDirectionHint = "name the taps of the policy: a tap port has one direction";
constexpr std::string_view kWirelessHint = "taps carry Ethernet; write 'ether host' with the address";
constexpr std::string_view kFirewallHint = "this is about packet filter logs, which are not Ethernet; leave it out";

constexpr auto kLater = std::to_array<LaterWord>({
    {"len", kLengthHint},
    {"length", kLengthHint},
    {"less", kLengthHint},
    {"greater", kLengthHint},
    {"byte", "single bytes are no field of a switch; write hosts, nets, ports and protocols"},
    {"mpls", "write 'ether proto 0x8847' for all MPLS unicast frames"},
    {"pppoed", "write 'ether proto 0x8863'"},
    {"pppoes", "write 'ether proto 0x8864' for all PPPoE session frames"},
    {"geneve", "write 'udp port 6081' for all Geneve packets"},
    {"vxlan", "write 'udp port 4789' for all VXLAN packets"},
    {"gateway", "write 'ether host MAC and not host ADDRESS' with the gateway's two addresses"},
    {"protochain", "write 'proto N', which finds it right behind the IP header or an IPv6 fragment header"},
    {"inbound", kDirectionHint},
    {"outbound", kDirectionHint},
    {"ifindex", "name the taps of the policy instead"},
    {"type", kWirelessHint},
    {"subtype", kWirelessHint},
    {"dir", kWirelessHint},
    {"direction", kWirelessHint},
    {"wlan", kWirelessHint},
    {"addr1", kWirelessHint},
    {"addr2", kWirelessHint},
    {"addr3", kWirelessHint},
    {"addr4", kWirelessHint},
    {"ra", kWirelessHint},
    {"ta", kWirelessHint},
    {"fddi", "write 'ether'"},
    {"tr", "write 'ether'"},
    {"ppp", kTunnelHint},
    {"slip", "write 'ether'"},
    {"radio", kWirelessHint},
    {"atalk", "AppleTalk comes later; leave it out for now"},
    {"aarp", "AppleTalk comes later; leave it out for now"},
    {"decnet", "write 'ether proto 0x6003'"},
    {"sca", "write 'ether proto 0x6007'"},
    {"lat", "write 'ether proto 0x6004'"},
    {"moprc", "write 'ether proto 0x6002'"},
    {"mopdl", "write 'ether proto 0x6001'"},
    {"iso", kLlcHint},
    {"esis", kLlcHint},
    {"es-is", kLlcHint},
    {"isis", kLlcHint},
    {"is-is", kLlcHint},
    {"clnp", kLlcHint},
    {"l1", kLlcHint},
    {"l2", kLlcHint},
    {"iih", kLlcHint},
    {"lsp", kLlcHint},
    {"snp", kLlcHint},
    {"csnp", kLlcHint},
    {"psnp", kLlcHint},
    {"llc", kLlcHint},
    {"stp", "write 'ether dst 01:80:c2:00:00:00'"},
    {"ipx", kLlcHint},
    {"netbeui", kLlcHint},
    {"lane", "ATM is not carried; write 'ether'"},
    {"ifname", kFirewallHint},
    {"on", kFirewallHint},
    {"rset", kFirewallHint},
    {"ruleset", kFirewallHint},
    {"rnr", kFirewallHint},
    {"rulenum", kFirewallHint},
    {"reason", kFirewallHint},
    {"action", kFirewallHint},
});

template <typename Table>
const typename Table::value_type* find(const Table& table, std::string_view text) {
  const auto found = std::ranges::find(table, text, &Table::value_type::word);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Protocol> protocol_word(std::string_view text) {
  const auto* entry = find(kProtocols, text);
  return entry ? std::optional(entry->value) : std::nullopt;
}

std::optional<Kind> kind_word(std::string_view text) {
  const auto* entry = find(kKinds, text);
  return entry ? std::optional(entry->value) : std::nullopt;
}

const LaterWord* later_word(std::string_view text) {
  return find(kLater, text);
}

bool is_keyword(std::string_view text) {
  return protocol_word(text) || kind_word(text) || later_word(text) ||
         std::ranges::find(kOthers, text) != kOthers.end();
}

}  // namespace superspan::policy::parse
