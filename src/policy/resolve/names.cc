// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve/names.h"

#include <algorithm>
#include <array>

namespace superspan::policy::resolve {
namespace {

struct NamedService {
  std::string_view name;
  Service service;
};

// Sorted by name.
constexpr auto kServices = std::to_array<NamedService>({
    {"amqp", {5672, true, false}},
    {"amqps", {5671, true, false}},
    {"auth", {113, true, false}},
    {"bgp", {179, true, false}},
    {"bootpc", {68, false, true}},
    {"bootps", {67, false, true}},
    {"chargen", {19, true, true}},
    {"daytime", {13, true, true}},
    {"dhcpv6-client", {546, false, true}},
    {"dhcpv6-server", {547, false, true}},
    {"discard", {9, true, true}},
    {"domain", {53, true, true}},
    {"domain-s", {853, true, true}},
    {"echo", {7, true, true}},
    {"epmap", {135, true, false}},
    {"exec", {512, true, false}},
    {"finger", {79, true, false}},
    {"ftp", {21, true, false}},
    {"ftp-data", {20, true, false}},
    {"ftps", {990, true, false}},
    {"ftps-data", {989, true, false}},
    {"git", {9418, true, false}},
    {"gopher", {70, true, false}},
    {"http", {80, true, false}},
    {"http-alt", {8080, true, false}},
    {"https", {443, true, true}},
    {"imap", {143, true, false}},
    {"imap2", {143, true, false}},
    {"imaps", {993, true, false}},
    {"ipsec-nat-t", {4500, false, true}},
    {"isakmp", {500, false, true}},
    {"iscsi-target", {3260, true, false}},
    {"kerberos", {88, true, true}},
    {"kpasswd", {464, true, true}},
    {"l2tp", {1701, false, true}},
    {"ldap", {389, true, true}},
    {"ldaps", {636, true, true}},
    {"ldp", {646, true, true}},
    {"login", {513, true, false}},
    {"mdns", {5353, false, true}},
    {"microsoft-ds", {445, true, false}},
    {"ms-sql-s", {1433, true, false}},
    {"ms-wbt-server", {3389, true, false}},
    {"mysql", {3306, true, false}},
    {"nbd", {10809, true, false}},
    {"netbios-dgm", {138, false, true}},
    {"netbios-ns", {137, false, true}},
    {"netbios-ssn", {139, true, false}},
    {"nfs", {2049, true, true}},
    {"nntp", {119, true, false}},
    {"ntp", {123, false, true}},
    {"openvpn", {1194, true, true}},
    {"pop3", {110, true, false}},
    {"pop3s", {995, true, false}},
    {"portmapper", {111, true, true}},
    {"postgresql", {5432, true, false}},
    {"printer", {515, true, false}},
    {"ptp-event", {319, false, true}},
    {"ptp-general", {320, false, true}},
    {"qotd", {17, true, false}},
    {"radius", {1812, true, true}},
    {"radius-acct", {1813, true, true}},
    {"redis", {6379, true, false}},
    {"route", {520, false, true}},
    {"rsync", {873, true, false}},
    {"rtsp", {554, true, true}},
    {"shell", {514, true, false}},
    {"sip", {5060, true, true}},
    {"sip-tls", {5061, true, true}},
    {"smtp", {25, true, false}},
    {"snmp", {161, true, true}},
    {"snmp-trap", {162, true, true}},
    {"snmptrap", {162, true, true}},
    {"socks", {1080, true, false}},
    {"ssh", {22, true, false}},
    {"submission", {587, true, false}},
    {"submissions", {465, true, false}},
    {"sunrpc", {111, true, true}},
    {"svn", {3690, true, false}},
    {"syslog", {514, true, true}},
    {"syslog-tls", {6514, true, false}},
    {"tacacs", {49, true, true}},
    {"telnet", {23, true, false}},
    {"telnets", {992, true, false}},
    {"tftp", {69, false, true}},
    {"time", {37, true, true}},
    {"whois", {43, true, false}},
    {"www", {80, true, false}},
    {"x11", {6000, true, false}},
    {"xmpp-client", {5222, true, false}},
    {"xmpp-server", {5269, true, false}},
    {"zabbix-agent", {10050, true, false}},
    {"zabbix-trapper", {10051, true, false}},
});

static_assert(std::ranges::is_sorted(kServices, {}, &NamedService::name));

template <typename Number>
struct Named {
  std::string_view name;
  Number number;
};

constexpr auto kIpProtocols = std::to_array<Named<std::uint8_t>>({
    {"ah", 51},         {"carp", 112}, {"dccp", 33},      {"egp", 8},          {"eigrp", 88},      {"esp", 50},
    {"etherip", 97},    {"ggp", 3},    {"gre", 47},       {"hopopt", 0},       {"icmp", 1},        {"icmp6", 58},
    {"igmp", 2},        {"igp", 9},    {"igrp", 9},       {"ip", 0},           {"ipcomp", 108},    {"ipencap", 4},
    {"ipip", 94},       {"ipv6", 41},  {"ipv6-frag", 44}, {"ipv6-icmp", 58},   {"ipv6-nonxt", 59}, {"ipv6-opts", 60},
    {"ipv6-route", 43}, {"isis", 124}, {"l2tp", 115},     {"mpls-in-ip", 137}, {"ospf", 89},       {"pim", 103},
    {"rsvp", 46},       {"sctp", 132}, {"tcp", 6},        {"udp", 17},         {"udplite", 136},   {"vrrp", 112},
});

constexpr auto kEtherTypes = std::to_array<Named<std::uint16_t>>({
    {"arp", 0x0806},
    {"decnet", 0x6003},
    {"ip", 0x0800},
    {"ip6", 0x86dd},
    {"lat", 0x6004},
    {"loopback", 0x9000},
    {"mopdl", 0x6001},
    {"moprc", 0x6002},
    {"rarp", 0x8035},
    {"sca", 0x6007},
});

template <typename Table>
auto number(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Table::value_type::name);
  return found == table.end() ? std::nullopt : std::optional(found->number);
}

}  // namespace

std::optional<Service> service(std::string_view name) {
  const auto found = std::ranges::lower_bound(kServices, name, {}, &NamedService::name);
  return found == kServices.end() || found->name != name ? std::nullopt : std::optional(found->service);
}

std::optional<std::uint8_t> ip_protocol(std::string_view name) {
  return number(kIpProtocols, name);
}
std::optional<std::uint16_t> ether_type(std::string_view name) {
  return number(kEtherTypes, name);
}

}  // namespace superspan::policy::resolve
