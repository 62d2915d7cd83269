// SPDX-License-Identifier: Apache-2.0
// A table of names that is searched by halving: sorted by name. Only for the files that hold one.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace superspan::policy::resolve {

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};

template <typename Table>
auto value(const Table& table, std::string_view name) {
  const auto found = std::ranges::lower_bound(table, name, {}, &Table::value_type::name);
  return found == table.end() || found->name != name ? std::nullopt : std::optional(found->value);
}

}  // namespace superspan::policy::resolve
