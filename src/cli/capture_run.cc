// SPDX-License-Identifier: Apache-2.0
#include "cli/capture_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/units.h"

namespace superspan::cli {
namespace {

// The controller waits up to 5 s until the fabric has forgotten a policy.
constexpr std::chrono::seconds kRemoveTimeout{10};

}  // namespace

base::Status CaptureRun::remove_policy() const {
  auto removed = controller.with_timeout(kRemoveTimeout).remove(policy_target(request.name));
  if (removed || removed.error().code == base::ErrorCode::kNotFound) return {};
  base::Error error = removed.error();
  error.message = fmt::format("policy '{}' could not be removed: {}", request.name, error.message);
  error.hint =
      fmt::format("it ends by its own limit {}; `superspan policy delete {}` ends it as soon as superspand answers",
                  time_left(), request.name);
  return std::unexpected(std::move(error));
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
