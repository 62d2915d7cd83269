// SPDX-License-Identifier: Apache-2.0
// Names of machines, as something outside the compiler knows them. The compiler asks nothing else: no resolver, no
// /etc/hosts. Without a Names every such name is an error that says what to write instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/address.h"

namespace superspan::policy {

using HostAddress = std::variant<net::Ipv4Address, net::Ipv6Address>;

class Names {
 public:
  virtual ~Names() = default;
  // The addresses of a machine; empty: unknown.
  [[nodiscard]] virtual std::vector<HostAddress> host(std::string_view name) const = 0;
  [[nodiscard]] virtual std::optional<net::MacAddress> ether(std::string_view name) const = 0;
  // Names that look like `name`, nearest first, for the hint of an error.
  [[nodiscard]] virtual std::vector<std::string> nearest(std::string_view name) const = 0;
};

}  // namespace superspan::policy
