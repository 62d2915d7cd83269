// SPDX-License-Identifier: Apache-2.0
// Names of machines, groups of machines and taps, as something outside the compiler knows them. The compiler asks
// nothing else: no resolver, no /etc/hosts. Without a Names every such name is an error that says what to write
// instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inventory/model.h"
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

  // Behind `vm`, `tenant` and the like. Nothing: unknown.
  [[nodiscard]] virtual std::optional<inventory::Group> group(inventory::Kind /*kind*/,
                                                              std::string_view /*name*/) const {
    return std::nullopt;
  }
  // Behind `label`. Nothing: nobody has it.
  [[nodiscard]] virtual std::optional<inventory::Group> labelled(std::string_view /*key*/,
                                                                 std::string_view /*value*/) const {
    return std::nullopt;
  }
  // The number of a tap.
  [[nodiscard]] virtual std::optional<std::uint32_t> tap(std::string_view /*name*/) const { return std::nullopt; }
  // All names that may stand behind a word ("vm", "label", "tap").
  [[nodiscard]] virtual std::vector<std::string> known(std::string_view /*word*/) const { return {}; }
};

}  // namespace superspan::policy
