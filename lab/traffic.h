// SPDX-License-Identifier: Apache-2.0
// Modest real traffic between the hosts of the lab: a few small exchanges a second, one after the other, so that it
// costs a small part of one core. Clients are the usual ones (curl, dig, ping, iperf3); tagged frames are ours.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/plan.h"
#include "lab/process.h"

namespace superspan::lab {

inline constexpr unsigned kExchangesPerSecond = 5;
inline constexpr unsigned kIperf3Bytes = 200'000;  // each
inline constexpr const char* kIperf3Rate = "4M";   // bit/s

// One exchange: a command in a namespace, or tagged frames from a host.
struct Exchange {
  std::string about;  // "host1: curl http://10.1.3.2/"
  std::string network_namespace;
  Arguments command;  // empty: frames
  const Host* from = nullptr;
  const Host* to = nullptr;
};

// The round of exchanges that is repeated for ever. Pointers are into the plan.
[[nodiscard]] std::vector<Exchange> traffic_round(const Plan& plan);

// Repeats the round until `stop` is true; it is asked before each exchange. A failed exchange is counted, not an error.
struct TrafficCount {
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::string last_failure;
};
[[nodiscard]] TrafficCount run_traffic(const Plan& plan, const std::function<bool()>& stop);

// Sends the sample frames (lab/frames.h) `rounds` times from a device, each frame different, `gap` apart.
// Gives the number of frames sent.
[[nodiscard]] base::Result<std::uint64_t> send_sample_frames(const std::string& network_namespace,
                                                             const std::string& device, std::uint32_t first_sequence,
                                                             unsigned rounds, std::chrono::microseconds gap);

}  // namespace superspan::lab
