// SPDX-License-Identifier: Apache-2.0
// Any bytes as a recording.
#include <cstdlib>

#include "recorder/pcapng_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto contents = superspan::recorder::read_pcapng(std::as_bytes(std::span(data, size)));
  if (!contents) return 0;
  if (contents->whole_blocks_bytes > size) std::abort();
  for (const auto& packet : contents->packets) {
    if (packet.interface >= contents->interfaces.size() || packet.bytes.size() > size) std::abort();
  }
  return 0;
}
