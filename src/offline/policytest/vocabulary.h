// SPDX-License-Identifier: Apache-2.0
// Words of a packet that stand for a number.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace superspan::offline::policytest {

struct Named {
  std::string_view name;
  std::uint8_t number;
};
inline constexpr std::array kProtocols = std::to_array<Named>({{"tcp", 6},
                                                               {"udp", 17},
                                                               {"sctp", 132},
                                                               {"icmp", 1},
                                                               {"icmp6", 58},
                                                               {"igmp", 2},
                                                               {"gre", 47},
                                                               {"esp", 50},
                                                               {"ah", 51},
                                                               {"ospf", 89},
                                                               {"pim", 103},
                                                               {"vrrp", 112}});
inline constexpr std::array kFlags = std::to_array<Named>({{"fin", 0x01},
                                                           {"syn", 0x02},
                                                           {"rst", 0x04},
                                                           {"psh", 0x08},
                                                           {"ack", 0x10},
                                                           {"urg", 0x20},
                                                           {"ece", 0x40},
                                                           {"cwr", 0x80}});
inline constexpr std::array kExtensions =
    std::to_array<Named>({{"hop-by-hop", 0}, {"routing", 43}, {"destination", 60}});

template <std::size_t size>
const Named* find(const std::array<Named, size>& table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Named::name);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace superspan::offline::policytest
