// SPDX-License-Identifier: Apache-2.0
// A policy test file: policies, packets and captures, and what is expected of them. docs/formats/policytest.md is the
// reference. Pure: captures are only named here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "offline/engine.h"
#include "offline/policytest/packet_words.h"

namespace superspan::offline::policytest {

inline constexpr std::size_t kFileBytesMax = 1 << 20;
inline constexpr std::size_t kPacketBytesMax = 64 << 20;  // of all packets of a file together

struct Policy {
  std::string name;
  std::string expression;
};

struct PacketCheck {
  MadeFrame frame;
  Wanted expected;
};

struct CaptureCheck {
  std::string path;  // as written
  struct Count {
    bool all = false;
    std::uint64_t kept = 0;
    std::optional<std::uint64_t> total;
  };
  std::vector<Count> counts;  // of each policy
};

struct Check {
  std::size_t line = 0;
  std::string statement;  // as written, in one line
  Wanted relevant;        // the policies that the check is about: all, unless it ends in "..."
  std::variant<PacketCheck, CaptureCheck> what;
};

struct PolicyTest {
  std::vector<Policy> policies;
  std::vector<Check> checks;
  std::shared_ptr<const policy::Names> names;  // of the policies; may be null
};

// Errors are kInvalid with the place in the text and what to write instead. `name` is the file's, for places.
[[nodiscard]] base::Result<PolicyTest> parse(std::string_view text, const std::string& name,
                                             std::shared_ptr<const policy::Names> names = nullptr);

}  // namespace superspan::offline::policytest
