// SPDX-License-Identifier: Apache-2.0
// MAC, IPv4 and IPv6 addresses and prefixes: values, parsing, printing.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/field.h"

namespace superspan::net {

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};
  // "00:11:22:aa:bb:cc"; also '-' or '.' between bytes, and one-digit bytes, as tcpdump accepts.
  [[nodiscard]] static base::Result<MacAddress> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] U128 value() const;  // 48 bits
  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

struct Ipv4Address {
  std::uint32_t value = 0;                                                      // host order: 10.0.0.1 is 0x0a000001
  [[nodiscard]] static base::Result<Ipv4Address> parse(std::string_view text);  // four decimal parts
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Ipv4Address&, const Ipv4Address&) = default;
};

struct Ipv6Address {
  std::array<std::uint8_t, 16> bytes{};
  [[nodiscard]] static base::Result<Ipv6Address> parse(std::string_view text);  // RFC 4291 section 2.2, no zone
  [[nodiscard]] std::string to_string() const;                                  // RFC 5952
  [[nodiscard]] U128 value() const;
  [[nodiscard]] static Ipv6Address from(U128 value);
  friend auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;
};

}  // namespace superspan::net
