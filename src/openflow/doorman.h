// SPDX-License-Identifier: Apache-2.0
// Keeps one peer from taking what all switches need: connection slots and the attention of people. Counts handshakes
// for each address and says which refusals are told. No I/O; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace superspan::openflow {

// Connections of one address that are not switches yet. Each lasts SessionOptions::handshake_timeout at most; a switch
// that is refused tries again, so a hypervisor with hundreds of bridges comes in by turns.
inline constexpr std::size_t kHandshakesPerAddress = 64;
// The same refusal (address and message) is told once in this time...
inline constexpr std::chrono::seconds kRefusalRepeat{10};
// ...and all together at most so many in that time. The rest is only counted.
inline constexpr std::size_t kRefusalsTold = 20;

struct DoorCounters {
  std::uint64_t accepted = 0;             // connections
  std::uint64_t refused = 0;              // that never became a switch, for whatever reason
  std::uint64_t refused_full = 0;         // of these: no free slot
  std::uint64_t refused_per_address = 0;  // of these: too many handshakes of one address
  std::uint64_t refused_untold = 0;       // of these: counted, but not told to the handler
};

class Doorman {
 public:
  // `connections`: slots for switches and handshakes together.
  explicit Doorman(std::size_t connections) : connections_(connections) {}

  // A connection of `address`, while `open` others are there. kLimit: refuse it. Otherwise its handshake counts until
  // handshake_over().
  [[nodiscard]] base::Status enter(const std::string& address, std::size_t open);
  void handshake_over(const std::string& address);

  // A connection was refused. What to tell, or nothing if the like was told just now.
  [[nodiscard]] std::optional<base::Error> refuse(const std::string& address, base::Error reason, base::SteadyTime now);

  [[nodiscard]] const DoorCounters& counters() const { return counters_; }

 private:
  struct Told {
    base::SteadyTime at;
    std::string address;
    std::string message;
  };

  std::size_t connections_;
  std::map<std::string, std::size_t> handshakes_;
  std::deque<Told> told_;     // of the last kRefusalRepeat, oldest first
  std::uint64_t untold_ = 0;  // since the last one that was told
  DoorCounters counters_;
};

}  // namespace superspan::openflow
