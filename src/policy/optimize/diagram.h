// SPDX-License-Identifier: Apache-2.0
// A forwarding decision diagram: an ordered, reduced decision diagram whose nodes ask one masked test each (after
// Smolka et al., "A Fast Compiler for NetKAT", ICFP 2015, with masks instead of exact values).
//
// Order: by field, within a field the more specific masks first. Where a test is true, every test that it implies or
// excludes is gone from the rest; so 10.1.0.0/16 in front of 10.0.0.0/8 needs no thought at placement.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "net/field.h"

namespace superspan::policy {

// Immutable once built; safe to share between threads.
class Diagram {
 public:
  // 0 and 1 are the leaves `no` and `yes`; reference r >= 2 is nodes()[r - 2].
  using Reference = std::uint32_t;
  struct Node {
    net::FieldTest test;
    Reference yes;  // taken if the test holds
    Reference no;
  };

  Diagram(std::vector<Node> nodes, Reference root) : nodes_(std::move(nodes)), root_(root) {}

  // A child stands before its parents.
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] Reference root() const { return root_; }

  // `values` by field, as in net::FlowKey.
  [[nodiscard]] bool accepts(const std::array<net::U128, net::kFieldCount>& values) const;

 private:
  std::vector<Node> nodes_;
  Reference root_;
};

}  // namespace superspan::policy
