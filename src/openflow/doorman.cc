// SPDX-License-Identifier: Apache-2.0
#include "openflow/doorman.h"

#include <algorithm>

namespace superspan::openflow {

base::Status Doorman::enter(const std::string& address, std::size_t open) {
  ++counters_.accepted;
  if (open >= connections_) {
    ++counters_.refused_full;
    return base::fail(base::ErrorCode::kLimit, "too many connections: " + std::to_string(connections_));
  }
  std::size_t& handshakes = handshakes_[address];
  if (handshakes >= kHandshakesPerAddress) {
    ++counters_.refused_per_address;
    return base::fail(
        base::ErrorCode::kLimit,
        "too many connections of " + address + " that are not switches yet: " + std::to_string(handshakes),
        "a switch tries again by itself; anything else should not connect here");
  }
  ++handshakes;
  return {};
}

void Doorman::handshake_over(const std::string& address) {
  const auto found = handshakes_.find(address);
  if (found != handshakes_.end() && --found->second == 0) handshakes_.erase(found);
}

std::optional<base::Error> Doorman::refuse(const std::string& address, base::Error reason, base::SteadyTime now) {
  ++counters_.refused;
  while (!told_.empty() && now - told_.front().at >= kRefusalRepeat) told_.pop_front();
  const bool repeated = std::ranges::any_of(
      told_, [&](const Told& told) { return told.address == address && told.message == reason.message; });
  if (repeated || told_.size() >= kRefusalsTold) {
    ++counters_.refused_untold;
    ++untold_;
    return std::nullopt;
  }
  told_.push_back({now, address, reason.message});
  if (untold_ > 0) reason.message += " (" + std::to_string(std::exchange(untold_, 0)) + " more refused before it)";
  return reason;
}

}  // namespace superspan::openflow
