// SPDX-License-Identifier: Apache-2.0
#include "net/address.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdio>

namespace superspan::net {

using base::ErrorCode;
using base::fail;

base::Result<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress address;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t index = 0; index < address.bytes.size(); ++index) {
    const bool separated = index == 0 || (at != end && (*at == ':' || *at == '-' || *at == '.'));
    if (index > 0 && separated) ++at;
    const char* const limit = end - at > 2 ? at + 2 : end;
    const auto [next, error] = std::from_chars(at, limit, address.bytes[index], 16);
    if (!separated || error != std::errc{} || next == at) {
      return fail(ErrorCode::kInvalid, "'" + std::string(text) + "' is not a MAC address",
                  "write six bytes in hex: 00:11:22:aa:bb:cc");
    }
    at = next;
  }
  if (at != end) {
    return fail(ErrorCode::kInvalid, "'" + std::string(text) + "' is longer than a MAC address",
                "write six bytes in hex: 00:11:22:aa:bb:cc");
  }
  return address;
}

std::string MacAddress::to_string() const {
  char text[18];
  std::snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
                bytes[5]);
  return text;
}

U128 MacAddress::value() const {
  U128 value = 0;
  for (const std::uint8_t byte : bytes) value = (value << 8) | byte;
  return value;
}

base::Result<Ipv4Address> Ipv4Address::parse(std::string_view text) {
  in_addr parsed{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &parsed) != 1) {
    return fail(ErrorCode::kInvalid, "'" + std::string(text) + "' is not an IPv4 address", "write it as 10.1.2.3");
  }
  return Ipv4Address{ntohl(parsed.s_addr)};
}

std::string Ipv4Address::to_string() const {
  return std::to_string(value >> 24) + "." + std::to_string((value >> 16) & 255) + "." +
         std::to_string((value >> 8) & 255) + "." + std::to_string(value & 255);
}

base::Result<Ipv6Address> Ipv6Address::parse(std::string_view text) {
  Ipv6Address address;
  if (inet_pton(AF_INET6, std::string(text).c_str(), address.bytes.data()) != 1) {
    return fail(ErrorCode::kInvalid, "'" + std::string(text) + "' is not an IPv6 address", "write it as 2001:db8::1");
  }
  return address;
}

std::string Ipv6Address::to_string() const {
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, bytes.data(), text, sizeof(text));
}

U128 Ipv6Address::value() const {
  U128 value = 0;
  for (const std::uint8_t byte : bytes) value = (value << 8) | byte;
  return value;
}

Ipv6Address Ipv6Address::from(U128 value) {
  Ipv6Address address;
  for (std::size_t index = address.bytes.size(); index-- > 0; value >>= 8) {
    address.bytes[index] = static_cast<std::uint8_t>(value);
  }
  return address;
}

}  // namespace superspan::net
