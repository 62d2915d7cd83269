// SPDX-License-Identifier: Apache-2.0
#include "inventory/model.h"

#include <array>

#include <fmt/format.h>

namespace superspan::inventory {
namespace {

constexpr std::array kWords = {"vm", "hypervisor", "device", "profile", "tenant", "app"};
constexpr std::array kPlurals = {"vms", "hypervisors", "devices", "profiles", "tenants", "apps"};

std::string text(const net::MacAddress& address) {
  return address.to_string();
}
std::string text(const Ipv4Network& network) {
  return network.address.to_string() + (network.bits == 32 ? "" : fmt::format("/{}", network.bits));
}
std::string text(const Ipv6Network& network) {
  return network.address.to_string() + (network.bits == 128 ? "" : fmt::format("/{}", network.bits));
}

std::string protocol_word(std::uint8_t protocol) {
  switch (protocol) {
    case 1:
      return "icmp";
    case 6:
      return "tcp";
    case 17:
      return "udp";
    case 58:
      return "icmp6";
    case 132:
      return "sctp";
    default:
      return fmt::format("proto/{}", protocol);
  }
}

}  // namespace

const char* to_string(Kind kind) {
  return kWords.at(static_cast<std::size_t>(kind));
}
const char* plural(Kind kind) {
  return kPlurals.at(static_cast<std::size_t>(kind));
}

std::string to_string(const Address& address) {
  return std::visit([](const auto& one) { return text(one); }, address);
}

std::string to_string(const Service& service) {
  std::string word = protocol_word(service.protocol);
  if (!service.ports) return word;
  const auto [first, last] = *service.ports;
  return first == last ? fmt::format("{}/{}", word, first) : fmt::format("{}/{}-{}", word, first, last);
}

}  // namespace superspan::inventory
