// SPDX-License-Identifier: Apache-2.0
// Reads back what PcapngWriter writes: little-endian pcapng (IETF draft-ietf-opsawg-pcapng) with Ethernet interfaces in
// nanoseconds. A file may end in the middle of a block, as after a crash: everything before that block is returned.
// Blocks and options of other kinds are skipped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace superspan::recorder {

struct ReadInterface {
  std::string name;
  std::string description;
  std::string filter;
  std::uint32_t snaplen = 0;
};

struct ReadPacket {
  std::uint32_t interface = 0;  // index in PcapngContents::interfaces
  base::WallTime time;
  std::uint32_t original_length = 0;
  std::uint64_t lost_before = 0;
  std::string comment;
  base::BytesView bytes;  // borrowed from the input
};

struct ReadStatistics {
  std::uint32_t interface = 0;  // index in PcapngContents::interfaces
  base::WallTime start;
  base::WallTime end;
  std::uint64_t received = 0;
  std::uint64_t device_dropped = 0;
  std::uint64_t accepted = 0;
  std::uint64_t os_dropped = 0;
  std::uint64_t delivered = 0;
  std::string comment;
};

// Of all sections, in file order.
struct PcapngContents {
  std::vector<std::string> section_comments;
  std::vector<std::string> applications;
  std::vector<ReadInterface> interfaces;
  std::vector<ReadPacket> packets;
  std::vector<ReadStatistics> statistics;
  std::size_t whole_blocks_bytes = 0;  // the part of the input that is whole blocks
};

// kInvalid if a whole block contradicts the format, with its offset as place.
[[nodiscard]] base::Result<PcapngContents> read_pcapng(base::BytesView file);

}  // namespace superspan::recorder
