// SPDX-License-Identifier: Apache-2.0
// From the words of a packet to its bytes.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "offline/policytest/syntax.h"

namespace superspan::offline::policytest {

struct MadeFrame {
  base::Bytes bytes;                  // what was captured
  std::uint32_t original_length = 0;  // on the wire
};

// `words` are those between `packet` and `=>`; `start` is the word `packet`, where an error about the whole stands.
[[nodiscard]] base::Result<MadeFrame> read_packet(const Source& source, const Word& start, std::span<const Word> words);

}  // namespace superspan::offline::policytest
