// SPDX-License-Identifier: Apache-2.0
// One capture of one policy as a pcapng section: header with the reasons for the capture, one interface a tap, packets
// with a comment where a new epoch begins, statistics at the end. Files and live streams are both made of this; no I/O.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "recorder/pcapng.h"

namespace superspan::recorder {

// Why there is a capture. Empty texts are left out of the header.
struct CaptureInfo {
  std::string policy;
  std::string expression;
  std::string owner;
  std::string reason;
  std::string ticket;
  std::string node;
  std::uint32_t epoch = 0;
  std::uint32_t snaplen = 0;  // 0: whole packets
  base::WallTime start;
};

struct TapInfo {
  std::string name;
  std::string description;
};

// Of one tap and one policy, since the policy came to this node.
// received >= accepted; accepted = written + queue_dropped + sink_dropped once everything has been drained.
struct TapStatistics {
  std::uint64_t received = 0;       // copies that arrived
  std::uint64_t accepted = 0;       // of them, matched by the residual and within the limits
  std::uint64_t queue_dropped = 0;  // of them, lost in front of this sink
  std::uint64_t sink_dropped = 0;   // of them, lost in this sink
};

// What a writer asks while it writes. Called on the thread of the writer.
class CaptureSource {
 public:
  virtual ~CaptureSource() = default;
  [[nodiscard]] virtual std::vector<std::uint32_t> taps() const = 0;  // those known now
  [[nodiscard]] virtual TapInfo describe(std::uint32_t tap) const = 0;
  [[nodiscard]] virtual TapStatistics statistics(std::uint32_t tap) const = 0;
  // Frames that the port of the node lost, of all taps and policies together.
  [[nodiscard]] virtual std::uint64_t device_dropped() const = 0;
};

struct CapturedPacket {
  base::WallTime time;
  std::uint32_t tap = 0;
  std::uint32_t epoch = 0;
  std::uint32_t original_length = 0;
  std::uint64_t lost_so_far = 0;  // of this tap and sink, up to this packet
  base::BytesView bytes;
};

// Where the previous section ended, so that the next one counts from there.
struct CaptureBaseline {
  base::WallTime time;
  std::uint64_t device_dropped = 0;
  std::map<std::uint32_t, TapStatistics> taps;
  std::map<std::uint32_t, std::uint64_t> lost_shown;  // per tap, already told by some packet
};

// Call begin, packet..., end. Not thread-safe. `source` must outlive the writer.
class CaptureWriter {
 public:
  // `queue` names what queue_dropped means in the statistics: "record_queue_full", "stream_slow".
  CaptureWriter(CaptureInfo info, CaptureSource& source, std::string queue);

  void begin(CaptureBaseline baseline);
  void packet(const CapturedPacket& packet);
  // Statistics of every interface; returns where the next section has to count from.
  [[nodiscard]] CaptureBaseline end(base::WallTime now);

  [[nodiscard]] const base::Bytes& view() const { return out_.view(); }
  void clear() { out_.clear(); }

 private:
  struct Interface {
    std::uint32_t number = 0;
    std::uint64_t written = 0;
  };
  Interface& interface(std::uint32_t tap);

  CaptureInfo info_;
  CaptureSource& source_;
  std::string queue_;
  PcapngWriter out_;
  CaptureBaseline baseline_;
  std::map<std::uint32_t, Interface> interfaces_;
  std::uint32_t newest_epoch_ = 0;
  bool epoch_known_ = false;
};

// "2026-11-21T19:38:04.000000001Z"
[[nodiscard]] std::string to_text(base::WallTime time);

}  // namespace superspan::recorder
