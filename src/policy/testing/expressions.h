// SPDX-License-Identifier: Apache-2.0
// Random expressions of the language, in words that libpcap accepts too.
#pragma once

#include <string>

#include "policy/testing/random.h"

namespace superspan::policy::testing {

class ExpressionMaker {
 public:
  explicit ExpressionMaker(Random& random) : random_(random) {}

  std::string make() { return group(3); }

 private:
  std::string group(unsigned depth) {
    std::string text = operand(depth);
    for (std::uint64_t more = random_.pick({0, 1, 1, 2, 3}); more > 0; --more) text += join() + operand(depth);
    return text;
  }

  std::string join() { return random_.word({" and ", " or ", " && ", " || "}); }

  std::string operand(unsigned depth) {
    if (random_.one_in(5)) return random_.word({"not ", "! ", "!"}) + operand(depth > 0 ? depth - 1 : 0);
    if (depth > 0 && random_.one_in(4)) return "(" + group(depth - 1) + ")";
    return test();
  }

  std::string test() {
    switch (random_.below(12)) {
      case 0:
        return random_.word({"ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp"});
      case 1:
        return random_.word({"ah", "esp", "pim", "vrrp", "carp", "igrp"});
      case 2:
        return ether();
      case 3:
        return vlan();
      case 4:
        return random_.word({"ip ", "arp ", "rarp ", "", ""}) + direction() + list(1);
      case 5:
        return random_.word({"ip ", "arp ", "rarp ", "", ""}) + direction_or_none() + "net " + net();
      case 6:
        return random_.word({"ip6 ", ""}) + direction() + list(2);
      case 7:
        return random_.word({"ip6 ", ""}) + direction_or_none() + "net " + net6();
      case 8:
        return random_.word({"ip ", "ip6 ", ""}) + "proto " + protocol();
      case 9:
        return transport() + direction_or_none() + "portrange " +
               random_.word({"0-80", "6000-6010", "22-53", "443-80", "65535", "1024-65535"});
      default:
        return transport() + direction_or_none() + "port " + list(3);
    }
  }

  std::string direction() {
    return random_.word({"host ", "host ", "src ", "dst host ", "src or dst host ", "src and dst "});
  }
  std::string direction_or_none() { return random_.word({"", "", "src ", "dst ", "src or dst ", "dst and src "}); }
  std::string transport() { return random_.word({"", "", "tcp ", "udp ", "sctp "}); }

  std::string ether() {
    switch (random_.below(6)) {
      case 0:
        return "ether broadcast";
      case 1:
        return random_.word({"ether multicast", "multicast", "ip multicast", "ip6 multicast"});
      case 2:
        return "ether proto " +
               random_.word({"0x800", "0x86dd", "0x88b5", "0x8100", "0x88a8", "0x9100", "\\arp", "\\ip"});
      default:
        return "ether " + random_.word({"host ", "src ", "dst ", "src host ", "src and dst "}) +
               random_.word({"02:00:00:00:00:00", "2:0:0:0:0:1", "ff:ff:ff:ff:ff:ff", "01-00-5e-00-00-05"});
    }
  }
  std::string vlan() { return random_.word({"vlan", "vlan 10", "vlan 0", "vlan 20", "vlan 4095"}); }
  std::string net() {
    return random_.word({"10", "10.0.0.0/8", "10.1", "10.1.0.0/16", "10.1.2", "192.168.0.0/23", "0.0.0.0/0",
                         "224.0.0.0/4", "10.0.0.1/32", "10.0.0.0 mask 255.254.0.0", "10.0.0.1 mask 255.0.0.255"});
  }
  std::string net6() {
    return random_.word(
        {"2001:db8::/32", "2001:db8:0:1::/64", "fe80::/10", "::/0", "ff00::/8", "2001:db8::1/128", "2001:db8::"});
  }
  std::string protocol() {
    return random_.word({"6", "17", "132", "1", "58", "2", "0", "44", "51", "50", "89", "\\tcp", "\\udp", "\\icmp"});
  }
  std::string value(int kind) {
    if (kind == 1)
      return random_.word({"10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.1.1", "224.0.0.5", "0.0.0.0", "10.1"});
    if (kind == 2) return random_.word({"2001:db8::1", "2001:db8::2", "fe80::1", "ff02::1", "::"});
    return random_.word({"22", "53", "80", "443", "0", "0x1bb", "65535", "0120"});
  }
  // Values that inherit the qualifier in front.
  std::string list(int kind) {
    std::string text = value(kind);
    while (random_.one_in(4)) text += join() + random_.word({"", "", "not "}) + value(kind);
    return random_.one_in(5) && text.find(' ') != std::string::npos ? "(" + text + ")" : text;
  }

  Random& random_;
};

}  // namespace superspan::policy::testing
