// SPDX-License-Identifier: Apache-2.0
// The names that stand for numbers: services, IP protocols, EtherTypes, networks. A fixed table, the same on every
// machine, with the meaning that the names have on Debian 12. Never a resolver.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace superspan::policy::resolve {

// A service is known for TCP, for UDP, or for both. `port domain` means both (and SCTP), `port ssh` means TCP only.
struct Service {
  std::uint16_t port;
  bool tcp;
  bool udp;
};

[[nodiscard]] std::optional<Service> service(std::string_view name);
[[nodiscard]] std::optional<std::uint16_t> ip_protocol(std::string_view name);
[[nodiscard]] std::optional<std::uint16_t> ether_type(std::string_view name);  // or an IEEE 802.2 access point
[[nodiscard]] std::optional<std::uint32_t> network(std::string_view name);

}  // namespace superspan::policy::resolve
