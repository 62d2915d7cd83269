// SPDX-License-Identifier: Apache-2.0
#include "inventory/file.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace superspan::inventory {
namespace {

constexpr const char* kInventory = R"(
name: dc-1
vms:
  - {name: web-1, addresses: ["02:00:00:00:00:01", 10.0.0.1, "2001:db8::1"], hypervisor: hv-1, profile: web, tenant: blue,
     labels: {role: web, rack: 12}}
  - {name: web-2, addresses: [10.0.0.2], hypervisor: hv-1, tenant: blue, labels: {role: web}}
  - {name: db-1, addresses: [10.0.1.1], hypervisor: hv-2}
hypervisors:
  - {name: hv-1, addresses: [192.0.2.1], device: leaf1, labels: {role: host}}
  - {name: hv-2, addresses: [192.0.2.2]}
devices: [{name: leaf1, addresses: [192.0.2.254]}]
profiles: [{name: web, description: "port profile of web servers"}]
tenants: [{name: blue, addresses: [10.9.0.0/16]}]
apps:
  - {name: shop, addresses: [10.0.0.100], services: [tcp/443, udp/6000-6100, icmp, proto/89], members: [web-2, web-1]}
)";

Snapshot snapshot() {
  auto made = parse_file(kInventory, "inventory.yaml");
  if (!made) throw std::runtime_error(base::render(made.error()));
  return std::move(*made);
}

std::string text(const std::optional<Group>& group) {
  if (!group) return "unknown";
  std::string words;
  const auto add = [&](const std::string& word) { words += (words.empty() ? "" : " ") + word; };
  for (const Address& address : group->addresses) add(to_string(address));
  for (const Service& service : group->services) add(to_string(service));
  return words;
}

TEST(Inventory, NamesStandForAddresses) {
  const Snapshot known = snapshot();
  EXPECT_EQ(known.name(), "dc-1");
  EXPECT_EQ(text(known.group(Kind::kVm, "web-1")), "02:00:00:00:00:01 10.0.0.1 2001:db8::1");
  EXPECT_EQ(text(known.group(Kind::kHypervisor, "hv-1")), "02:00:00:00:00:01 10.0.0.1 10.0.0.2 192.0.2.1 2001:db8::1");
  EXPECT_EQ(text(known.group(Kind::kDevice, "leaf1")), "192.0.2.254");
  EXPECT_EQ(text(known.group(Kind::kProfile, "web")), "02:00:00:00:00:01 10.0.0.1 2001:db8::1");
  EXPECT_EQ(text(known.group(Kind::kTenant, "blue")), "02:00:00:00:00:01 10.0.0.1 10.0.0.2 10.9.0.0/16 2001:db8::1");
  EXPECT_EQ(text(known.group(Kind::kApp, "shop")),
            "02:00:00:00:00:01 10.0.0.1 10.0.0.2 10.0.0.100 2001:db8::1 icmp tcp/443 udp/6000-6100 proto/89");
  EXPECT_EQ(text(known.labelled("role", "web")), "02:00:00:00:00:01 10.0.0.1 10.0.0.2 2001:db8::1");
  EXPECT_EQ(text(known.labelled("rack", "12")), "02:00:00:00:00:01 10.0.0.1 2001:db8::1");
}

TEST(Inventory, WhatIsNotThereIsUnknown) {
  const Snapshot known = snapshot();
  EXPECT_EQ(text(known.group(Kind::kVm, "web-7")), "unknown");
  EXPECT_EQ(text(known.group(Kind::kVm, "hv-1")), "unknown");
  EXPECT_EQ(text(known.labelled("role", "db")), "unknown");
  EXPECT_EQ(text(known.labelled("Role", "web")), "unknown");
}

TEST(Inventory, VersionsTellContentsApart) {
  EXPECT_EQ(snapshot().version(), snapshot().version());
  EXPECT_NE(snapshot().version(), parse_file(std::string(kInventory) + "\n", "f")->version());
}

TEST(Inventory, JsonIsReadAsWell) {
  const auto made = parse_file(R"({"vms": [{"name": "a", "addresses": ["10.0.0.1"]}]})", "inventory.json");
  ASSERT_TRUE(made);
  EXPECT_EQ(text(made->group(Kind::kVm, "a")), "10.0.0.1");
}

TEST(Inventory, ErrorsShowLineAndRemedy) {
  const std::vector<std::pair<const char*, const char*>> table = {
      {"", "i.yaml: the inventory file is empty\nhint: list for example `vms:`"},
      {"vm: []", "unknown key 'vm' in the inventory"},
      {"vms:\n  - {addresses: [10.0.0.1]}", "i.yaml:2:5: a vm has no 'name'"},
      {"vms:\n  - {name: a b}",
       "i.yaml:2:12-14: this is not a name\n  - {name: a b}\n           ~~~\nhint: use 1 to 63 letters, digits, '.', "
       "'_' and '-', a letter or digit first and last"},
      {"vms:\n  - {name: a}\n  - {name: a}", "i.yaml:3:12: a second vm 'a'"},
      {"vms: [{name: a, addresses: [10.0.0]}]", "this is not an address"},
      {"vms: [{name: a, addresses: [10.0.0.1/8]}]", "this is not an address"},
      {"vms: [{name: a, addresses: [10.0.0.0/33]}]", "this is not an address"},
      {"vms: [{name: a, adresses: []}]", "known: name, description, addresses, labels, hypervisor, profile, tenant"},
      {"vms: [{name: a, labels: [x]}]", "labels must be keys with values"},
      {"vms: [{name: a, labels: {x: \"a b\"}}]", "this is not a value of a label"},
      {"vms: [{name: a, hypervisor: hv2}]\nhypervisors: [{name: hv1}]",
       "i.yaml:1:29-31: unknown hypervisor 'hv2'\nvms: [{name: a, hypervisor: hv2}]\n                            ~~~\n"
       "hint: did you mean 'hv1'?"},
      {"apps: [{name: a, members: [b]}]", "unknown vm 'b'"},
      {"apps: [{name: a, services: [http]}]", "this is not a service"},
      {"apps: [{name: a, services: [tcp/9-1]}]", "this is not a service"},
      {"apps: [{name: a, services: [udp/65536]}]", "this is not a service"},
      {"devices: [{name: a, hypervisor: b}]", "unknown key 'hypervisor' in a device"},
      {"vms: &x [*x]", "an alias"},
      {"vms: [", "this is not YAML"},
  };
  for (const auto& [file, words] : table) {
    const auto made = parse_file(file, "i.yaml");
    ASSERT_FALSE(made) << file;
    EXPECT_NE(base::render(made.error()).find(words), std::string::npos) << base::render(made.error());
  }
}

TEST(Inventory, TooMuchIsRefused) {
  const auto big = parse_file(std::string(kFileBytesMax + 1, ' '), "i.yaml");
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, base::ErrorCode::kLimit);
  std::string many = "vms: [{name: a, addresses: [";
  for (std::size_t count = 0; count <= kListMax; ++count) many += "10.0.0.1, ";
  const auto list = parse_file(many + "]}]", "i.yaml");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().message, "more than 4096 addresses");
}

TEST(Inventory, AFileThatIsNotThereIsNamed) {
  const auto missing = read_file("/nowhere/inventory.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().place, "/nowhere/inventory.yaml");
}

}  // namespace
}  // namespace superspan::inventory
