// SPDX-License-Identifier: Apache-2.0
// Everything that is known at one moment. Immutable: a change is another snapshot with another version, so a compiler
// that holds one sees one consistent inventory.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/model.h"

namespace superspan::inventory {

class Snapshot {
 public:
  // Names are unique within a kind, references name entries; the provider has checked that. `version` tells one content
  // from another, also after a restart.
  Snapshot(std::string name, std::string version, std::vector<Entry> entries);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& version() const { return version_; }
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }  // by kind, then by name
  [[nodiscard]] const Entry* find(Kind kind, std::string_view name) const;      // null: unknown
  [[nodiscard]] std::vector<std::string> names(Kind kind) const;
  [[nodiscard]] std::vector<std::string> labels() const;  // "role=web", each once, sorted

  // A vm or device: its own addresses. A hypervisor: its own and those of the vms that run there now. A profile or a
  // tenant: its own and those of its vms. An app: its own and those of its members. Nothing: unknown.
  [[nodiscard]] std::optional<Group> group(Kind kind, std::string_view name) const;
  // Of all vms, hypervisors and devices with that label; of a hypervisor its own alone. Nothing: nobody has it.
  [[nodiscard]] std::optional<Group> labelled(std::string_view key, std::string_view value) const;

 private:
  [[nodiscard]] bool belongs(const Entry& vm, const Entry& to) const;

  std::string name_;
  std::string version_;
  std::vector<Entry> entries_;
};

}  // namespace superspan::inventory
