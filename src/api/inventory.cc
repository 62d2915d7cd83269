// SPDX-License-Identifier: Apache-2.0
#include "api/respond.h"
#include "api/routes.h"

namespace superspan::api {
namespace {

namespace json = boost::json;

json::array texts(const auto& values) {
  json::array array;
  for (const auto& value : values) {
    if constexpr (std::is_convertible_v<decltype(value), std::string>) {
      array.emplace_back(std::string(value));
    } else {
      array.emplace_back(to_string(value));
    }
  }
  return array;
}

// Where a vm or hypervisor is now.
std::string where(const inventory::Entry& entry) {
  return entry.kind == inventory::Kind::kVm ? entry.hypervisor : entry.device;
}

json::object entry_json(const inventory::Entry& entry) {
  json::object labels;
  for (const auto& [key, value] : entry.labels) labels[key] = value;
  return {{"kind", to_string(entry.kind)},
          {"name", entry.name},
          {"description", entry.description},
          {"addresses", texts(entry.addresses)},
          {"where", where(entry)},
          {"profile", entry.profile},
          {"tenant", entry.tenant},
          {"labels", std::move(labels)},
          {"services", texts(entry.services)},
          {"members", texts(entry.members)}};
}

}  // namespace

void add_inventory(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/inventory", [&controller](const http::Request&) {
    json::array entries;
    const inventory::Snapshot* snapshot = controller.inventory();
    if (snapshot != nullptr) {
      for (const inventory::Entry& entry : snapshot->entries()) entries.push_back(entry_json(entry));
    }
    return json_response(json::object{{"name", snapshot == nullptr ? "" : snapshot->name()},
                                      {"version", snapshot == nullptr ? "" : snapshot->version()},
                                      {"entries", std::move(entries)}});
  });
}

}  // namespace superspan::api
