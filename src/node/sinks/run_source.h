// SPDX-License-Identifier: Apache-2.0
// What a capture writer asks about one policy on this node.
#pragma once

#include <memory>
#include <string>

#include "node/counter.h"
#include "node/policy_run.h"
#include "node/taps.h"
#include "recorder/capture_writer.h"

namespace superspan::node {

class RunSource final : public recorder::CaptureSource {
 public:
  enum class Sink : std::uint8_t { kRecord, kStream };
  // `taps` and `port_drops` must outlive it.
  RunSource(std::shared_ptr<const PolicyRun> run, const SharedTaps& taps, const Counter& port_drops, Sink sink)
      : run_(std::move(run)), taps_(taps), port_drops_(port_drops), sink_(sink) {}

  [[nodiscard]] std::vector<std::uint32_t> taps() const override { return taps_.get()->ids(); }
  [[nodiscard]] recorder::TapInfo describe(std::uint32_t tap) const override;
  [[nodiscard]] recorder::TapStatistics statistics(std::uint32_t tap) const override;
  [[nodiscard]] std::uint64_t device_dropped() const override { return port_drops_.get(); }

 private:
  std::shared_ptr<const PolicyRun> run_;
  const SharedTaps& taps_;
  const Counter& port_drops_;
  Sink sink_;
};

[[nodiscard]] recorder::CaptureInfo capture_info(const PolicyRun& run, const std::string& node);
[[nodiscard]] recorder::CapturedPacket captured(const PacketMeta& meta, base::BytesView bytes);

}  // namespace superspan::node
