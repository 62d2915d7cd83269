// SPDX-License-Identifier: Apache-2.0
// The spelling of numbers and addresses in pcap-filter: short dotted nets, MAC addresses, ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "net/address.h"

namespace superspan::policy::resolve {

// Digits only; nothing if malformed or larger than 32 bits.
[[nodiscard]] std::optional<std::uint32_t> parse_decimal(std::string_view text);

// "6000-6008", as C's sscanf("%d-%d") reads it: what follows is ignored, and numbers keep their low 32 bits.
[[nodiscard]] std::optional<std::pair<std::int64_t, std::int64_t>> scan_range(std::string_view text);

// "10.1" is 10.1.0.0 with 16 significant bits. One to four decimal parts.
struct DottedAddress {
  std::uint32_t value;
  unsigned bits;
};
[[nodiscard]] std::optional<DottedAddress> parse_dotted(std::string_view text);

// "10.15": area and node, as C's sscanf("%d.%d") reads them.
[[nodiscard]] std::optional<std::uint16_t> parse_decnet(std::string_view text);

// 00:11:22:aa:bb:cc (also '-' and '.'), 0011.22aa.bbcc, 001122aabbcc.
[[nodiscard]] std::optional<net::MacAddress> parse_mac(std::string_view text);

}  // namespace superspan::policy::resolve
