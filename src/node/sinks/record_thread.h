// SPDX-License-Identifier: Apache-2.0
// The one thread that writes recordings: takes packets out of the policies' buffers, writes them to files, closes the
// files of policies that are over. A slow disk only fills the buffers; it never stops the worker.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "node/policy_run.h"
#include "node/sinks/run_source.h"
#include "recorder/disk.h"
#include "recorder/file_recorder.h"

namespace superspan::node {

class RecordThread {
 public:
  // All must outlive it.
  RecordThread(std::string node, recorder::RecorderOptions options, recorder::Disk& disk, const base::Clock& clock,
               const SharedTaps& taps, const Counter& port_drops);
  ~RecordThread();
  RecordThread(const RecordThread&) = delete;
  RecordThread& operator=(const RecordThread&) = delete;

  // Control thread. `run` must have a record ring.
  void add(std::shared_ptr<PolicyRun> run);

  struct Problem {
    std::string policy;
    base::Error error;
  };
  // Any thread: recordings that cannot write now, and those that could not at their end, as long as the node tells of
  // their policy.
  [[nodiscard]] std::vector<Problem> problems() const;

  // Takes and writes what waits; false if there was nothing. By the thread, or by a test that has none.
  bool poll();

  void start();
  // Writes and closes everything; the runs must be finished.
  void stop();

 private:
  struct Recording {
    std::shared_ptr<PolicyRun> run;
    std::unique_ptr<RunSource> source;
    std::unique_ptr<recorder::FileRecorder> file;
  };
  void adopt_added();
  bool serve(Recording& recording);
  void report(Recording& recording);

  const std::string node_;
  const recorder::RecorderOptions options_;
  recorder::Disk& disk_;
  const base::Clock& clock_;
  const SharedTaps& taps_;
  const Counter& port_drops_;

  mutable std::mutex mutex_;  // of the next two
  std::vector<Recording> added_;
  std::vector<Problem> problems_;

  struct Failed {
    std::weak_ptr<PolicyRun> run;
    Problem problem;
  };
  // Record thread only.
  std::list<Recording> recordings_;
  std::vector<Failed> failed_;  // that are over
  std::atomic<bool> running_{false};
  std::thread thread_;
};

}  // namespace superspan::node
