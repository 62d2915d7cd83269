// SPDX-License-Identifier: Apache-2.0
// Packets as lines of our own, for terminals without tcpdump:
//
//   12:34:56.789012345 leaf1-spine1  10.0.0.1.53211 > 10.0.0.2.53: udp, 74 bytes
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli/packet_sink.h"

namespace superspan::cli {

// One frame without its time: "10.0.0.1.53211 > 10.0.0.2.53: udp". Addresses and ports as tcpdump writes them.
[[nodiscard]] std::string summary(base::BytesView frame);

[[nodiscard]] std::unique_ptr<PacketSink> make_packet_lines(const Terminal& terminal);

}  // namespace superspan::cli
