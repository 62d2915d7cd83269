// SPDX-License-Identifier: Apache-2.0
// What is known of the things that people name in an expression: who they are, which addresses they have, where they
// are now.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "net/address.h"

namespace superspan::inventory {

enum class Kind : std::uint8_t { kVm, kHypervisor, kDevice, kProfile, kTenant, kApp };
inline constexpr Kind kKinds[] = {Kind::kVm,      Kind::kHypervisor, Kind::kDevice,
                                  Kind::kProfile, Kind::kTenant,     Kind::kApp};
[[nodiscard]] const char* to_string(Kind kind);  // "vm"
[[nodiscard]] const char* plural(Kind kind);     // "vms"

// An address is a network of one.
struct Ipv4Network {
  net::Ipv4Address address;
  unsigned bits = 32;
  friend auto operator<=>(const Ipv4Network&, const Ipv4Network&) = default;
};
struct Ipv6Network {
  net::Ipv6Address address;
  unsigned bits = 128;
  friend auto operator<=>(const Ipv6Network&, const Ipv6Network&) = default;
};
using Address = std::variant<net::MacAddress, Ipv4Network, Ipv6Network>;
[[nodiscard]] std::string to_string(const Address& address);  // "10.0.0.0/8", "2001:db8::1", "02:00:00:00:00:01"

// What an app listens on: a protocol, for TCP, UDP and SCTP perhaps only some ports.
struct Service {
  std::uint8_t protocol = 0;
  std::optional<std::pair<std::uint16_t, std::uint16_t>> ports;  // first <= last
  friend auto operator<=>(const Service&, const Service&) = default;
};
[[nodiscard]] std::string to_string(const Service& service);  // "tcp/8000-8100", "icmp", "proto/89"

struct Entry {
  Kind kind = Kind::kVm;
  std::string name;
  std::string description;
  std::vector<Address> addresses;             // its own
  std::map<std::string, std::string> labels;  // of a vm, hypervisor or device
  std::string hypervisor;                     // of a vm: where it runs now; empty: not known
  std::string device;                         // of a hypervisor: where it is plugged in; empty: not known
  std::string profile, tenant;                // of a vm; empty: none
  std::vector<Service> services;              // of an app; empty: all of its members' traffic
  std::vector<std::string> members;           // of an app: names of vms
};

// All addresses of what a name stands for, without repetition, sorted; and for an app what it listens on.
struct Group {
  std::vector<Address> addresses;
  std::vector<Service> services;
};

}  // namespace superspan::inventory
