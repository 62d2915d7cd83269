// SPDX-License-Identifier: Apache-2.0
// Cuts a pcapng stream (draft-ietf-opsawg-pcapng) into whole blocks while it arrives, and counts what is in them. What
// is passed on ends at a block's end, so a file stays readable when the stream breaks in the middle of a block.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace superspan::cli {

struct CaptureTotals {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // as captured, without pcapng's own
  // From the newest statistics of each interface: the sum of isb_osdrop, and the largest isb_ifdrop, because all taps
  // come through one port of the node and each interface repeats what that port lost.
  std::uint64_t dropped = 0;
};

// One packet while it passes; the views live as long as the call.
struct PcapngPacket {
  std::string_view interface;  // if_name, or empty
  std::uint64_t time_ns = 0;   // since 1970-01-01 UTC
  std::uint32_t wire_bytes = 0;
  base::BytesView frame;
};

class PcapngMeter {
 public:
  using OnPacket = std::function<void(const PcapngPacket&)>;

  // Takes the next bytes of the stream and returns the whole blocks that they complete; the view lives until the next
  // call. kInvalid if this is no pcapng (a block that is longer than 16 MiB included).
  [[nodiscard]] base::Result<base::BytesView> feed(base::BytesView chunk, const OnPacket& on_packet = {});

  [[nodiscard]] CaptureTotals totals() const;
  // True if no block is half there.
  [[nodiscard]] bool at_block_end() const { return buffer_.size() == given_; }

 private:
  struct Head {
    std::uint32_t type = 0;
    std::size_t length = 0;  // 0: not all of it is there yet
  };
  [[nodiscard]] base::Result<Head> head(base::BytesView rest);
  struct Interface {
    std::string name;
    std::uint64_t ticks_per_second = 1'000'000;
    std::uint64_t port_dropped = 0;
    std::uint64_t system_dropped = 0;
  };
  void take(std::uint32_t type, base::BytesView block, const OnPacket& on_packet);
  template <typename Take>
  void each_option(base::ByteReader& reader, const Take& take) const;
  void take_interface(base::BytesView body);
  void take_packet(base::BytesView body, const OnPacket& on_packet);
  void take_statistics(base::BytesView body);
  [[nodiscard]] std::uint16_t order(std::uint16_t value) const;
  [[nodiscard]] std::uint32_t order(std::uint32_t value) const;
  [[nodiscard]] std::uint64_t order(std::uint64_t value) const;

  base::Bytes buffer_;     // from the first byte that was not yet given out by an earlier call
  std::size_t given_ = 0;  // bytes of buffer_ returned by the last call
  bool little_endian_ = true;
  bool in_section_ = false;
  std::vector<Interface> interfaces_;  // of this section
  CaptureTotals totals_;               // without the drops of this section
};

}  // namespace superspan::cli
