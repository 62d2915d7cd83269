// SPDX-License-Identifier: Apache-2.0
#include "policy/optimize/diagram.h"

namespace superspan::policy {

bool Diagram::accepts(const std::array<net::U128, net::kFieldCount>& values) const {
  Reference at = root_;
  while (at >= 2) {
    const Node& node = nodes_[at - 2];
    at = node.test.matches(values[static_cast<std::size_t>(node.test.field)]) ? node.yes : node.no;
  }
  return at == 1;
}

}  // namespace superspan::policy
