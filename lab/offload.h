// SPDX-License-Identifier: Apache-2.0
// Turns off what a veth pair otherwise leaves to hardware that is not there: transmit checksums, scatter-gather, TSO,
// GSO, GRO and VLAN tags beside the frame. Otherwise a copy carries half-made checksums, 64 KiB frames, or lost outer
// tags.
#pragma once

#include <string>

#include "base/result.h"

namespace superspan::lab {

// For a device of the calling thread's network namespace (ioctl SIOCETHTOOL, linux/ethtool.h).
[[nodiscard]] base::Status turn_off_offloads(const std::string& device);

}  // namespace superspan::lab
