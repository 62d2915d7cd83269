// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve/values.h"

#include <charconv>
#include <string>

namespace superspan::policy::resolve {
namespace {

std::optional<std::uint32_t> digits(std::string_view text, int base) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Twelve digits into the usual form.
std::string with_colons(std::string_view digits) {
  std::string text;
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    if (at > 0) text += ':';
    text += digits.substr(at, 2);
  }
  return text;
}

}  // namespace

std::optional<std::uint32_t> parse_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return digits(text.substr(2), 16);
  return digits(text, text.starts_with('0') ? 8 : 10);
}

std::optional<DottedAddress> parse_dotted(std::string_view text) {
  DottedAddress address{0, 0};
  while (true) {
    const std::size_t dot = text.find('.');
    const auto part = digits(text.substr(0, dot), 10);
    if (!part || *part > 255 || address.bits == 32) return std::nullopt;
    address.value |= *part << (24 - address.bits);
    address.bits += 8;
    if (dot == std::string_view::npos) return address;
    text.remove_prefix(dot + 1);
  }
}

std::optional<net::MacAddress> parse_mac(std::string_view text) {
  if (text.size() == 12 && text.find_first_of(":-.") == std::string_view::npos) {
    const auto parsed = net::MacAddress::parse(with_colons(text));
    return parsed ? std::optional(*parsed) : std::nullopt;
  }
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second != std::string_view::npos && text.find('.', second + 1) == std::string_view::npos) {
    std::string padded;
    for (const auto part :
         {text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)}) {
      if (part.empty() || part.size() > 4) return std::nullopt;
      padded.append(4 - part.size(), '0').append(part);
    }
    return parse_mac(padded);
  }
  const auto parsed = net::MacAddress::parse(text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace superspan::policy::resolve
