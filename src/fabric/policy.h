// SPDX-License-Identifier: Apache-2.0
// A policy as the fabric sees it: compiled, numbered, and with its bit. Values; the store persists all but `compiled`.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/nsh.h"
#include "policy/compile.h"

namespace superspan::fabric {

// The bit that stands for a policy in every copy. Policies live in namespaces 0 to 2; namespace 3 belongs to the fabric
// (see pipeline.h, shared tools). The NSH service path identifier of a namespace is 1 + its number.
struct Slot {
  std::uint8_t name_space = 0;
  std::uint8_t bit = 0;  // 0 to 63
  friend auto operator<=>(const Slot&, const Slot&) = default;
};
inline constexpr unsigned kPolicyNamespaces = 3;
inline constexpr unsigned kToolNamespace = 3;
inline constexpr std::size_t kPoliciesMax = std::size_t{kPolicyNamespaces} * net::kPolicyBits;
[[nodiscard]] constexpr std::uint32_t service_path(unsigned name_space) {
  return 1 + name_space;
}

// The slot for a new policy: the first free one behind `latest` (the slot given last), so that a bit rests as long as
// possible before it means something else; a namespace is opened only when those before it are full. kLimit if none.
[[nodiscard]] base::Result<Slot> choose_slot(std::span<const Slot> taken, std::optional<Slot> latest);

class Topology;

// How expressions are to be compiled for this fabric: with VLAN encapsulation there are no nodes to finish the work,
// and a rule that lets damaged frames through would cost matches that these switches do not have.
[[nodiscard]] policy::CompileOptions compile_options(const Topology& topology);

struct Limits {  // 0: none
  std::uint64_t duration_s = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const Limits&, const Limits&) = default;
};

// Invariant kept by the caller: a slot and number name one expression, set of taps and set of destinations. Who edits
// any of these gives the policy a new slot, number and from_epoch (copies under way still carry the old bit); changing
// the other members needs no new slot.
struct Policy {
  std::string name;
  std::uint32_t number = 0;  // 24 bits, not 0, never reused
  Slot slot;
  std::uint32_t from_epoch = 0;  // the epoch in which it got the slot
  std::shared_ptr<const policy::CompiledPolicy> compiled;
  std::vector<std::string> taps;   // names; empty: any tap
  std::vector<std::string> tools;  // names of tools and nodes; empty: one node, chosen by number
  bool record = false;             // what a node does with its copies
  bool stream = false;
  std::uint32_t snaplen = 0;  // bytes a node keeps of each packet; 0: all
  Limits limits;
  std::string owner;
  std::string reason;
  std::string ticket;
  std::string created;        // RFC 3339, for people; carried to the nodes as it is
  base::WallTime created_at;  // the duration limit counts from here
};

// True if a node has the same to do for both.
[[nodiscard]] bool same_for_nodes(const Policy& left, const Policy& right);

// The policies that shall be in force. `epoch` grows by one with each change of the set.
struct PolicySet {
  std::uint32_t epoch = 0;
  std::vector<Policy> policies;
};

}  // namespace superspan::fabric
