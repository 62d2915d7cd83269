// SPDX-License-Identifier: Apache-2.0
#include "fabric/roles/roles.h"

namespace superspan::fabric::roles {
namespace {

using net::Field;
using openflow::Action;
using openflow::SetField;

constexpr std::uint16_t kEmptyPriority = 10;
constexpr std::uint16_t kSomePriority = 0;
constexpr std::uint16_t kFirstPortPriority = 100;

DesiredFlow flow(std::uint8_t table, std::uint16_t priority, std::vector<openflow::RegisterTest> registers,
                 std::vector<Action> actions) {
  DesiredFlow made;
  made.flow.key = {table, priority, {}};
  made.flow.key.match.registers = std::move(registers);
  made.flow.actions = std::move(actions);
  return made;
}

SetField set(Field field, net::U128 value) {
  return {field, value, net::full_mask(field)};
}

std::vector<openflow::RegisterTest> both_zero(std::uint8_t first) {
  return {{first, 0, 0xffffffff}, {static_cast<std::uint8_t>(first + 1), 0, 0xffffffff}};
}

openflow::Clone encapsulation(const SwitchView& view, unsigned name_space, std::uint64_t fabric) {
  const auto low = static_cast<std::uint8_t>(2 * name_space);
  openflow::Clone copy;
  copy.actions = {openflow::EncapNsh{},
                  set(Field::kNshSpi, service_path(name_space)),
                  openflow::MoveToField{kTapRegister, Field::kNshContext1},
                  set(Field::kNshContext2, view.wanted.epoch),
                  openflow::MoveToField{low, Field::kNshContext3},
                  openflow::MoveToField{static_cast<std::uint8_t>(low + 1), Field::kNshContext4},
                  openflow::EncapEthernet{},
                  set(Field::kEthDestination, kFabricDestination),
                  set(Field::kEthSource, kFabricSource)};
  for (const std::uint8_t table : out_tables(kFabricOutTable, fabric))
    copy.actions.push_back(openflow::Resubmit{table});
  return copy;
}

// One flow a port: send, forget the bit, and come again for the next one.
void port_flows(std::uint8_t first_table, RegisterBit (*where)(unsigned),
                const std::vector<openflow::PortNumber>& ports, std::uint64_t used, FlowBlock& flows) {
  for (unsigned bit = 0; bit < ports.size(); ++bit) {
    if ((used >> bit & 1) == 0) continue;
    const RegisterBit at = where(bit);
    const auto table = static_cast<std::uint8_t>(first_table + bit / 32);
    flows.push_back(
        flow(table, static_cast<std::uint16_t>(kFirstPortPriority - bit % 32), {{at.index, at.mask, at.mask}},
             {openflow::Output{ports[bit]}, openflow::LoadRegister{at.index, 0, at.mask}, openflow::Resubmit{table}}));
  }
}

}  // namespace

std::vector<std::uint8_t> out_tables(std::uint8_t first_table, std::uint64_t bits) {
  std::vector<std::uint8_t> tables;
  if (static_cast<std::uint32_t>(bits) != 0) tables.push_back(first_table);
  if (bits >> 32 != 0) tables.push_back(static_cast<std::uint8_t>(first_table + 1));
  return tables;
}

FlowBlock encapsulate(const SwitchView& view) {
  FlowBlock flows;
  bool first = true;
  for (unsigned name_space = 0; name_space <= kToolNamespace; ++name_space) {
    const NamespaceUse use = use_of(view, name_space);
    if (use.tap_routes.empty()) continue;
    const auto entry = static_cast<std::uint8_t>(kNamespaceTable + name_space);
    const auto send = static_cast<std::uint8_t>(kEncapTable + name_space);
    std::vector<Action> actions;
    if (!first) {  // what the namespace before left behind
      for (const std::uint8_t used : {kFabricOutRegister, kRoutedRegister}) {
        actions.push_back(openflow::LoadRegister{used, 0, 0xffffffff});
        actions.push_back(openflow::LoadRegister{static_cast<std::uint8_t>(used + 1), 0, 0xffffffff});
      }
    }
    for (const std::uint8_t table : use.tap_routes) actions.push_back(openflow::Resubmit{table});
    if (use.tap_fabric != 0) actions.push_back(openflow::Resubmit{send});
    flows.push_back(flow(entry, kEmptyPriority, both_zero(static_cast<std::uint8_t>(2 * name_space)), {}));
    flows.push_back(flow(entry, kSomePriority, {}, std::move(actions)));
    first = false;
    if (use.tap_fabric == 0) continue;
    flows.push_back(flow(send, kEmptyPriority, both_zero(kFabricOutRegister), {}));
    flows.push_back(flow(send, kSomePriority, {}, {encapsulation(view, name_space, use.tap_fabric)}));
  }
  return flows;
}

FlowBlock output(const SwitchView& view) {
  std::uint64_t fabric = 0;
  std::uint64_t plain = 0;
  std::uint64_t decapsulated = 0;
  for (unsigned name_space = 0; name_space <= kToolNamespace; ++name_space) {
    const NamespaceUse use = use_of(view, name_space);
    fabric |= use.tap_fabric | use.core_fabric;
    plain |= use.tap_plain | use.core_plain;
    decapsulated |= use.core_plain;
  }
  FlowBlock flows;
  port_flows(kFabricOutTable, fabric_bit, view.ports().fabric, fabric, flows);
  port_flows(kPlainOutTable, plain_bit, view.ports().plain, plain, flows);
  std::vector<Action> unwrap = {openflow::Decap{}, openflow::Decap{}};
  for (const std::uint8_t table : out_tables(kPlainOutTable, decapsulated)) unwrap.push_back(openflow::Resubmit{table});
  for (unsigned bit = 0; bit < view.ports().plain.size(); ++bit) {
    if ((decapsulated >> bit & 1) == 0) continue;
    const RegisterBit at = plain_bit(bit);
    flows.push_back(flow(kDecapTable, static_cast<std::uint16_t>(kFirstPortPriority - bit),
                         {{at.index, at.mask, at.mask}}, unwrap));
  }
  return flows;
}

}  // namespace superspan::fabric::roles
