// SPDX-License-Identifier: Apache-2.0
// The life of one capture after its policy is made: follow it until it ends, whoever ends it.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/capture_request.h"
#include "cli/controller.h"
#include "cli/packet_sink.h"
#include "cli/pcapng_meter.h"
#include "cli/terminal.h"

namespace superspan::cli {

// Tells it from a later one of the same name: "17.2", in quotes, as the API's ETag.
[[nodiscard]] std::string entity_tag_of(const boost::json::value& policy);

struct CaptureRun {
  const CaptureRequest& request;
  Controller& controller;
  Terminal& terminal;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point start_wall = std::chrono::system_clock::now();

  std::string entity_tag = {};  // of the policy that this capture made; empty before
  bool removed = false;         // or found replaced: there is nothing to take away any more
  bool unanswered = false;      // an attempt to remove it may have worked
  std::optional<std::vector<std::string>> unconfirmed = {};  // removed, but not confirmed by these switches or others
  std::optional<boost::json::value> last_counters = {};      // what its removal told

  bool in_force = false;    // was so at some look
  bool refused = false;     // by a switch: it never will be
  std::string waits_for{};  // the controller's words of the last look at which it was not in force

  // What the controller's answer says of these three; `look` asks it. While it does not answer, they stay.
  void note(const boost::json::value& policy);
  void look();
  // The outcome of a capture that brought no packet: an error if its policy never was in force.
  [[nodiscard]] base::Status in_vain(base::Status status) const;

  [[nodiscard]] bool is_own(const boost::json::value& policy) const { return entity_tag_of(policy) == entity_tag; }
  // The policy is taken away, unless somebody else did that or put another in its place, which is told and left alone.
  // The hint of an error says what becomes of it.
  [[nodiscard]] base::Status remove_policy();
  // After a PUT without an answer: takes away what that made. The text, if there is one, says what may remain.
  [[nodiscard]] std::string reclaim();
  // What to tell when the controller is away or back: "superspand at ... does not answer; ...", with a line break.
  [[nodiscard]] std::string tell(bool controller_answers) const;
  // "within 14m"
  [[nodiscard]] std::string time_left() const;
};

// Reads the policy's stream from its node and writes it to `sink` until the node ends it (count or duration reached),
// the person interrupts (the policy is removed and the rest of the stream awaited) or nobody reads the sink any more.
// Waits for a node that does not know of the policy yet. Totals so far are in `totals` also when it fails. kUnavailable
// when the node breaks off.
[[nodiscard]] base::Status follow_stream(CaptureRun& run, PacketSink& sink, CaptureTotals& totals);

// What left the fabric by the `hops` of a policy's statistics.
[[nodiscard]] CaptureTotals delivered(const boost::json::value& statistics);

// For tool ports: looks at the counters each second until the policy has ended or the person interrupts.
[[nodiscard]] base::Status watch_counters(CaptureRun& run, CaptureTotals& totals);

}  // namespace superspan::cli
