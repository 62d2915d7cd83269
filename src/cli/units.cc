// SPDX-License-Identifier: Apache-2.0
#include "cli/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace superspan::cli {
namespace {

using std::chrono::seconds;

constexpr seconds kLongest = std::chrono::days(365);

struct Unit {
  char letter;
  seconds length;
};
// Longest first; a duration names each at most once, in this order.
constexpr std::array<Unit, 4> kUnits{
    {{'d', std::chrono::days(1)}, {'h', std::chrono::hours(1)}, {'m', std::chrono::minutes(1)}, {'s', seconds(1)}}};

std::unexpected<base::Error> bad_duration(std::string_view text) {
  return base::fail(base::ErrorCode::kInvalid, fmt::format("'{}' is not a duration", text),
                    "write a number and a unit, as in 10s, 5m, 2h or 1h30m (at most 365d)");
}

}  // namespace

base::Result<seconds> parse_duration(std::string_view text) {
  seconds total{0};
  const auto* unit = kUnits.begin();
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::uint32_t number = 0;
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc() || after == end) return bad_duration(text);
    while (unit != kUnits.end() && unit->letter != *after) ++unit;
    if (unit == kUnits.end()) return bad_duration(text);
    total += number * unit->length;
    if (total > kLongest) return bad_duration(text);
    ++unit;
    at = after + 1;
  }
  if (total <= seconds(0)) return bad_duration(text);
  return total;
}

base::Result<std::uint64_t> parse_count(std::string_view text) {
  std::int64_t number = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || after != text.data() + text.size() || number < 1) {
    return base::fail(base::ErrorCode::kInvalid, fmt::format("'{}' is not a count", text),
                      "write a whole number, 1 or more");
  }
  return static_cast<std::uint64_t>(number);
}

std::string format_duration(seconds duration) {
  std::string text;
  for (const Unit& unit : kUnits) {
    const auto number = duration / unit.length;
    if (number > 0) text += fmt::format("{}{}", number, unit.letter);
    duration -= number * unit.length;
  }
  return text.empty() ? "0s" : text;
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::string_view prefixes = "kMGTPE";
  value /= 1000;
  while (value >= 999.5 && prefixes.size() > 1) {
    value /= 1000;
    prefixes.remove_prefix(1);
  }
  return value < 9.95 ? fmt::format("{:.1f} {}B", value, prefixes.front())
                      : fmt::format("{:.0f} {}B", value, prefixes.front());
}

}  // namespace superspan::cli
