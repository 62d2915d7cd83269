// SPDX-License-Identifier: Apache-2.0
#include "node/sinks/record_thread.h"

#include <pthread.h>

#include <utility>

namespace superspan::node {
namespace {

// Taken out of one buffer before the next policy has its turn.
constexpr std::size_t kTurnBytes = std::size_t{1} << 20;
constexpr std::chrono::milliseconds kIdle{5};

}  // namespace

RecordThread::RecordThread(std::string node, recorder::RecorderOptions options, recorder::Disk& disk,
                           const base::Clock& clock, const SharedTaps& taps, const Counter& port_drops)
    : node_(std::move(node)),
      options_(std::move(options)),
      disk_(disk),
      clock_(clock),
      taps_(taps),
      port_drops_(port_drops) {}

RecordThread::~RecordThread() {
  stop();
}

void RecordThread::add(std::shared_ptr<PolicyRun> run) {
  Recording recording;
  recording.source = std::make_unique<RunSource>(run, taps_, port_drops_, RunSource::Sink::kRecord);
  recording.file =
      std::make_unique<recorder::FileRecorder>(capture_info(*run, node_), options_, *recording.source, disk_);
  recording.run = std::move(run);
  const std::lock_guard lock(mutex_);
  added_.push_back(std::move(recording));
}

std::vector<RecordThread::Problem> RecordThread::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

void RecordThread::adopt_added() {
  std::vector<Recording> added;
  {
    const std::lock_guard lock(mutex_);
    added.swap(added_);
  }
  for (Recording& recording : added) {
    recording.file->open(clock_);
    recordings_.push_back(std::move(recording));
  }
}

bool RecordThread::poll() {
  adopt_added();
  bool worked = false;
  std::erase_if(failed_, [](const Failed& failed) { return failed.run.expired(); });
  std::vector<Problem> problems;
  problems.reserve(failed_.size());
  for (const Failed& failed : failed_) problems.push_back(failed.problem);
  for (auto recording = recordings_.begin(); recording != recordings_.end();) {
    const bool finished = recording->run->finished();  // asked first: then an empty buffer stays empty
    worked |= serve(*recording);
    const bool over = finished && recording->run->record_ring()->empty();
    if (over) recording->file->close(clock_);
    report(*recording);
    if (const auto& error = recording->file->error()) {
      problems.push_back({recording->run->policy().name, *error});
      if (over) failed_.push_back({recording->run, problems.back()});
    }
    recording = over ? recordings_.erase(recording) : std::next(recording);
  }
  const std::lock_guard lock(mutex_);
  problems_ = std::move(problems);
  return worked;
}

bool RecordThread::serve(Recording& recording) {
  const std::size_t packets = recording.run->record_ring()->drain(
      kTurnBytes,
      [&](const PacketMeta& meta, base::BytesView bytes) { recording.file->append(captured(meta, bytes), clock_); });
  recording.file->flush(clock_);
  return packets > 0;
}

void RecordThread::report(Recording& recording) {
  const recorder::RecorderCounters& file = recording.file->counters();
  PolicyCounters& counters = recording.run->counters;
  counters.recorded.set(file.recorded);
  counters.recorded_bytes.set(file.recorded_bytes);
  counters.disk_full.set(file.disk_full);
  counters.disk_error.set(file.disk_error);
}

void RecordThread::start() {
  running_.store(true, std::memory_order_release);
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "recorder");
    while (running_.load(std::memory_order_acquire)) {
      if (!poll()) std::this_thread::sleep_for(kIdle);
    }
  });
}

void RecordThread::stop() {
  running_.store(false, std::memory_order_release);
  if (thread_.joinable()) thread_.join();
  while (poll()) {
  }
}

}  // namespace superspan::node
