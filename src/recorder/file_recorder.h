// SPDX-License-Identifier: Apache-2.0
// Records one policy into files `<policy>-<start>-<number>.pcapng`, a new one after so many bytes or so much time.
//
// A file is readable by Wireshark at any moment and after any crash: packets are gathered into a batch of whole blocks
// and flush() writes the batch at once; what a torn write left behind is cut off again. Data is synced every
// `sync_every`, so a power cut costs at most that much.
// Faults (disk full, I/O error) seal the file and never stop the caller: packets are dropped and counted as `disk_full`
// or `disk_error`, a new file is tried every `retry_every`, and its statistics tell what was lost in between. A failed
// sync is never tried again on the same file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "recorder/capture_writer.h"
#include "recorder/disk.h"

namespace superspan::recorder {

struct RecorderOptions {
  std::filesystem::path directory;  // must exist
  std::uint64_t rotate_bytes = std::uint64_t{1} << 30;
  base::Duration rotate_every = std::chrono::hours(1);
  base::Duration sync_every = std::chrono::seconds(1);
  base::Duration retry_every = std::chrono::seconds(10);
  std::size_t batch_bytes = std::size_t{1} << 20;  // append() flushes by itself at this size
};

// offered = recorded + disk_full + disk_error + pending (in the batch).
struct RecorderCounters {
  std::uint64_t offered = 0;  // packets, as all but the named others
  std::uint64_t recorded = 0;
  std::uint64_t recorded_bytes = 0;  // captured bytes of recorded packets
  std::uint64_t disk_full = 0;
  std::uint64_t disk_error = 0;
  std::uint64_t files = 0;
};

// Not thread-safe; one thread appends and closes. `source` and `disk` must outlive it.
class FileRecorder {
 public:
  FileRecorder(CaptureInfo info, RecorderOptions options, CaptureSource& source, Disk& disk);
  // Without close() the files stay readable, but the last one has no statistics.
  ~FileRecorder();

  // Opens the first file, so that an empty capture leaves a file as well.
  void open(const base::Clock& clock);
  void append(const CapturedPacket& packet, const base::Clock& clock);
  // Writes the batch; also rotates by time and syncs. Call it at the end of each batch and at least every second.
  void flush(const base::Clock& clock);
  // Writes the batch and the statistics, syncs and closes. Nothing may follow.
  void close(const base::Clock& clock);

  [[nodiscard]] const RecorderCounters& counters() const { return counters_; }
  // Why nothing is being recorded now; nothing if all is well.
  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }  // of the newest file

 private:
  class Source;
  struct Pending {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::map<std::uint32_t, std::uint64_t> taps;  // packets of each tap
  };

  void start_file(const base::Clock& clock);
  void finish_file(const base::Clock& clock);
  void write_batch(const base::Clock& clock);
  void sync_if_due(const base::Clock& clock, bool now);
  void fail(base::Error error, const base::Clock& clock);
  void drop_pending();
  [[nodiscard]] base::Result<std::unique_ptr<File>> create_file();

  CaptureInfo info_;
  RecorderOptions options_;
  Disk& disk_;
  std::map<std::uint32_t, std::uint64_t> disk_lost_;  // per tap
  std::unique_ptr<Source> source_;
  CaptureWriter writer_;
  CaptureBaseline baseline_;

  std::unique_ptr<File> file_;  // null: failed, or not opened yet
  std::filesystem::path path_;
  std::uint64_t file_bytes_ = 0;
  std::uint32_t file_number_ = 0;
  bool unsynced_ = false;
  base::SteadyTime opened_;
  base::SteadyTime synced_;
  base::SteadyTime failed_;
  std::optional<base::Error> error_;
  Pending pending_;
  RecorderCounters counters_;
};

}  // namespace superspan::recorder
