// SPDX-License-Identifier: Apache-2.0
#include "cli/capture_run.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/print.h"
#include "cli/units.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

// The controller waits up to 5 s until the fabric has forgotten a policy.
constexpr std::chrono::seconds kRemoveTimeout{10};
constexpr std::chrono::seconds kLookTimeout{1};

bool unknown_outcome(const base::Error& error) {
  return error.code == base::ErrorCode::kTimeout || error.code == base::ErrorCode::kUnavailable;
}

// As the API writes times, to the second.
std::string timestamp(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%FT%T}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

// What a PUT of this capture would have made: the same wish, and not older than the capture.
bool looks_like(const json::value& policy, const CaptureRun& run) {
  const json::value sent = policy_of(run.request);
  for (const char* key : {"expression", "limits", "owner", "reason", "ticket"}) {
    const json::value* there = member(policy, key);
    if (there == nullptr || *there != sent.at(key)) return false;
  }
  return text_member(policy, "created") >= timestamp(run.start_wall);
}

}  // namespace

std::string entity_tag_of(const json::value& policy) {
  return fmt::format("\"{}.{}\"", count_member(policy, "number"), count_member(policy, "revision"));
}

void CaptureRun::note(const json::value& policy) {
  const std::string state = text_member(policy, "state");
  const std::string ended = text_member(policy, "ended_because");
  in_force = in_force || state == "active" || ended == "packets" || ended == "bytes";
  refused = state == "failed";
  const std::string why = text_member(policy, "why");
  if (!why.empty()) waits_for = printable(why);
}

void CaptureRun::look() {
  const auto policy = controller.with_timeout(kLookTimeout).get(policy_target(request.name));
  if (policy && is_own(*policy)) note(*policy);
}

base::Status CaptureRun::in_vain(base::Status status) const {
  using base::ErrorCode;
  if (in_force && !refused) return status;
  const bool consequence = status || status.error().code == ErrorCode::kConflict ||
                           status.error().code == ErrorCode::kNotFound || status.error().code == ErrorCode::kTimeout;
  if (!consequence) return status;
  const std::string why = waits_for.empty() ? "" : ": " + waits_for;
  if (refused) return base::fail(ErrorCode::kLimit, fmt::format("policy '{}' failed{}", request.name, why));
  return base::fail(
      ErrorCode::kTimeout,
      fmt::format("policy '{}' did not come into force everywhere, and no packet came{}", request.name, why),
      "`superspan switches` and `superspan nodes` show what is away");
}

base::Status CaptureRun::remove_policy() {
  if (removed) return {};
  const auto removal = controller.with_timeout(kRemoveTimeout).remove_policy(request.name, entity_tag);
  if (removal) {
    removed = true;
    last_counters = removal->counters;
    if (!removal->confirmed) unconfirmed = removal->unconfirmed;
    return {};
  }
  base::Error error = removal.error();
  const bool gone = error.code == base::ErrorCode::kNotFound;
  if (gone || error.place == "If-Match") {
    removed = true;
    const bool by_us = unanswered && (gone || !controller.get(policy_target(request.name)));
    if (by_us) return {};
    terminal.err << fmt::format("policy '{}' was deleted, changed or replaced by somebody else; it is left as it is\n",
                                request.name);
    return {};
  }
  unanswered = unanswered || unknown_outcome(error);
  error.message = fmt::format("policy '{}' could not be removed: {}", request.name, error.message);
  error.hint =
      fmt::format("it ends by its own limit {}; `superspan policy delete {}` ends it as soon as superspand answers",
                  time_left(), request.name);
  return std::unexpected(std::move(error));
}

std::string CaptureRun::reclaim() {
  const std::string target = policy_target(request.name);
  std::string by_itself = "if the policy was made after all, it ends by itself";
  const auto policy = controller.get(target);
  if (!policy) return by_itself;
  if (!looks_like(*policy, *this)) {
    return fmt::format("policy '{}' is not provably of this capture and is left as it is", request.name);
  }
  return controller.remove_policy(request.name, entity_tag_of(*policy)) ? "" : by_itself;
}

std::string CaptureRun::tell(bool controller_answers) const {
  if (controller_answers) return fmt::format("superspand at {} answers again\n", controller.endpoint());
  return fmt::format("superspand at {} does not answer; the capture goes on, policy '{}' ends by its own limit {}\n",
                     controller.endpoint(), request.name, time_left());
}

std::string CaptureRun::time_left() const {
  using std::chrono::seconds;
  const auto elapsed = std::chrono::duration_cast<seconds>(std::chrono::steady_clock::now() - start);
  return fmt::format("within {}", format_duration(std::max(request.duration - elapsed, seconds(1))));
}

}  // namespace superspan::cli
