// SPDX-License-Identifier: Apache-2.0
// The facts of Debian 12's /etc/protocols and /etc/networks (package netbase 6.4), and libpcap's names of EtherTypes,
// so that a name means the same on every machine. Generated tables, sorted by name.
#include <array>

#include "policy/resolve/known.h"
#include "policy/resolve/known_table.h"

namespace superspan::policy::resolve {
namespace {

constexpr auto kIpProtocols = std::to_array<Named<std::uint16_t>>({
    {"AX.25", 93},
    {"CPHB", 73},
    {"DCCP", 33},
    {"DDP", 37},
    {"EGP", 8},
    {"EIGRP", 88},
    {"ENCAP", 98},
    {"ETHERIP", 97},
    {"Ethernet", 143},
    {"FC", 133},
    {"GGP", 3},
    {"GRE", 47},
    {"HIP", 139},
    {"HMP", 20},
    {"HOPOPT", 0},
    {"ICMP", 1},
    {"IDPR-CMTP", 38},
    {"IDRP", 45},
    {"IGMP", 2},
    {"IGP", 9},
    {"IP", 0},
    {"IP-ENCAP", 4},
    {"IPCOMP", 108},
    {"IPIP", 94},
    {"IPSEC-AH", 51},
    {"IPSEC-ESP", 50},
    {"IPv6", 41},
    {"IPv6-Frag", 44},
    {"IPv6-ICMP", 58},
    {"IPv6-NoNxt", 59},
    {"IPv6-Opts", 60},
    {"IPv6-Route", 43},
    {"ISIS", 124},
    {"ISO-TP4", 29},
    {"L2TP", 115},
    {"MPLS-in-IP", 137},
    {"MPTCP", 262},
    {"Mobility-Header", 135},
    {"OSPFIGP", 89},
    {"PIM", 103},
    {"PUP", 12},
    {"RDP", 27},
    {"ROHC", 142},
    {"RSPF", 73},
    {"RSVP", 46},
    {"SCTP", 132},
    {"SKIP", 57},
    {"ST", 5},
    {"Shim6", 140},
    {"TCP", 6},
    {"UDP", 17},
    {"UDPLite", 136},
    {"VMTP", 81},
    {"VRRP", 112},
    {"WESP", 141},
    {"XNS-IDP", 22},
    {"XTP", 36},
    {"ah", 51},
    {"ax.25", 93},
    {"dccp", 33},
    {"ddp", 37},
    {"egp", 8},
    {"eigrp", 88},
    {"encap", 98},
    {"esp", 50},
    {"etherip", 97},
    {"ethernet", 143},
    {"fc", 133},
    {"ggp", 3},
    {"gre", 47},
    {"hip", 139},
    {"hmp", 20},
    {"hopopt", 0},
    {"icmp", 1},
    {"idpr-cmtp", 38},
    {"idrp", 45},
    {"igmp", 2},
    {"igp", 9},
    {"ip", 0},
    {"ipcomp", 108},
    {"ipencap", 4},
    {"ipip", 94},
    {"ipv6", 41},
    {"ipv6-frag", 44},
    {"ipv6-icmp", 58},
    {"ipv6-nonxt", 59},
    {"ipv6-opts", 60},
    {"ipv6-route", 43},
    {"isis", 124},
    {"iso-tp4", 29},
    {"l2tp", 115},
    {"manet", 138},
    {"mobility-header", 135},
    {"mpls-in-ip", 137},
    {"mptcp", 262},
    {"ospf", 89},
    {"pim", 103},
    {"pup", 12},
    {"rdp", 27},
    {"rohc", 142},
    {"rspf", 73},
    {"rsvp", 46},
    {"sctp", 132},
    {"shim6", 140},
    {"skip", 57},
    {"st", 5},
    {"tcp", 6},
    {"udp", 17},
    {"udplite", 136},
    {"vmtp", 81},
    {"vrrp", 112},
    {"wesp", 141},
    {"xns-idp", 22},
    {"xtp", 36},
});

// What the names of libpcap's own table of EtherTypes and of its table of IEEE 802.2 service access points mean.
constexpr auto kEtherTypes = std::to_array<Named<std::uint16_t>>({
    {"aarp", 0x80f3},
    {"arp", 0x0806},
    {"atalk", 0x809b},
    {"decnet", 0x6003},
    {"ip", 0x0800},
    {"ip6", 0x86dd},
    {"ipx", 0xe0},
    {"iso", 0xfe},
    {"lat", 0x6004},
    {"loopback", 0x9000},
    {"mopdl", 0x6001},
    {"moprc", 0x6002},
    {"netbeui", 0xf0},
    {"rarp", 0x8035},
    {"sca", 0x6007},
    {"stp", 0x42},
});

constexpr auto kNetworks = std::to_array<Named<std::uint32_t>>({
    {"link-local", 0xa9fe0000},
    {"loopback", 0x7f000000},
});

static_assert(std::ranges::is_sorted(kIpProtocols, {}, &Named<std::uint16_t>::name));

}  // namespace

std::optional<std::uint16_t> ip_protocol(std::string_view name) {
  return value(kIpProtocols, name);
}
std::optional<std::uint16_t> ether_type(std::string_view name) {
  return value(kEtherTypes, name);
}
std::optional<std::uint32_t> network(std::string_view name) {
  return value(kNetworks, name);
}

}  // namespace superspan::policy::resolve
