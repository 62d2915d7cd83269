// SPDX-License-Identifier: Apache-2.0
// The names of an inventory and of the taps of a fabric, for the compiler.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "inventory/snapshot.h"
#include "policy/names.h"

namespace superspan::policy {

using TapNumbers = std::map<std::string, std::uint32_t, std::less<>>;

// Immutable; any thread may ask.
class InventoryNames final : public Names {
 public:
  // `snapshot` may be null: no inventory.
  InventoryNames(std::shared_ptr<const inventory::Snapshot> snapshot, TapNumbers taps);

  // `host NAME` and `ether host NAME`: a vm, else a hypervisor, else a device.
  [[nodiscard]] std::vector<HostAddress> host(std::string_view name) const override;
  [[nodiscard]] std::optional<net::MacAddress> ether(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string> nearest(std::string_view name) const override;
  [[nodiscard]] std::optional<inventory::Group> group(inventory::Kind kind, std::string_view name) const override;
  [[nodiscard]] std::optional<inventory::Group> labelled(std::string_view key, std::string_view value) const override;
  [[nodiscard]] std::optional<std::uint32_t> tap(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string> known(std::string_view word) const override;

 private:
  [[nodiscard]] const inventory::Entry* machine(std::string_view name) const;

  std::shared_ptr<const inventory::Snapshot> snapshot_;
  TapNumbers taps_;
};

}  // namespace superspan::policy
