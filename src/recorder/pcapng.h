// SPDX-License-Identifier: Apache-2.0
// Writes pcapng blocks (IETF draft-ietf-opsawg-pcapng, sections 3 and 4) into a buffer; no I/O. docs/formats/pcapng.md
// says which blocks and options a recording has and why.
//
// Byte order is little-endian, time is nanoseconds since 1970 UTC (if_tsresol 9), link type is Ethernet. Every call
// appends whole blocks, so that the buffer may be written to a file after any call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"

namespace superspan::recorder {

struct InterfaceBlock {
  std::string name;
  std::string description;    // may be empty
  std::string filter;         // expression in the words of the user; may be empty
  std::uint32_t snaplen = 0;  // bytes kept of each packet; 0: all
};

struct PacketBlock {
  std::uint32_t interface = 0;  // as PcapngWriter::interface returned it
  base::WallTime time;
  std::uint32_t original_length = 0;  // bytes on the wire, >= bytes.size()
  std::uint64_t lost_before = 0;      // packets of this interface lost since its previous packet
  std::string_view comment;           // may be empty
  base::BytesView bytes;
};

// Counts since `start`.
struct StatisticsBlock {
  std::uint32_t interface = 0;
  base::WallTime start;
  base::WallTime end;
  std::uint64_t received = 0;        // isb_ifrecv
  std::uint64_t device_dropped = 0;  // isb_ifdrop
  std::uint64_t accepted = 0;        // isb_filteraccept
  std::uint64_t os_dropped = 0;      // isb_osdrop
  std::uint64_t delivered = 0;       // isb_usrdeliv
  std::string comment;               // may be empty
};

// Texts longer than an option can hold (65,535 bytes) are cut at a character. Not thread-safe.
class PcapngWriter {
 public:
  // Begins a section; interfaces are numbered from 0 again.
  void section(std::string_view comment, std::string_view application);
  std::uint32_t interface(const InterfaceBlock& block);  // its number
  void packet(const PacketBlock& block);
  void statistics(const StatisticsBlock& block);

  [[nodiscard]] const base::Bytes& view() const { return out_; }
  void clear() { out_.clear(); }  // keeps the memory

 private:
  std::uint32_t interfaces_ = 0;
  base::Bytes out_;
};

}  // namespace superspan::recorder
