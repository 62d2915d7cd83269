// SPDX-License-Identifier: Apache-2.0
#include "inventory/snapshot.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace superspan::inventory {
namespace {

auto order(const Entry& entry) {
  return std::pair<Kind, std::string_view>(entry.kind, entry.name);
}

void append(Group& group, const Entry& entry) {
  group.addresses.insert(group.addresses.end(), entry.addresses.begin(), entry.addresses.end());
}

template <typename Value>
void tidy(std::vector<Value>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

}  // namespace

Snapshot::Snapshot(std::string name, std::string version, std::vector<Entry> entries)
    : name_(std::move(name)), version_(std::move(version)), entries_(std::move(entries)) {
  std::ranges::sort(entries_, {}, order);
}

const Entry* Snapshot::find(Kind kind, std::string_view name) const {
  const auto found = std::ranges::lower_bound(entries_, std::pair(kind, name), {}, order);
  return found != entries_.end() && found->kind == kind && found->name == name ? &*found : nullptr;
}

std::vector<std::string> Snapshot::names(Kind kind) const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (entry.kind == kind) names.push_back(entry.name);
  }
  return names;
}

std::vector<std::string> Snapshot::labels() const {
  std::vector<std::string> labels;
  for (const Entry& entry : entries_) {
    for (const auto& [key, value] : entry.labels) labels.push_back(key + "=" + value);
  }
  tidy(labels);
  return labels;
}

bool Snapshot::belongs(const Entry& vm, const Entry& to) const {
  switch (to.kind) {
    case Kind::kHypervisor:
      return vm.hypervisor == to.name;
    case Kind::kProfile:
      return vm.profile == to.name;
    case Kind::kTenant:
      return vm.tenant == to.name;
    case Kind::kApp:
      return std::ranges::find(to.members, vm.name) != to.members.end();
    case Kind::kVm:
    case Kind::kDevice:
      break;
  }
  return false;
}

std::optional<Group> Snapshot::group(Kind kind, std::string_view name) const {
  const Entry* named = find(kind, name);
  if (named == nullptr) return std::nullopt;
  Group group{{}, named->services};
  append(group, *named);
  for (const Entry& entry : entries_) {
    if (entry.kind == Kind::kVm && belongs(entry, *named)) append(group, entry);
  }
  tidy(group.addresses);
  tidy(group.services);
  return group;
}

std::optional<Group> Snapshot::labelled(std::string_view key, std::string_view value) const {
  std::optional<Group> group;
  for (const Entry& entry : entries_) {
    const auto label = entry.labels.find(std::string(key));
    if (label == entry.labels.end() || label->second != value) continue;
    if (!group) group.emplace();
    append(*group, entry);
  }
  if (group) tidy(group->addresses);
  return group;
}

}  // namespace superspan::inventory
