// SPDX-License-Identifier: Apache-2.0
#include "node/dispatch_table.h"

#include <algorithm>
#include <utility>

namespace superspan::node {

DispatchTable::DispatchTable(std::uint64_t generation, std::span<const Route> routes,
                             std::shared_ptr<const TapDirectory> taps)
    : generation_(generation), taps_(std::move(taps)) {
  for (const Route& route : routes) {
    const AssignedPolicy& policy = route.run->policy();
    auto place = std::ranges::lower_bound(namespaces_, policy.service_path, {}, &Namespace::service_path);
    if (place == namespaces_.end() || place->service_path != policy.service_path) {
      place = namespaces_.insert(place, Namespace{policy.service_path, {}});
    }
    std::vector<Route>& users = place->bits[policy.bit % net::kPolicyBits];
    users.insert(std::ranges::upper_bound(users, route.from_epoch, std::greater{}, &Route::from_epoch), route);
  }
}

DispatchTable::Match DispatchTable::find(std::uint32_t service_path, unsigned bit, std::uint32_t epoch) const {
  const auto place = std::ranges::lower_bound(namespaces_, service_path, {}, &Namespace::service_path);
  if (place == namespaces_.end() || place->service_path != service_path) return {};
  const std::vector<Route>& users = place->bits[bit];
  for (const Route& user : users) {
    if (epoch >= user.from_epoch) return {user.run.get(), false};
  }
  return {nullptr, !users.empty()};
}

}  // namespace superspan::node
