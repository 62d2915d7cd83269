// SPDX-License-Identifier: Apache-2.0
// From the options of `superspan capture` to the policy that it asks the controller for.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"

namespace superspan::cli {

// A capture always ends by itself; so long it runs when nothing else is said.
inline constexpr std::chrono::seconds kCaptureDuration = std::chrono::minutes(15);

struct CaptureRequest {
  std::string name;        // "capture-3fa9c1" unless given
  std::string expression;  // the words joined with spaces
  std::vector<std::string> taps;
  std::vector<std::string> tools;
  std::string target;  // of -w; see packet_sink.h
  std::chrono::seconds duration = kCaptureDuration;
  std::uint64_t packets = 0;  // 0: no limit
  std::uint64_t snaplen = 0;  // 0: whole packets
  std::string owner;
  std::string reason;
  std::string ticket;
  bool stream = true;  // a node keeps the packets for us; false when only tool ports get them
};

// `node_names` decide whether --to names a node (then the packets come here) or tool ports only. kInvalid for -w
// together with tool ports only.
[[nodiscard]] base::Result<CaptureRequest> capture_request(const Invocation& invocation,
                                                           std::span<const std::string> node_names);
// The body of PUT /v1/policies/{name}.
[[nodiscard]] boost::json::value policy_of(const CaptureRequest& request);

}  // namespace superspan::cli
