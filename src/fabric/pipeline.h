// SPDX-License-Identifier: Apache-2.0
// The pipeline of a switch that has tables, registers and NSH (profile ovs); docs/openflow-pipeline.md shows one.
//
//   table     holds                       runs for
//   0         classify: by port           everything; what is no tap and no fabric frame ends here
//   1-192     match: one colour each      packets from taps; a rule that accepts sets the bit of its policy
//   200-203   one a namespace             packets from taps with bits of the namespace: route them, then encapsulate
//   204-211   route: two a namespace      a set bit adds its out-ports; its counter is the policy's exact counter here
//   212-215   one a namespace             encapsulate and send, if there are out-ports for fabric frames
//   216, 217  fabric out-ports 0-31, 32-63
//   218, 219  plain out-ports 0-31, 32-63
//   220       decapsulate copies that came over a link, if a plain out-port wants them
//
// Registers: 0-7 policy bits (namespace n: 2n bits 0-31, 2n+1 bits 32-63), 8 tap id, 9-10 plain out-ports,
// 11-12 fabric out-ports, 13-14 the bits of a namespace that are routed already.
//
// Tables are run with resubmit, each by a flow that lists those that can matter, so a miss does nothing. Route and
// out-port tables handle one bit and run themselves again until none is left: at most 32 levels (Open vSwitch: 64).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "fabric/desired.h"
#include "fabric/wanted.h"

namespace superspan::fabric {

inline constexpr std::uint8_t kClassifyTable = 0;
inline constexpr std::uint8_t kMatchTable = 1;        // + colour
inline constexpr std::uint8_t kNamespaceTable = 200;  // + namespace
inline constexpr std::uint8_t kRouteTable = 204;      // + 2 * namespace + bit / 32
inline constexpr std::uint8_t kEncapTable = 212;      // + namespace
inline constexpr std::uint8_t kFabricOutTable = 216;  // + bit / 32
inline constexpr std::uint8_t kPlainOutTable = 218;   // + bit / 32
inline constexpr std::uint8_t kDecapTable = 220;
static_assert(kMatchTable + kPoliciesMax < kNamespaceTable, "there is a match table even if all policies overlap");

inline constexpr std::uint8_t kTapRegister = 8;
inline constexpr std::uint8_t kPlainOutRegister = 9;    // + bit / 32
inline constexpr std::uint8_t kFabricOutRegister = 11;  // + bit / 32
inline constexpr std::uint8_t kRoutedRegister = 13;     // + bit / 32

inline constexpr std::uint16_t kMatchPriority = 0x8000;   // of the first rule of a decision list; later ones go down
inline constexpr std::size_t kRulesMax = kMatchPriority;  // of one policy

// Outer addresses of fabric frames: locally administered, the same everywhere.
inline constexpr std::uint64_t kFabricDestination = 0x0200000000ff;
inline constexpr std::uint64_t kFabricSource = 0x0200000000fe;

// Where a bit is: a register and a mask of one bit.
struct RegisterBit {
  std::uint8_t index = 0;
  std::uint32_t mask = 0;
  friend bool operator==(const RegisterBit&, const RegisterBit&) = default;
};
[[nodiscard]] RegisterBit policy_bit(unsigned name_space, unsigned bit);
[[nodiscard]] RegisterBit plain_bit(unsigned bit);
[[nodiscard]] RegisterBit fabric_bit(unsigned bit);
[[nodiscard]] std::uint8_t route_table(unsigned name_space, unsigned bit);

// Makes the flows of any switch in any version, and hands out the same block as long as it stays the same. Not
// thread-safe.
class Pipeline {
 public:
  Pipeline(const Topology& topology, const WantedMaker& maker) : topology_(topology), maker_(maker) {}

  // Whether rules and bits suffice: kLimit, place: the policy's or tool's name.
  [[nodiscard]] base::Status check(const Wanted& wanted) const;
  // Precondition: check() succeeded.
  [[nodiscard]] DesiredFlows flows(const Wanted& wanted, SwitchIndex at);

 private:
  struct MatchInputs {
    std::shared_ptr<const policy::CompiledPolicy> compiled;
    unsigned colour = 0;
    std::vector<openflow::PortNumber> ports;  // empty: any
    std::vector<openflow::Action> set_bits;
    friend bool operator==(const MatchInputs&, const MatchInputs&) = default;
  };
  struct RouteInputs {
    Slot slot;
    Hop hop;
    friend bool operator==(const RouteInputs&, const RouteInputs&) = default;
  };
  template <typename Inputs>
  struct Remembered {
    Inputs inputs;
    std::shared_ptr<const FlowBlock> block;
  };
  using Place = std::pair<SwitchIndex, std::uint32_t>;  // switch, policy number

  [[nodiscard]] std::shared_ptr<const FlowBlock> match_block(const Wanted& wanted, const WantedPolicy& policy,
                                                             SwitchIndex at);
  [[nodiscard]] std::shared_ptr<const FlowBlock> route_block(const WantedPolicy& policy, SwitchIndex at,
                                                             const Hop& hop);

  const Topology& topology_;
  const WantedMaker& maker_;
  std::map<Place, Remembered<MatchInputs>> matches_;
  std::map<Place, Remembered<RouteInputs>> routes_;
};

}  // namespace superspan::fabric
