// SPDX-License-Identifier: Apache-2.0
#include "node/residual_words.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace superspan::node {
namespace {

// The words of pcap-filter(7) that ask about an Ethernet frame and take no name. Sorted.
constexpr std::string_view kKeywords[] = {
    "aarp",      "ah",      "and",       "arp",       "atalk",      "broadcast", "byte",     "carp",    "clnp",
    "csnp",      "decnet",  "dst",       "es-is",     "esis",       "esp",       "ether",    "geneve",  "greater",
    "host",      "icmp",    "icmp6",     "icmp6code", "icmp6type",  "icmpcode",  "icmptype", "igmp",    "igrp",
    "iih",       "ip",      "ip6",       "ipx",       "is-is",      "isis",      "iso",      "l1",      "l2",
    "lat",       "len",     "length",    "less",      "link",       "llc",       "lsp",      "mask",    "mopdl",
    "moprc",     "mpls",    "multicast", "net",       "netbeui",    "not",       "or",       "pim",     "port",
    "portrange", "pppoed",  "pppoes",    "proto",     "protochain", "psnp",      "rarp",     "sca",     "sctp",
    "snp",       "src",     "stp",       "tcp",       "tcp-ack",    "tcp-cwr",   "tcp-ece",  "tcp-fin", "tcp-push",
    "tcp-rst",   "tcp-syn", "tcp-urg",   "tcpflags",  "udp",        "vlan",      "vrrp"};
static_assert(std::ranges::is_sorted(kKeywords));
// What may stand behind `llc`.
constexpr std::string_view kLlcTypes[] = {"disc", "dm",    "frmr", "i", "rej", "rnr", "rr",
                                          "s",    "sabme", "test", "u", "ua",  "ui",  "xid"};
static_assert(std::ranges::is_sorted(kLlcTypes));

constexpr std::string_view kOperators = " \r\n\t+*/%[]!<>()&|^=";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

bool only(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

bool is_number(std::string_view word) {
  const bool hexadecimal = word.starts_with("0x") || word.starts_with("0X");
  return hexadecimal ? only(word.substr(2), kHexDigits) : only(word, kDigits);
}

// Calls is_part for each part; false if one is not, or if there are not `least` to `most` of them.
template <typename IsPart>
bool is_list(std::string_view word, char separator, std::size_t least, std::size_t most, IsPart is_part) {
  std::size_t parts = 0;
  for (;;) {
    const std::size_t end = word.find(separator);
    if (!is_part(word.substr(0, end)) || ++parts > most) return false;
    if (end == std::string_view::npos) return parts >= least;
    word.remove_prefix(end + 1);
  }
}

// 10.1.2.3, and beginnings of it as `net 10.1` has them.
bool is_ipv4(std::string_view word) {
  return is_list(word, '.', 2, 4, [](std::string_view part) { return only(part, kDigits); });
}

bool is_mac(std::string_view word) {
  return is_list(word, ':', 6, 6, [](std::string_view part) { return part.size() <= 2 && only(part, kHexDigits); });
}

bool is_ipv6(std::string_view word) {
  in6_addr ignored{};
  return word.find(':') != std::string_view::npos && ::inet_pton(AF_INET6, std::string(word).c_str(), &ignored) == 1;
}

bool is_port_range(std::string_view word) {
  return is_list(word, '-', 2, 2, [](std::string_view part) { return only(part, kDigits); });
}

bool is_plain(std::string_view word, std::string_view before) {
  return std::ranges::binary_search(kKeywords, word) || is_number(word) || is_ipv4(word) ||
         (before == "portrange" && is_port_range(word)) ||
         (before == "llc" && std::ranges::binary_search(kLlcTypes, word));
}

// What stands between operators. A colon is either a part of an address or, alone, the one of ip[2:2]: with two of
// them, libpcap would read hexadecimal digits out of the middle of a word and take the rest of it for a name.
std::optional<std::string_view> name_in(std::string_view run, std::string_view before) {
  if (is_mac(run) || is_ipv6(run)) return std::nullopt;
  if (std::ranges::count(run, ':') > 1) return run;
  const std::size_t colon = run.find(':');
  if (!run.substr(0, colon).empty() && !is_plain(run.substr(0, colon), before)) return run.substr(0, colon);
  if (colon == std::string_view::npos || colon + 1 == run.size()) return std::nullopt;
  return is_number(run.substr(colon + 1)) ? std::nullopt : std::optional(run.substr(colon + 1));
}

}  // namespace

std::optional<std::string_view> first_name(std::string_view expression) {
  std::string_view before;
  while (!expression.empty()) {
    const std::string_view run = expression.substr(0, expression.find_first_of(kOperators));
    if (run.empty() || run.front() == '-') {  // inside a word it is no operator
      expression.remove_prefix(1);
      continue;
    }
    if (const auto name = name_in(run, before)) return name;
    before = run;
    expression.remove_prefix(run.size());
  }
  return std::nullopt;
}

}  // namespace superspan::node
