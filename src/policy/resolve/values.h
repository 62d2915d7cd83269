// SPDX-License-Identifier: Apache-2.0
// The spelling of numbers and addresses in pcap-filter: 0x and octal numbers, short dotted nets, MAC addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "net/address.h"

namespace superspan::policy::resolve {

// Decimal, 0x hexadecimal, or octal behind a leading 0; nothing if malformed or larger than 32 bits.
[[nodiscard]] std::optional<std::uint32_t> parse_number(std::string_view text);

// "10.1" is 10.1.0.0 with 16 significant bits. One to four decimal parts.
struct DottedAddress {
  std::uint32_t value;
  unsigned bits;
};
[[nodiscard]] std::optional<DottedAddress> parse_dotted(std::string_view text);

// 00:11:22:aa:bb:cc (also '-' and '.'), 0011.22aa.bbcc, 001122aabbcc.
[[nodiscard]] std::optional<net::MacAddress> parse_mac(std::string_view text);

}  // namespace superspan::policy::resolve
