// SPDX-License-Identifier: Apache-2.0
#include "recorder/file_recorder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

namespace superspan::recorder {
namespace {

// Names taken by an earlier recording of the same millisecond are stepped over, so many at most.
constexpr int kNameAttempts = 1000;

std::string file_name(const CaptureInfo& info, std::uint32_t number) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(info.start);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(millis);
  return fmt::format("{}-{:%Y%m%dT%H%M%S}.{:03}Z-{:05}.pcapng", info.policy,
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), (millis - seconds).count(), number);
}

}  // namespace

// The given source, plus what this recorder itself lost.
class FileRecorder::Source final : public CaptureSource {
 public:
  Source(CaptureSource& inner, const std::map<std::uint32_t, std::uint64_t>& lost) : inner_(inner), lost_(lost) {}
  [[nodiscard]] std::vector<std::uint32_t> taps() const override { return inner_.taps(); }
  [[nodiscard]] TapInfo describe(std::uint32_t tap) const override { return inner_.describe(tap); }
  [[nodiscard]] TapStatistics statistics(std::uint32_t tap) const override {
    TapStatistics total = inner_.statistics(tap);
    if (const auto found = lost_.find(tap); found != lost_.end()) total.sink_dropped += found->second;
    return total;
  }
  [[nodiscard]] std::uint64_t device_dropped() const override { return inner_.device_dropped(); }

 private:
  CaptureSource& inner_;
  const std::map<std::uint32_t, std::uint64_t>& lost_;
};

FileRecorder::FileRecorder(CaptureInfo info, RecorderOptions options, CaptureSource& source, Disk& disk)
    : info_(std::move(info)),
      options_(std::move(options)),
      disk_(disk),
      source_(std::make_unique<Source>(source, disk_lost_)),
      writer_(info_, *source_, "record_queue_full") {
  baseline_.time = info_.start;
  baseline_.device_dropped = source.device_dropped();
}

FileRecorder::~FileRecorder() = default;

void FileRecorder::open(const base::Clock& clock) {
  start_file(clock);
}

void FileRecorder::append(const CapturedPacket& packet, const base::Clock& clock) {
  ++counters_.offered;
  if (!file_ && (!error_ || clock.steady() - failed_ >= options_.retry_every)) start_file(clock);
  CapturedPacket counted = packet;
  if (const auto lost = disk_lost_.find(packet.tap); lost != disk_lost_.end()) counted.lost_so_far += lost->second;
  ++pending_.packets;
  ++pending_.taps[packet.tap];
  pending_.bytes += packet.bytes.size();
  if (!file_) {
    drop_pending();
    return;
  }
  writer_.packet(counted);
  if (writer_.view().size() >= options_.batch_bytes) flush(clock);
}

void FileRecorder::flush(const base::Clock& clock) {
  write_batch(clock);
  if (!file_) return;
  sync_if_due(clock, false);
  const bool old = clock.steady() - opened_ >= options_.rotate_every;
  if (file_ && (old || file_bytes_ >= options_.rotate_bytes)) {
    finish_file(clock);
    if (!error_) start_file(clock);
  }
}

void FileRecorder::close(const base::Clock& clock) {
  write_batch(clock);
  if (file_) finish_file(clock);
}

base::Result<std::unique_ptr<File>> FileRecorder::create_file() {
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    path_ = options_.directory / file_name(info_, ++file_number_);
    auto file = disk_.create(path_);
    if (file || file.error().code != base::ErrorCode::kConflict) return file;
  }
  return base::fail(base::ErrorCode::kConflict, "all file names of this recording are taken", "", path_.string());
}

void FileRecorder::start_file(const base::Clock& clock) {
  auto file = create_file();
  if (!file) return fail(std::move(file.error()), clock);
  file_ = std::move(*file);
  file_bytes_ = 0;
  opened_ = synced_ = clock.steady();
  error_.reset();
  writer_.clear();
  writer_.begin(baseline_);
  ++counters_.files;
  write_batch(clock);
}

void FileRecorder::write_batch(const base::Clock& clock) {
  if (!file_ || writer_.view().empty()) return;
  if (auto status = file_->append(writer_.view()); !status) return fail(std::move(status.error()), clock);
  file_bytes_ += writer_.view().size();
  writer_.clear();
  unsynced_ = true;
  counters_.recorded += pending_.packets;
  counters_.recorded_bytes += pending_.bytes;
  pending_ = {};
}

void FileRecorder::sync_if_due(const base::Clock& clock, bool now) {
  if (!unsynced_ || (!now && clock.steady() - synced_ < options_.sync_every)) return;
  synced_ = clock.steady();
  unsynced_ = false;
  if (auto status = file_->sync(); !status) fail(std::move(status.error()), clock);
}

void FileRecorder::finish_file(const base::Clock& clock) {
  CaptureBaseline next = writer_.end(clock.wall());
  write_batch(clock);
  if (!file_) return;  // no room for the statistics: the next file counts from where this one did
  baseline_ = std::move(next);
  sync_if_due(clock, true);
  file_.reset();
}

void FileRecorder::fail(base::Error error, const base::Clock& clock) {
  error_ = std::move(error);
  failed_ = clock.steady();
  if (file_) {
    // A torn block at the end would make the file look damaged. If this fails too, readers stop at the torn block.
    (void)file_->truncate(file_bytes_);
    file_.reset();
  }
  unsynced_ = false;
  writer_.clear();
  drop_pending();
}

void FileRecorder::drop_pending() {
  const bool full = error_ && error_->code == base::ErrorCode::kLimit;
  (full ? counters_.disk_full : counters_.disk_error) += pending_.packets;
  for (const auto& [tap, packets] : pending_.taps) disk_lost_[tap] += packets;
  pending_ = {};
}

}  // namespace superspan::recorder
