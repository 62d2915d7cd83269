// SPDX-License-Identifier: Apache-2.0
// The one thread that feeds live streams: pcapng of one policy each, from the policy's buffer to the reader's
// connection. Packets wait in the buffer from the moment of assignment, so a reader that comes late misses nothing as
// long as the buffer lasts; a reader that is too slow loses packets (`stream_slow`), it never stops the worker.
// A stream has one reader. When the policy is over, the reader gets the rest, the statistics and the end; without a
// reader the rest is kept for a while and then dropped (`stream_unread`).
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "http/stream.h"
#include "node/bell.h"
#include "node/policy_run.h"
#include "node/sinks/run_source.h"
#include "recorder/capture_writer.h"

namespace superspan::node {

// The bound of a reader's connection; the rest waits in the policy's buffer.
inline constexpr std::size_t kStreamQueueBytes = std::size_t{1} << 20;

class StreamThread {
 public:
  // All must outlive it. Whoever gives a stream something to do rings `bell` afterwards.
  StreamThread(std::string node, const base::Clock& clock, const SharedTaps& taps, const Counter& port_drops,
               Bell& bell);
  ~StreamThread();
  StreamThread(const StreamThread&) = delete;
  StreamThread& operator=(const StreamThread&) = delete;

  // Control thread. `run` must have a stream ring. A stream of the same name that is still there keeps its reader.
  void add(std::shared_ptr<PolicyRun> run);

  // Any thread. kNotFound: no stream of that policy; kConflict: it has a reader.
  [[nodiscard]] base::Status can_attach(const std::string& policy) const;
  [[nodiscard]] base::Status attach(const std::string& policy, std::shared_ptr<http::ResponseStream> reader);

  // Moves what can be moved; false if nothing could. By the thread, or by a test that has none.
  bool poll();

  void start();
  // Gives readers a moment to take the rest, then cuts them off; the runs must be finished.
  void stop();

 private:
  struct Stream {
    std::shared_ptr<PolicyRun> run;
    std::unique_ptr<RunSource> source;
    std::unique_ptr<recorder::CaptureWriter> writer;  // of the present reader
    std::shared_ptr<http::ResponseStream> reader;
    std::string chunk;  // to be written
    std::size_t chunk_packets = 0;
    bool ended = false;  // the statistics are in the chunk
    recorder::CaptureBaseline baseline;
    std::optional<base::SteadyTime> finished_at;
  };
  bool serve(Stream& stream);
  void fill_chunk(Stream& stream);
  void take_chunk(Stream& stream);
  void drop_reader(Stream& stream);
  [[nodiscard]] bool is_over(Stream& stream);
  void discard(Stream& stream);

  const std::string node_;
  const base::Clock& clock_;
  const SharedTaps& taps_;
  const Counter& port_drops_;
  Bell& bell_;
  bool blocked_ = false;      // stream thread: a reader did not take its chunk
  mutable std::mutex mutex_;  // of streams_; never taken by the worker
  std::list<Stream> streams_;
  std::atomic<bool> running_{false};
  std::thread thread_;
};

}  // namespace superspan::node
