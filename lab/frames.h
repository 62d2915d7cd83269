// SPDX-License-Identifier: Apache-2.0
// Frames that no kernel device here can make (tagged, double-tagged, fragments on demand), as bytes with right lengths
// and checksums, and the raw socket that sends them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "lab/file.h"
#include "net/address.h"

namespace superspan::lab {

struct VlanTag {
  std::uint16_t protocol = 0x8100;  // or 0x88a8
  std::uint16_t tci = 0;            // priority (3 bits), DEI (1), VLAN id (12)
};

enum class Content : std::uint8_t {
  kUdp,
  kTcp,            // a SYN
  kIcmp,           // echo request, version 4 or 6
  kSctp,           // an INIT without parameters
  kFirstFragment,  // of a UDP datagram: has the ports
  kLaterFragment,  // has none
  kArp,            // a request; IPv4 only
};

struct FrameSpec {
  net::MacAddress source;
  net::MacAddress destination;
  std::vector<VlanTag> tags;  // outermost first
  bool ipv6 = false;
  Content content = Content::kUdp;
  std::string source_ip;  // of the version that `ipv6` says
  std::string destination_ip;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;  // in the payload (IP identification for later fragments): makes frames distinct
};

// kInvalid if an address does not parse, or ARP is asked for with IPv6.
[[nodiscard]] base::Result<base::Bytes> make_frame(const FrameSpec& spec);

// Where sample frames go. The destination MAC should be nobody's, so that no router carries them on.
struct FrameEnds {
  net::MacAddress source_mac;
  net::MacAddress destination_mac;
  std::string source_ipv4;
  std::string destination_ipv4;
  std::string source_ipv6;
  std::string destination_ipv6;
};

// Every content in both IP versions, each with no tag, one tag, a priority tag, two 0x8100 tags, and 0x88a8 + 0x8100.
// Ports vary with the content (UDP 53, TCP 443, ...). All frames of one call, and of calls with other sequences,
// differ.
[[nodiscard]] base::Result<std::vector<base::Bytes>> sample_frames(const FrameEnds& ends, std::uint32_t sequence);

// A raw socket on a device of the calling thread's network namespace.
class FrameSender {
 public:
  [[nodiscard]] static base::Result<FrameSender> open(const std::string& device);
  [[nodiscard]] base::Status send(base::BytesView frame);

 private:
  explicit FrameSender(File socket) : socket_(std::move(socket)) {}
  File socket_;
};

}  // namespace superspan::lab
