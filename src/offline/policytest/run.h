// SPDX-License-Identifier: Apache-2.0
// Runs a policy test: every packet through all three engines, which are held against each other and against what the
// file expects.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "offline/byte_source.h"
#include "offline/policytest/parser.h"

namespace superspan::offline::policytest {

struct Outcome {
  std::size_t line = 0;
  std::string statement;
  std::string expected;                  // "web dns", "none", "dns 12 of 40"
  std::string got;                       // the same as the reference engine has it
  std::vector<std::string> differences;  // engines that disagree, one sentence each; at most kDifferencesShown
  std::uint64_t differences_count = 0;
  [[nodiscard]] bool passed() const { return expected == got && differences_count == 0; }
};
inline constexpr std::size_t kDifferencesShown = 3;

using OpenCapture = std::function<base::Result<std::unique_ptr<ByteSource>>(const std::string& path)>;

// One outcome a check, in order. Errors: a capture that cannot be read (kInvalid, kNotFound, place: file:line), too
// many rules for a switch (kLimit).
[[nodiscard]] base::Result<std::vector<Outcome>> run(const PolicyTest& test, const std::string& name,
                                                     const OpenCapture& open);

}  // namespace superspan::offline::policytest
