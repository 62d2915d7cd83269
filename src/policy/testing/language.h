// SPDX-License-Identifier: Apache-2.0
// Random expressions of the whole language, and of what is nearly the language. Most are understood; which, libpcap
// knows. See expressions.h for a smaller language in which everything is understood.
#pragma once

#include <string>
#include <vector>

#include "policy/parse/keywords.h"
#include "policy/testing/random.h"

namespace superspan::policy::testing {

class LanguageMaker {
 public:
  explicit LanguageMaker(Random& random) : random_(random) {}

  std::string make() { return group(2); }

  // make() with words left out, doubled, exchanged or replaced.
  std::string make_wrong() {
    std::vector<std::string> words = split(make());
    for (std::uint64_t changes = 1 + random_.below(3); changes > 0 && !words.empty(); --changes) {
      const std::size_t at = random_.below(words.size());
      switch (random_.below(4)) {
        case 0:
          words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
          break;
        case 1:
          words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), words[random_.below(words.size())]);
          break;
        case 2:
          std::swap(words[at], words[random_.below(words.size())]);
          break;
        default:
          words[at] = piece();
      }
    }
    std::string text;
    for (const std::string& word : words) text += (text.empty() || random_.one_in(12) ? "" : " ") + word;
    return text;
  }

  // Words and symbols in any order.
  std::string make_soup() {
    std::string text;
    for (std::uint64_t count = 1 + random_.below(8); count > 0; --count) text += piece() + " ";
    return text;
  }

 private:
  std::string group(unsigned depth) {
    std::string text = operand(depth);
    for (std::uint64_t more = random_.pick({0, 0, 1, 1, 2, 3}); more > 0; --more) text += join() + operand(depth);
    return text;
  }
  std::string join() { return random_.word({" and ", " or ", " && ", " || ", " and ", " or "}); }
  std::string operand(unsigned depth) {
    if (random_.one_in(6)) return random_.word({"not ", "! ", "!"}) + operand(depth > 0 ? depth - 1 : 0);
    if (depth > 0 && random_.one_in(5)) return "(" + group(depth - 1) + ")";
    return test();
  }

  std::string test() {
    switch (random_.below(20)) {
      case 0:
      case 1:
        return protocol_word();
      case 2:
        return ether();
      case 3:
        return random_.word({"ip ", "arp ", "rarp ", "", "", ""}) + direction() + list(1);
      case 4:
        return random_.word({"ip ", "arp ", "rarp ", "", "", ""}) + direction_or_none() + "net " + net();
      case 5:
        return random_.word({"ip6 ", ""}) + direction() + list(2);
      case 6:
        return random_.word({"ip6 ", ""}) + direction_or_none() + "net " + net6();
      case 7:
        return protocol();
      case 8:
        return transport() + direction_or_none() + "portrange " + list(4);
      case 9:
      case 10:
        return transport() + direction_or_none() + "port " + list(3);
      case 11:
        return encapsulation();
      case 12:
        return random_.word({"less ", "greater "}) + random_.word({"0", "60", "64", "100", "1500", "0xffffffff"});
      case 13:
        return "byte " + random_.word({"0", "12", "13", "14", "23", "200", "4294967295"}) +
               random_.word({" = ", " < ", " > ", " & ", " | "}) + random_.word({"0", "1", "8", "255", "256"});
      case 14:
        return random_.word({"llc", "llc i", "llc s", "llc u", "llc rr", "llc rnr", "llc rej", "llc ui", "llc ua",
                             "llc disc", "llc dm", "llc sabme", "llc test", "llc xid", "llc frmr", "llc UI"});
      case 15:
        return "decnet " + random_.word({"host ", "src ", "dst ", "src host ", "src and dst ", "net "}) +
               random_.word({"1.1", "10.15", "63.1023", "5", "0x0401"});
      default:
        return comparison();
    }
  }

  std::string protocol_word() {
    return random_.word({"ip",   "ip6",   "arp",   "rarp", "tcp",  "udp",   "sctp",  "icmp",  "icmp6",  "igmp",
                         "igrp", "pim",   "vrrp",  "carp", "ah",   "esp",   "atalk", "aarp",  "decnet", "lat",
                         "sca",  "moprc", "mopdl", "iso",  "esis", "es-is", "isis",  "is-is", "clnp",   "l1",
                         "l2",   "iih",   "lsp",   "snp",  "csnp", "psnp",  "stp",   "ipx",   "netbeui"});
  }
  std::string protocol() {
    switch (random_.below(5)) {
      case 0:
        return "ether proto " +
               random_.word({"0x800", "0x86dd", "0x88b5", "0x8100", "0x88a8",    "0x9100",    "\\arp",  "\\ip",
                             "0xfe",  "\\iso",  "\\stp",  "\\ipx",  "\\netbeui", "\\atalk",   "\\aarp", "6",
                             "0x42",  "1500",   "1501",   "1535",   "70000",     "\\loopback"});
      case 1:
        return random_.word({"iso proto 0x83", "iso proto \\clnp", "iso proto \\isis or \\esis", "isis proto 18",
                             "isis proto 15 or 16"});
      case 2:
        return random_.word({"ip ", "ip6 ", ""}) + "protochain " + number_of_protocol();
      default:
        return random_.word({"ip ", "ip6 ", ""}) + "proto " + number_of_protocol();
    }
  }
  std::string number_of_protocol() {
    return random_.word({"6",      "17",   "132",       "1",       "58",        "2",   "0",     "44",
                         "51",     "50",   "89",        "59",      "60",        "256", "\\tcp", "\\udp",
                         "\\icmp", "ospf", "ipv6-icmp", "6 or 17", "(6 or 17)", "(6)"});
  }

  std::string encapsulation() {
    return random_.word({"vlan",
                         "vlan 10",
                         "vlan 0",
                         "vlan (20)",
                         "vlan 4095",
                         "vlan and vlan 10",
                         "mpls",
                         "mpls 100",
                         "mpls and mpls 200",
                         "mpls and ip",
                         "mpls and ip6",
                         "pppoed",
                         "pppoes",
                         "pppoes 7",
                         "pppoes and ip",
                         "pppoes and ip6",
                         "geneve",
                         "geneve 5",
                         "geneve and ip",
                         "geneve and ether host 02:00:00:00:00:01",
                         "geneve and tcp port 80",
                         "vlan and geneve and arp"});
  }

  std::string direction() {
    return random_.word({"host ", "host ", "src ", "dst host ", "src or dst host ", "dst or src ", "src and dst "});
  }
  std::string direction_or_none() { return random_.word({"", "", "src ", "dst ", "src or dst ", "dst and src "}); }
  std::string transport() { return random_.word({"", "", "tcp ", "udp ", "sctp "}); }

  std::string ether() {
    switch (random_.below(4)) {
      case 0:
        return random_.word({"ether broadcast", "broadcast", "ip broadcast", "link broadcast"});
      case 1:
        return random_.word({"ether multicast", "multicast", "ip multicast", "ip6 multicast"});
      default:
        return random_.word({"ether ", "link ", "wlan ", "fddi ", "tr ", "ppp ", "slip "}) +
               random_.word({"host ", "src ", "dst ", "src host ", "src and dst "}) +
               random_.word({"02:00:00:00:00:00", "2:0:0:0:0:1", "ff:ff:ff:ff:ff:ff", "01-00-5e-00-00-05",
                             "0200.0000.0001", "020000000002", "02.00.00.00.00.00"});
    }
  }
  std::string net() {
    return random_.word({"10", "10.0.0.0/8", "10.1", "10.1.0.0/16", "10.1.2", "192.168.0.0/23", "0.0.0.0/0",
                         "224.0.0.0/4", "10.0.0.1/32", "10.0.0.0 mask 255.254.0.0", "10.0.0.1 mask 255.0.0.255",
                         "loopback", "link-local", "0", "010.1"});
  }
  std::string net6() {
    return random_.word({"2001:db8::/32", "2001:db8:0:1::/64", "fe80::/10", "::/0", "ff00::/8", "2001:db8::1/128",
                         "2001:db8::", "::10.0.0.1", "1:2:3:4:5:6:7:8"});
  }

  // --- arithmetic ---
  std::string comparison() {
    if (random_.one_in(3)) return usual_comparison();
    return arithmetic(2) + relation() + arithmetic(2);
  }
  std::string usual_comparison() {
    return random_.word({"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                         "tcp[tcpflags] & tcp-rst != 0",
                         "tcp[13] = 18",
                         "tcp[tcpflags] & (tcp-push|tcp-ack) == (tcp-push|tcp-ack)",
                         "tcp[13] & tcp-urg = 0",
                         "tcp[13] & tcp-ece != tcp-cwr",
                         "icmp[icmptype] = icmp-echo",
                         "icmp[icmptype] != icmp-echoreply",
                         "icmp[icmpcode] = 0",
                         "icmp[0] = icmp-unreach or icmp[0] = icmp-timxceed",
                         "icmp6[icmp6type] = icmp6-echo",
                         "icmp6[icmp6code] = 0",
                         "icmp6[0] > icmp6-packettoobig",
                         "ip[6:2] & 0x1fff = 0",
                         "ip[6:2] & 0x3fff != 0",
                         "ip[6] & 0x20 != 0",
                         "ip[8] < 5",
                         "ip[8] >= 64",
                         "ip[9] = 6",
                         "ip[0] & 0xf != 5",
                         "ip[1] & 0xfc = 184",
                         "ip[1] & 3 = 3",
                         "ip[12:4] = 0x0a000001",
                         "ip[16] >= 224",
                         "ip6[6] = 58",
                         "ip6[7] = 64",
                         "ip6[0:2] & 0xff0 = 0",
                         "ip6[24] = 0xff",
                         "arp[6:2] = 1",
                         "arp[7] = 2",
                         "arp[14:4] = 0x0a000001",
                         "rarp[6:2] > 2",
                         "ether[0] & 1 = 0 and ip[16] >= 224",
                         "ether[12:2] = 0x800",
                         "ether[12:2] > 1500",
                         "ether[12:2] & 0xff00 = 0x8800",
                         "ether[0:4] = 0x02000000",
                         "ether[10:4] != 0x00000800",
                         "ether[6] = 2",
                         "udp[0:2] = 53",
                         "udp[2:2] > 1024",
                         "udp[4:2] < 100",
                         "tcp[0:2] <= 80",
                         "tcp[2:2] & 0xfff0 = 80",
                         "tcp[12] & 0xf0 = 0x50",
                         "tcp[12:2] & 0xfff = 18",
                         "sctp[0:4] = 0x00500050",
                         "tcp[0:4] > 0x00500000",
                         "ip[2:2] = len - 14",
                         "(ip[2:2] - ((ip[0] & 0xf) << 2)) - ((tcp[12] & 0xf0) >> 2) != 0",
                         "len > 100",
                         "length <= 64",
                         "len & 1 = 0",
                         "1 = 1",
                         "2 < 1",
                         "5 > 4 - 3",
                         "tcp[0] < 0",
                         "ip[8] >= 0",
                         "ip[300] = 0",
                         "tcp[-20] = 69",
                         "ip[-1] = 0",
                         "ip[9] > 255",
                         "80 = tcp[2:2]",
                         "6 <= ip[9]"});
  }
  std::string relation() { return random_.word({" = ", " == ", " != ", " > ", " >= ", " < ", " <= "}); }
  std::string arithmetic(unsigned depth) {
    if (depth == 0 || random_.one_in(3)) return atom();
    switch (random_.below(8)) {
      case 0:
        return "- " + arithmetic(depth - 1);
      case 1:
        return "(" + arithmetic(depth - 1) + ")";
      default:
        return arithmetic(depth - 1) +
               random_.word(
                   {" + ", " - ", " * ", " / ", " % ", " & ", " | ", " ^ ", " << ", " >> ", " & ", " & ", "+", "*"}) +
               arithmetic(depth - 1);
    }
  }
  std::string named_number() {
    const auto words = parse::all_words();
    while (true) {
      const auto word = words[random_.below(words.size())];
      if (parse::named_number(word)) return std::string(word);
    }
  }
  std::string atom() {
    switch (random_.below(6)) {
      case 5:
        return named_number();
      case 0:
        return random_.word({"0", "1", "2", "6", "0xf", "0xff", "80", "64", "255", "0x0800", "tcp-syn", "4294967295"});
      case 1:
        return random_.word({"len", "length"});
      default:
        return random_.word({"ether", "ip",    "ip",     "ip6",   "arp",  "rarp",  "tcp",   "tcp",
                             "udp",   "sctp",  "icmp",   "icmp6", "igmp", "igrp",  "pim",   "vrrp",
                             "carp",  "atalk", "decnet", "sca",   "lat",  "moprc", "mopdl", "link"}) +
               "[" +
               (random_.one_in(12) ? arithmetic(1) : random_.word({"0", "1", "2", "6", "8", "9", "12", "13", "14"})) +
               random_.word({"", "", ":1", ":2", ":4"}) + "]";
    }
  }

  // --- values that inherit the qualifier in front ---
  std::string value(int kind) {
    switch (kind) {
      case 1:
        return random_.word({"10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.1.1", "224.0.0.5", "0.0.0.0", "10.1"});
      case 2:
        return random_.word({"2001:db8::1", "2001:db8::2", "fe80::1", "ff02::1", "::", "::ffff:10.0.0.1", "::1/128"});
      case 3:
        return random_.word({"22", "53", "80", "443", "0", "0x1bb", "65535", "0120", "ssh", "domain", "http", "ntp"});
      default:
        return random_.word({"0-80", "6000-6010", "22-53", "443-80", "65535", "1024-65535", "ssh-http", "80-443x",
                             "ftp-telnet", "ntp-http"});
    }
  }
  std::string list(int kind) {
    std::string text = value(kind);
    while (random_.one_in(4)) text += join() + random_.word({"", "", "not ", "!"}) + value(kind);
    return random_.one_in(5) ? "(" + text + ")" : text;
  }

  // --- pieces of wrong expressions ---
  std::string piece() {
    const auto words = parse::all_words();
    switch (random_.below(5)) {
      case 0:
        return std::string(words[random_.below(words.size())]);
      case 1:
        return random_.word({"(", ")", "(",  ")",  "!",  "&&", "||", "and", "or", "not", "[", "]", ":", "/",  "=",
                             "<", ">", "!=", ">=", "<<", ">>", "+",  "-",   "*",  "%",   "&", "|", "^", "==", "<="});
      case 2:
        return random_.word({"0",
                             "1",
                             "80",
                             "443",
                             "0x50",
                             "4095",
                             "65536",
                             "4294967295",
                             "4294967296",
                             "09",
                             "0x",
                             "10.1",
                             "10.0.0.1",
                             "10.0.0.1.5",
                             "300.1.1.1",
                             "10.0.0.0/8",
                             "10.0.0.1/8",
                             "10.0.0.0/33",
                             "1.2.3.4 mask 255.0",
                             "0x1.2",
                             "2001:db8::1",
                             "2001:db8::/32",
                             "::1/129",
                             ":::",
                             "1::2::3",
                             "12345::",
                             "a:b:c",
                             "a:b:",
                             "1:2:3:4:5:6:7",
                             "02:00:00:00:00:01",
                             "2-0-0-0-0-1",
                             "0200.0000.0001",
                             "020000000001",
                             "2.0.0.0.0.1",
                             "02:00:00:00:00",
                             "80-90",
                             "80-",
                             "90-80-70",
                             "99999999999-5",
                             "ssh",
                             "nosuchservice",
                             "ssh-http",
                             "icmp-foo",
                             "tcp-syn"});
      case 3:
        return random_.word({"\\tcp", "\\ip", "\\arp", "\\foo", "\\",   "\\host", "\\iso", "\\80x", "\\ui", "$1f",
                             "$zz",   "_",    "a_b",   "a_",    "x--y", "~",      "'",     "\"",    ",",    ";",
                             "#",     "@",    "?",     "{",     "\t",   "\n",     "\r",    "\f"});
      default:
        return test();
    }
  }
  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words(1);
    for (const char byte : text) {
      if (byte == ' ') {
        words.emplace_back();
      } else if (std::string_view("()[]:!").find(byte) != std::string_view::npos && !words.back().empty()) {
        words.emplace_back(1, byte);
        words.emplace_back();
      } else {
        words.back() += byte;
      }
    }
    std::erase(words, "");
    return words;
  }

  Random& random_;
};

}  // namespace superspan::policy::testing
