// SPDX-License-Identifier: Apache-2.0
#include "fabric/audit.h"

#include <algorithm>
#include <optional>
#include <span>

namespace superspan::fabric {
namespace {

using Cookies = std::span<std::uint64_t>;

// The highest bit that leaves at least a third on either side, else the one that comes nearest to that. High bits name
// the policy: a part is of few blocks.
std::optional<std::uint64_t> dividing_bit(Cookies cookies) {
  std::uint64_t in_some = 0;
  std::uint64_t in_all = ~std::uint64_t{0};
  for (const std::uint64_t cookie : cookies) {
    in_some |= cookie;
    in_all &= cookie;
  }
  std::optional<std::uint64_t> best;
  std::size_t smaller_half = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 63; bit != 0; bit >>= 1) {
    if ((in_some & ~in_all & bit) == 0) continue;
    const auto ones =
        static_cast<std::size_t>(std::ranges::count_if(cookies, [bit](auto cookie) { return (cookie & bit) != 0; }));
    const std::size_t smaller = std::min(ones, cookies.size() - ones);
    if (smaller <= smaller_half) continue;
    smaller_half = smaller;
    best = bit;
    if (smaller >= cookies.size() / 3) break;
  }
  return best;
}

void divide(Cookies cookies, std::size_t most, openflow::CookieFilter part,
            std::vector<openflow::CookieFilter>& parts) {
  const auto bit = cookies.size() > most ? dividing_bit(cookies) : std::nullopt;
  if (!bit) {
    parts.push_back(part);
    return;
  }
  const auto ones = std::ranges::partition(cookies, [bit](auto cookie) { return (cookie & *bit) == 0; });
  divide(Cookies(cookies.begin(), ones.begin()), most, {part.value, part.mask | *bit}, parts);
  divide(Cookies(ones), most, {part.value | *bit, part.mask | *bit}, parts);
}

}  // namespace

std::vector<openflow::CookieFilter> audit_parts(std::vector<std::uint64_t> cookies, std::size_t most) {
  std::vector<openflow::CookieFilter> parts;
  divide(cookies, most, {}, parts);
  return parts;
}

}  // namespace superspan::fabric
