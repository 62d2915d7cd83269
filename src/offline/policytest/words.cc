// SPDX-License-Identifier: Apache-2.0
#include "offline/policytest/words.h"

#include <algorithm>
#include <charconv>

namespace superspan::offline::policytest {
namespace {

std::optional<std::uint64_t> number_of(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool append_hex(std::string_view text, base::Bytes& bytes) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::string digits(text);
  std::erase(digits, ':');
  if (digits.empty() || digits.size() % 2 != 0) return false;
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    unsigned value = 0;
    const auto [end, code] = std::from_chars(&digits[at], &digits[at] + 2, value, 16);
    if (code != std::errc{} || end != &digits[at] + 2) return false;
    bytes.push_back(static_cast<std::byte>(value));
  }
  return true;
}

bool Words::next_is(std::string_view text) const {
  return !at_end() && words_[at_].text == text && !words_[at_].quoted;
}

bool Words::take(std::string_view text) {
  if (!next_is(text)) return false;
  ++at_;
  return true;
}

std::optional<std::span<const Word>> Words::take_group() {
  const std::size_t begin = at_;
  for (unsigned depth = 1; !at_end(); ++at_) {
    if (next_is("(")) ++depth;
    if (next_is(")") && --depth == 0) return words_.subspan(begin, at_++ - begin);
  }
  return std::nullopt;
}

base::Result<Word> Words::argument(const Word& of, const std::string& what) {
  if (at_end()) return source_.error(of, fmt::format("'{}' wants {} behind it", of.text, what), "write it there");
  return words_[at_++];
}

base::Result<std::uint64_t> Words::number(const Word& of, std::uint64_t most) {
  const std::string what = fmt::format("a number from 0 to {}", most);
  const auto found = argument(of, what);
  if (!found) return std::unexpected(found.error());
  const auto value = number_of(found->text);
  if (!value || *value > most) {
    return source_.error(*found, fmt::format("'{}' is not {}", found->text, what), "decimal, or hexadecimal behind 0x");
  }
  return *value;
}

base::Status Words::mac(const Word& of, net::MacAddress& target) {
  const auto found = argument(of, "a MAC address");
  if (!found) return std::unexpected(found.error());
  const auto parsed = net::MacAddress::parse(found->text);
  if (!parsed) {
    return source_.error(*found, fmt::format("'{}' is not a MAC address", found->text),
                         "write it as 02:00:00:00:00:01");
  }
  target = *parsed;
  return {};
}

base::Status Words::end(const Word& word, std::optional<Address>& address, std::optional<std::uint16_t>& port) const {
  std::string_view text = word.text;
  std::string_view port_text;
  const bool bracket = text.starts_with('[') && text.contains(']');
  if (bracket) {
    const std::size_t close = text.find(']');
    port_text = text.substr(close + 1);
    text = text.substr(1, close - 1);
  } else if (std::ranges::count(text, ':') == 1) {
    port_text = text.substr(text.find(':'));
    text = text.substr(0, text.find(':'));
  }
  if (const auto v4 = net::Ipv4Address::parse(text); v4 && !bracket) {
    address = *v4;
  } else if (const auto v6 = net::Ipv6Address::parse(text)) {
    address = *v6;
  } else {
    return source_.error(word, fmt::format("'{}' is not an address", word.text),
                         "write 10.0.0.1, 10.0.0.1:443, 2001:db8::1 or [2001:db8::1]:443");
  }
  if (port_text.empty()) return {};
  const auto value = number_of(port_text.substr(1));
  if (!port_text.starts_with(':') || !value || *value > 0xffff) {
    return source_.error(word, fmt::format("'{}' has no port from 0 to 65535 behind its address", word.text),
                         "write 10.0.0.1:443 or [2001:db8::1]:443");
  }
  port = static_cast<std::uint16_t>(*value);
  return {};
}

}  // namespace superspan::offline::policytest
