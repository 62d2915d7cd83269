// SPDX-License-Identifier: Apache-2.0
// A regular expression over the bytes of a packet, compiled by Hyperscan.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace superspan::policy {

class Regex {
 public:
  // `flags` of i (any case), s (a dot is any byte) and m (^ and $ also match at lines). kInvalid for what Hyperscan
  // does not understand, kLimit for what repeats so often that compiling would take long: with nested repetitions
  // written out, a pattern has at most 4,096 places.
  [[nodiscard]] static base::Result<Regex> compile(const std::string& pattern, const std::string& flags);
  // True if it matches somewhere in `bytes`. Never allocates; any thread may ask.
  [[nodiscard]] bool found_in(base::BytesView bytes) const;

 private:
  struct Program;
  explicit Regex(std::shared_ptr<Program> program) : program_(std::move(program)) {}
  std::shared_ptr<Program> program_;
};

}  // namespace superspan::policy
