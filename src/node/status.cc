// SPDX-License-Identifier: Apache-2.0
#include "node/status.h"

#include <boost/json/array.hpp>
#include <string>

namespace superspan::node {
namespace {

boost::json::object policy_json(const NodeReport::Policy& policy) {
  const PolicyCounters& count = policy.run->counters;
  return {{"number", policy.run->policy().number},
          {"closed", policy.closed},
          {"limit_reached", policy.run->limit_reached()},
          {"received", count.received.get()},
          {"received_bytes", count.received_bytes.get()},
          {"residual_dropped", count.residual.get()},
          {"limit_dropped", count.limit.get()},
          {"accepted", count.accepted.get()},
          {"delivered", count.delivered.get()},
          {"bytes", count.delivered_bytes.get()},
          {"lost", count.lost.get()},
          {"record_queue_full", count.record_queue_full.get()},
          {"recorded", count.recorded.get()},
          {"recorded_bytes", count.recorded_bytes.get()},
          {"disk_full", count.disk_full.get()},
          {"disk_error", count.disk_error.get()},
          {"stream_dropped", count.stream_slow.get()},
          {"stream_unread", count.stream_unread.get()},
          {"streamed", count.streamed.get()}};
}

boost::json::object frames_json(const FrameCounters& count) {
  return {{"received", count.received.get()},      {"received_bytes", count.received_bytes.get()},
          {"truncated", count.truncated.get()},    {"not_fabric", count.not_fabric.get()},
          {"no_policy", count.no_policy.get()},    {"fabric", count.fabric.get()},
          {"copies", count.copies.get()},          {"unknown_policy", count.unknown_policy.get()},
          {"stale_epoch", count.stale_epoch.get()}};
}

}  // namespace

boost::json::object counters_json(const NodeReport& report) {
  boost::json::object policies;
  for (const bool closed : {true, false}) {
    for (const NodeReport::Policy& policy : report.policies) {
      if (policy.closed == closed) policies[policy.run->policy().name] = policy_json(policy);
    }
  }
  boost::json::array problems;
  for (const RecordThread::Problem& problem : report.problems) {
    problems.emplace_back(problem.policy + ": " + problem.error.message);
  }
  return {
      {"policies", std::move(policies)},
      {"frames", frames_json(*report.frames)},
      {"port", {{"missed", report.port.missed}, {"errors", report.port.errors}, {"no_buffer", report.port.no_buffer}}},
      {"problems", std::move(problems)}};
}

}  // namespace superspan::node
