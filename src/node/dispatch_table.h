// SPDX-License-Identifier: Apache-2.0
// From (service path, policy bit, epoch) to the policy that a copy belongs to. Immutable; the worker reads it while the
// control thread builds the next one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/nsh.h"
#include "node/policy_run.h"
#include "node/taps.h"

namespace superspan::node {

class DispatchTable {
 public:
  // A run takes copies of epochs >= from_epoch. Where a bit was used again, the run with the latest from_epoch that is
  // not later than the copy gets it.
  struct Route {
    std::shared_ptr<PolicyRun> run;
    std::uint32_t from_epoch = 0;
  };
  DispatchTable(std::uint64_t generation, std::span<const Route> routes, std::shared_ptr<const TapDirectory> taps);

  struct Match {
    PolicyRun* run = nullptr;  // null: nobody
    bool stale = false;        // nobody, but the bit is somebody's since a later epoch
  };
  [[nodiscard]] Match find(std::uint32_t service_path, unsigned bit, std::uint32_t epoch) const;
  [[nodiscard]] std::size_t tap_slot(std::uint32_t tap) const { return taps_->slot(tap); }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

 private:
  struct Namespace {
    std::uint32_t service_path = 0;
    std::array<std::vector<Route>, net::kPolicyBits> bits;  // latest from_epoch first
  };

  std::uint64_t generation_;
  std::vector<Namespace> namespaces_;  // sorted by service path
  std::shared_ptr<const TapDirectory> taps_;
};

}  // namespace superspan::node
