// SPDX-License-Identifier: Apache-2.0
// Where the headers are that a test looks at. `vlan`, `mpls`, `pppoes` and `geneve` move them for everything that
// stands to their right in the text, across `or` and out of parentheses, exactly as libpcap's code generator does.
#pragma once

#include <cstdint>
#include <optional>

#include "policy/parse/ast.h"

namespace superspan::policy::resolve {

// Bytes from the beginning of the frame: a constant, and behind `geneve` a part that a frame's own headers decide. The
// constant wraps at 32 bits, as libpcap's does.
struct Offset {
  std::uint32_t constant = 0;
  std::optional<unsigned> slot;  // where the test of `geneve` leaves the variable part
  friend bool operator==(const Offset&, const Offset&) = default;
};

enum class Link : std::uint8_t { kEthernet, kPpp };

struct Layout {
  Link link = Link::kEthernet;
  bool in_geneve = false;         // tests of MAC addresses must ask whether there is an Ethernet header
  bool any_tags = false;          // all VLAN tags of the outermost Ethernet header were skipped, however many
  unsigned labels = 0;            // `mpls` words so far
  Offset header;                  // of the link layer
  Offset type{12, {}};            // its type field
  Offset payload{14, {}};         // what follows it
  std::uint32_t network = 0;      // the network header begins so many bytes into the payload
  std::uint32_t network_llc = 3;  // the same behind an IEEE 802.2 header

  // How many tags were skipped, if nothing but `vlan` stands to the left, or kAnyTags. Else a switch cannot follow.
  [[nodiscard]] std::optional<unsigned> tags() const;
  [[nodiscard]] bool is_outermost() const { return *this == Layout{}; }  // nothing stands to the left
  friend bool operator==(const Layout&, const Layout&) = default;
};

inline constexpr unsigned kAnyTags = ~0U;

// Of the packet in a tunnel, and behind all VLAN tags; `slot`: the first of three that hold where that is.
[[nodiscard]] Layout inside_tunnel(unsigned slot);
[[nodiscard]] Layout behind_tags(Layout layout, unsigned slot);

// `slot`: the first of the three that geneve uses.
[[nodiscard]] Layout behind(parse::Wrapping wrapping, Layout layout, unsigned slot);
inline constexpr unsigned kSlotsOfGeneve = 3;

}  // namespace superspan::policy::resolve
