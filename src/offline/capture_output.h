// SPDX-License-Identifier: Apache-2.0
// Packets of a reader as a capture again, in memory; no I/O. What is kept of a packet: bytes, time, both lengths; in
// pcapng also its interface with name and snaplen, its comment, and how many packets were lost before it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "offline/capture_reader.h"

namespace superspan::offline {

enum class CaptureFormat : std::uint8_t { kPcap, kPcapng };

// ".pcap" and ".cap" mean pcap, all else pcapng.
[[nodiscard]] CaptureFormat format_of(const std::string& path);

class CaptureOutput {
 public:
  virtual ~CaptureOutput() = default;
  // Takes over what the reader has told so far about the file. Call it once, before the first packet.
  virtual void begin() = 0;
  virtual void add(const CaptureFrame& frame) = 0;
  // A packet that is not kept; what was lost before it is told by the next one that is.
  virtual void skip(const CaptureFrame& frame) = 0;
  // After the last packet: what an empty capture lacks yet.
  virtual void end() = 0;
  // Whole records or blocks since clear().
  [[nodiscard]] virtual const base::Bytes& view() const = 0;
  virtual void clear() = 0;
};

// `expression` is noted in pcapng files. A pcap has the time unit and snaplen of the input, as tcpdump -w does it; made
// from pcapng, nanoseconds and the longest snaplen there is. `reader` must outlive the output.
[[nodiscard]] std::unique_ptr<CaptureOutput> make_output(CaptureFormat format, const CaptureReader& reader,
                                                         std::string expression);

}  // namespace superspan::offline
