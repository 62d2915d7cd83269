// SPDX-License-Identifier: Apache-2.0
// Flows as plain values: what the fabric wants in a switch, without a wire format. The codec turns them into OpenFlow
// 1.0 to 1.5 (with Open vSwitch's extensions) and back.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "net/field.h"

namespace superspan::openflow {

using PortNumber = std::uint32_t;  // OpenFlow 1.1+ numbering; reserved ports from 0xffffff00
using DatapathId = std::uint64_t;

inline constexpr std::size_t kRegisterCount = 16;  // Open vSwitch: reg0 to reg15, 32 bits each

struct RegisterTest {
  std::uint8_t index;   // 0 to 15
  std::uint32_t value;  // (value & ~mask) == 0
  std::uint32_t mask;   // not 0
  friend auto operator<=>(const RegisterTest&, const RegisterTest&) = default;
};

struct Match {
  std::optional<PortNumber> in_port;
  std::vector<RegisterTest> registers;  // sorted by index, at most one each
  net::Cube headers;
  // Empty in every flow that we make. Else the whole match, encoded (OXM; NXM in OpenFlow 1.0): a switch reported a
  // match that has no value here. It compares unequal to all of ours, and kDeleteStrict with it removes exactly that
  // flow.
  std::string foreign = {};
  friend auto operator<=>(const Match&, const Match&) = default;
};

// --- actions, applied in order (instruction apply-actions, or the action list of OpenFlow 1.0) ---
struct Output {
  PortNumber port;
  friend auto operator<=>(const Output&, const Output&) = default;
};
struct OutputGroup {
  std::uint32_t group;
  friend auto operator<=>(const OutputGroup&, const OutputGroup&) = default;
};
struct SetField {  // whole field, or the bits of mask
  net::Field field;
  net::U128 value;
  net::U128 mask;
  friend auto operator<=>(const SetField&, const SetField&) = default;
};
struct LoadRegister {  // the bits of mask get the bits of value
  std::uint8_t index;
  std::uint32_t value;
  std::uint32_t mask;
  friend auto operator<=>(const LoadRegister&, const LoadRegister&) = default;
};
struct MoveToField {  // register -> header field, both 32 bits
  std::uint8_t index;
  net::Field field;
  friend auto operator<=>(const MoveToField&, const MoveToField&) = default;
};
struct MoveToRegister {  // header field -> register, both 32 bits
  net::Field field;
  std::uint8_t index;
  friend auto operator<=>(const MoveToRegister&, const MoveToRegister&) = default;
};
struct PushVlan {  // a new outer tag with VLAN id 0
  std::uint16_t tpid;
  friend auto operator<=>(const PushVlan&, const PushVlan&) = default;
};
struct PopVlan {
  friend auto operator<=>(const PopVlan&, const PopVlan&) = default;
};
struct SetVlanId {  // rewrites the outer id; OpenFlow 1.0 semantics: adds a tag to an untagged frame
  std::uint16_t id;
  friend auto operator<=>(const SetVlanId&, const SetVlanId&) = default;
};
struct EncapNsh {  // MD type 1
  friend auto operator<=>(const EncapNsh&, const EncapNsh&) = default;
};
struct EncapEthernet {
  friend auto operator<=>(const EncapEthernet&, const EncapEthernet&) = default;
};
struct Decap {  // the outermost header: Ethernet before NSH, then NSH
  friend auto operator<=>(const Decap&, const Decap&) = default;
};
struct Resubmit {  // run a table and come back (Open vSwitch)
  std::uint8_t table;
  friend auto operator<=>(const Resubmit&, const Resubmit&) = default;
};
struct GotoTable {  // must be last
  std::uint8_t table;
  friend auto operator<=>(const GotoTable&, const GotoTable&) = default;
};
struct Clone;  // runs its actions on a copy; packet, registers and metadata are as before afterwards (Open vSwitch)

using SimpleAction = std::variant<Output, OutputGroup, SetField, LoadRegister, MoveToField, MoveToRegister, PushVlan,
                                  PopVlan, SetVlanId, EncapNsh, EncapEthernet, Decap, Resubmit, GotoTable>;
struct Clone {
  std::vector<SimpleAction> actions;
  friend auto operator<=>(const Clone&, const Clone&) = default;
};
using Action = std::variant<Output, OutputGroup, SetField, LoadRegister, MoveToField, MoveToRegister, PushVlan, PopVlan,
                            SetVlanId, EncapNsh, EncapEthernet, Decap, Resubmit, GotoTable, Clone>;

// A flow's identity in a switch is (table, priority, match); the rest is what it does.
struct FlowKey {
  std::uint8_t table = 0;
  std::uint16_t priority = 0;
  Match match;
  friend auto operator<=>(const FlowKey&, const FlowKey&) = default;
};
struct Flow {
  FlowKey key;
  std::uint64_t cookie = 0;
  std::vector<Action> actions;  // empty: drop
  // Empty in every flow that we make. Else what a switch reported that has no value here (actions, instructions,
  // timeouts, flags), in ovs-ofctl's words. Such a flow cannot be sent, only deleted.
  std::string foreign = {};
  friend bool operator==(const Flow&, const Flow&) = default;
};

// One flow as a switch reports it.
struct FlowStatistics {
  Flow flow;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

// Which flows: those whose cookie has these bits.
struct CookieFilter {
  std::uint64_t value = 0;
  std::uint64_t mask = 0;  // 0: all flows
  [[nodiscard]] bool all() const { return mask == 0; }
  [[nodiscard]] bool covers(std::uint64_t cookie) const { return (cookie & mask) == value; }
  friend bool operator==(const CookieFilter&, const CookieFilter&) = default;
};

enum class FlowCommand : std::uint8_t { kAdd, kDeleteStrict };
struct FlowMod {
  FlowCommand command = FlowCommand::kAdd;  // kAdd replaces a flow with the same key; kDeleteStrict needs only the key
  Flow flow;
};

// ovs-ofctl's words: "table=1,priority=100,cookie=0x..,in_port=3,tcp,...,actions=...". For people and tests.
[[nodiscard]] std::string to_string(const Match& match);
[[nodiscard]] std::string to_string(const Action& action);
[[nodiscard]] std::string to_string(const Flow& flow);

}  // namespace superspan::openflow
