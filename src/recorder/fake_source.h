// SPDX-License-Identifier: Apache-2.0
// Taps and counts as a test sets them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "recorder/capture_writer.h"

namespace superspan::recorder {

class FakeSource final : public CaptureSource {
 public:
  std::map<std::uint32_t, TapInfo> known;
  std::map<std::uint32_t, TapStatistics> numbers;
  std::uint64_t missed = 0;

  [[nodiscard]] std::vector<std::uint32_t> taps() const override {
    std::vector<std::uint32_t> ids;
    for (const auto& [id, info] : known) ids.push_back(id);
    return ids;
  }
  [[nodiscard]] TapInfo describe(std::uint32_t tap) const override {
    const auto found = known.find(tap);
    return found != known.end() ? found->second : TapInfo{"tap-" + std::to_string(tap), ""};
  }
  [[nodiscard]] TapStatistics statistics(std::uint32_t tap) const override {
    const auto found = numbers.find(tap);
    return found != numbers.end() ? found->second : TapStatistics{};
  }
  [[nodiscard]] std::uint64_t device_dropped() const override { return missed; }
};

}  // namespace superspan::recorder
