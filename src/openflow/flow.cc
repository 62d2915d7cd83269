// SPDX-License-Identifier: Apache-2.0
#include "openflow/flow.h"

#include <cstdio>

namespace superspan::openflow {
namespace {

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

// A value of a field as ovs-ofctl reads it: "02:00:00:00:00:01", "10.1.2.3", "0x5".
std::string value_of(net::Field field, net::U128 value) {
  const std::string text = net::to_string(net::FieldTest::exactly(field, value));
  return text.substr(text.find('=') + 1);
}

template <typename Actions>
std::string join(const Actions& actions);

struct Printer {
  std::string operator()(const Output& action) const { return "output:" + std::to_string(action.port); }
  std::string operator()(const OutputGroup& action) const { return "group:" + std::to_string(action.group); }
  std::string operator()(const SetField& action) const {
    std::string text = "set_field:" + value_of(action.field, action.value);
    if (action.mask != net::full_mask(action.field)) text += "/" + value_of(action.field, action.mask);
    return text + "->" + net::name(action.field);
  }
  std::string operator()(const LoadRegister& action) const {
    return "set_field:" + hex(action.value) + "/" + hex(action.mask) + "->reg" + std::to_string(action.index);
  }
  std::string operator()(const MoveToField& action) const {
    return "move:reg" + std::to_string(action.index) + "->" + net::name(action.field);
  }
  std::string operator()(const MoveToRegister& action) const {
    return std::string("move:") + net::name(action.field) + "->reg" + std::to_string(action.index);
  }
  std::string operator()(const PushVlan& action) const { return "push_vlan:" + hex(action.tpid); }
  std::string operator()(const PopVlan&) const { return "pop_vlan"; }
  std::string operator()(const SetVlanId& action) const { return "mod_vlan_vid:" + std::to_string(action.id); }
  std::string operator()(const EncapNsh&) const { return "encap(nsh(md_type=1))"; }
  std::string operator()(const EncapEthernet&) const { return "encap(ethernet)"; }
  std::string operator()(const Decap&) const { return "decap()"; }
  std::string operator()(const Resubmit& action) const { return "resubmit(," + std::to_string(action.table) + ")"; }
  std::string operator()(const GotoTable& action) const { return "goto_table:" + std::to_string(action.table); }
  std::string operator()(const Clone& action) const { return "clone(" + join(action.actions) + ")"; }
};

template <typename Actions>
std::string join(const Actions& actions) {
  std::string text;
  for (const auto& action : actions) text += (text.empty() ? "" : ",") + std::visit(Printer{}, action);
  return text;
}

}  // namespace

std::string to_string(const Match& match) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ",") + part; };
  if (match.in_port) add("in_port=" + std::to_string(*match.in_port));
  for (const RegisterTest& test : match.registers) {
    std::string part = "reg" + std::to_string(test.index) + "=" + hex(test.value);
    if (test.mask != 0xffffffff) part += "/" + hex(test.mask);
    add(part);
  }
  if (!match.headers.empty()) add(net::to_string(match.headers));
  if (!match.foreign.empty()) add("(and more, " + std::to_string(match.foreign.size()) + " bytes in all)");
  return text;
}

std::string to_string(const Action& action) {
  return std::visit(Printer{}, action);
}

std::string to_string(const Flow& flow) {
  std::string text = "table=" + std::to_string(flow.key.table) + ",priority=" + std::to_string(flow.key.priority) +
                     ",cookie=" + hex(flow.cookie);
  const std::string match = to_string(flow.key.match);
  if (!match.empty()) text += "," + match;
  text += ",actions=" + (flow.actions.empty() ? "drop" : join(flow.actions));
  return flow.foreign.empty() ? text : text + " (and more: " + flow.foreign + ")";
}

}  // namespace superspan::openflow
