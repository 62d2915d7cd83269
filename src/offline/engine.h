// SPDX-License-Identifier: Apache-2.0
// Three ways to decide which expressions want a frame. They agree, or one of them is wrong.
//
//   reference  policy::Evaluator: slow and obvious
//   bpf        libpcap's own program, not optimised; the reference for what libpcap cannot say
//   switch     what a fabric of one switch delivers to a node: compiled tables in the simulator, NSH, and the residuals
//              as the node runs them. All expressions are in force at once and overlap in the tables.
//
// `switch` shows what docs/policy-language.md says about runts and IEEE 802.2 SNAP; else all three are `tcpdump -O`.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "fabric/policy.h"

namespace superspan::offline {

enum class EngineKind : std::uint8_t { kReference, kSwitch, kBpf };
inline constexpr std::array kEngineKinds{EngineKind::kReference, EngineKind::kSwitch, EngineKind::kBpf};
[[nodiscard]] const char* to_string(EngineKind kind);  // "reference"

struct Frame {
  base::BytesView bytes;              // what was captured
  std::uint32_t original_length = 0;  // on the wire
};

inline constexpr std::size_t kExpressionsMax = fabric::kPoliciesMax;
using Wanted = std::bitset<kExpressionsMax>;  // bit i: the i-th expression keeps the frame

struct Verdict {
  Wanted wanted;
  // Only told by the reference: tcpdump itself has no fixed answer, see policy::Evaluator::Answer.
  Wanted undefined;
};

// Not thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  // kInternal if the fabric does what no fabric should do (a defect of superspan).
  [[nodiscard]] virtual base::Result<Verdict> judge(const Frame& frame) = 0;
};

// At most kExpressionsMax expressions; `names` may be null. Errors: kInvalid with the mark into an expression, kLimit.
[[nodiscard]] base::Result<std::unique_ptr<Engine>> make_engine(EngineKind kind,
                                                                std::span<const std::string> expressions,
                                                                const std::shared_ptr<const policy::Names>& names = {});

}  // namespace superspan::offline
