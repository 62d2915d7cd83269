// SPDX-License-Identifier: Apache-2.0
#include "recorder/capture_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

namespace superspan::recorder {
namespace {

std::string header_comment(const CaptureInfo& info) {
  std::string text = fmt::format("policy: {}\nexpression: {}", info.policy, info.expression);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += fmt::format("\n{}: {}", name, value);
  };
  add("owner", info.owner);
  add("reason", info.reason);
  add("ticket", info.ticket);
  add("node", info.node);
  text += fmt::format("\nepoch: {}\nstart: {}", info.epoch, to_text(info.start));
  return text;
}

TapStatistics operator-(const TapStatistics& now, const TapStatistics& then) {
  return {now.received - then.received, now.accepted - then.accepted, now.queue_dropped - then.queue_dropped,
          now.sink_dropped - then.sink_dropped};
}

}  // namespace

std::string to_text(base::WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:09}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

CaptureWriter::CaptureWriter(CaptureInfo info, CaptureSource& source, std::string queue)
    : info_(std::move(info)), source_(source), queue_(std::move(queue)) {}

void CaptureWriter::begin(CaptureBaseline baseline) {
  baseline_ = std::move(baseline);
  interfaces_.clear();
  epoch_known_ = false;
  out_.section(header_comment(info_), "superspan");
  for (const std::uint32_t tap : source_.taps()) interface(tap);
}

CaptureWriter::Interface& CaptureWriter::interface(std::uint32_t tap) {
  const auto found = interfaces_.find(tap);
  if (found != interfaces_.end()) return found->second;
  TapInfo known = source_.describe(tap);
  const std::uint32_t number =
      out_.interface({std::move(known.name), std::move(known.description), info_.expression, info_.snaplen});
  return interfaces_[tap] = {number, 0};
}

void CaptureWriter::packet(const CapturedPacket& packet) {
  Interface& from = interface(packet.tap);
  ++from.written;
  PacketBlock block{from.number, packet.time, packet.original_length, 0, {}, packet.bytes};
  std::uint64_t& shown = baseline_.lost_shown[packet.tap];
  if (packet.lost_so_far > shown) block.lost_before = packet.lost_so_far - std::exchange(shown, packet.lost_so_far);
  if (epoch_known_ && packet.epoch <= newest_epoch_) {
    out_.packet(block);
    return;
  }
  epoch_known_ = true;
  newest_epoch_ = packet.epoch;
  const std::string comment = fmt::format("epoch {}, policy {}", packet.epoch, info_.policy);
  block.comment = comment;
  out_.packet(block);
}

CaptureBaseline CaptureWriter::end(base::WallTime now) {
  CaptureBaseline next{now, source_.device_dropped(), std::move(baseline_.taps), std::move(baseline_.lost_shown)};
  const std::uint64_t missed = next.device_dropped - baseline_.device_dropped;
  for (const auto& [tap, interface] : interfaces_) {
    const TapStatistics total = source_.statistics(tap);
    const TapStatistics here = total - std::exchange(next.taps[tap], total);
    StatisticsBlock block{interface.number,
                          baseline_.time,
                          now,
                          here.received,
                          missed,
                          here.accepted,
                          here.queue_dropped + here.sink_dropped,
                          interface.written,
                          {}};
    block.comment = fmt::format("{}={} disk={} not_accepted={} port_missed={} (port_missed is of all taps together)",
                                queue_, here.queue_dropped, here.sink_dropped, here.received - here.accepted, missed);
    out_.statistics(block);
  }
  return next;
}

}  // namespace superspan::recorder
