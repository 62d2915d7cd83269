// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve/values.h"

#include <charconv>
#include <limits>
#include <string>

namespace superspan::policy::resolve {
namespace {

std::optional<std::uint32_t> digits(std::string_view text, int base) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// One %d of sscanf: a sign, digits, the low 32 bits of a number that saturates at 64.
std::optional<std::int64_t> scan_integer(std::string_view& text) {
  const bool negative = text.starts_with('-');
  std::string_view rest = text;
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, 10);
  if (error == std::errc::invalid_argument || rest.empty() || rest.front() == '-') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc::result_out_of_range) value = negative ? std::numeric_limits<std::int64_t>::min() : kMost;
  if (error == std::errc{} && negative) value = -value;
  return static_cast<std::int32_t>(value);
}

std::optional<std::pair<std::int64_t, std::int64_t>> scan_pair(std::string_view text, char separator) {
  const auto first = scan_integer(text);
  if (!first || !text.starts_with(separator)) return std::nullopt;
  text.remove_prefix(1);
  const auto second = scan_integer(text);
  if (!second) return std::nullopt;
  return std::pair{*first, *second};
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

std::optional<std::uint32_t> parse_decimal(std::string_view text) {
  return digits(text, 10);
}

std::optional<std::pair<std::int64_t, std::int64_t>> scan_range(std::string_view text) {
  return scan_pair(text, '-');
}

std::optional<std::uint16_t> parse_decnet(std::string_view text) {
  constexpr std::int64_t kAreaMask = 0x3f;
  constexpr std::int64_t kNodeMask = 0x3ff;
  const auto parts = scan_pair(text, '.');
  if (!parts) return std::nullopt;
  return static_cast<std::uint16_t>((parts->first & kAreaMask) << 10 | (parts->second & kNodeMask));
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
