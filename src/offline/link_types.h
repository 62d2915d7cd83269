// SPDX-License-Identifier: Apache-2.0
// Names of link types, for the error about a capture that is not Ethernet (https://www.tcpdump.org/linktypes.html).
#pragma once

#include <cstdint>
#include <string>

namespace superspan::offline {

inline constexpr std::uint32_t kLinkEthernet = 1;

// "LINUX_SLL (113, Linux \"cooked\" capture)", "link type 4711" for those that have no name here.
[[nodiscard]] std::string link_type_name(std::uint32_t type);

}  // namespace superspan::offline
