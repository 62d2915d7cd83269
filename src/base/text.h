// SPDX-License-Identifier: Apache-2.0
// Text from a stream that may be endless.
#pragma once

#include <cstddef>
#include <istream>
#include <string>

namespace superspan::base {

// What is left of `in`, but no more than `limit_bytes` + 1 bytes: a text that is longer than the limit is too long, and
// who reads it sees that from its size.
[[nodiscard]] inline std::string read_text(std::istream& in, std::size_t limit_bytes) {
  std::string text(limit_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace superspan::base
