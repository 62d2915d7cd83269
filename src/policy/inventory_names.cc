// SPDX-License-Identifier: Apache-2.0
#include "policy/inventory_names.h"

#include <algorithm>
#include <utility>

#include "base/nearest.h"

namespace superspan::policy {
namespace {

using inventory::Kind;

constexpr Kind kMachines[] = {Kind::kVm, Kind::kHypervisor, Kind::kDevice};

}  // namespace

InventoryNames::InventoryNames(std::shared_ptr<const inventory::Snapshot> snapshot, TapNumbers taps)
    : snapshot_(std::move(snapshot)), taps_(std::move(taps)) {}

const inventory::Entry* InventoryNames::machine(std::string_view name) const {
  if (!snapshot_) return nullptr;
  for (const Kind kind : kMachines) {
    if (const auto* found = snapshot_->find(kind, name)) return found;
  }
  return nullptr;
}

std::vector<HostAddress> InventoryNames::host(std::string_view name) const {
  std::vector<HostAddress> addresses;
  const auto* found = machine(name);
  if (found == nullptr) return addresses;
  for (const inventory::Address& address : found->addresses) {
    if (const auto* four = std::get_if<inventory::Ipv4Network>(&address); four != nullptr && four->bits == 32) {
      addresses.emplace_back(four->address);
    } else if (const auto* six = std::get_if<inventory::Ipv6Network>(&address); six != nullptr && six->bits == 128) {
      addresses.emplace_back(six->address);
    }
  }
  return addresses;
}

std::optional<net::MacAddress> InventoryNames::ether(std::string_view name) const {
  const auto* found = machine(name);
  if (found == nullptr) return std::nullopt;
  for (const inventory::Address& address : found->addresses) {
    if (const auto* mac = std::get_if<net::MacAddress>(&address)) return *mac;
  }
  return std::nullopt;
}

std::vector<std::string> InventoryNames::nearest(std::string_view name) const {
  std::vector<std::string> names;
  for (const Kind kind : kMachines) {
    if (!snapshot_) break;
    std::ranges::move(snapshot_->names(kind), std::back_inserter(names));
  }
  return base::nearest(name, names);
}

std::optional<inventory::Group> InventoryNames::group(Kind kind, std::string_view name) const {
  return snapshot_ ? snapshot_->group(kind, name) : std::nullopt;
}

std::optional<inventory::Group> InventoryNames::labelled(std::string_view key, std::string_view value) const {
  return snapshot_ ? snapshot_->labelled(key, value) : std::nullopt;
}

std::optional<std::uint32_t> InventoryNames::tap(std::string_view name) const {
  const auto found = taps_.find(name);
  return found == taps_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> InventoryNames::known(std::string_view word) const {
  std::vector<std::string> names;
  if (word == "tap") {
    for (const auto& [name, number] : taps_) names.push_back(name);
    return names;
  }
  if (!snapshot_) return names;
  if (word == "label") return snapshot_->labels();
  for (const Kind kind : inventory::kKinds) {
    if (word == inventory::to_string(kind)) return snapshot_->names(kind);
  }
  return names;
}

}  // namespace superspan::policy
