// SPDX-License-Identifier: Apache-2.0
// A node at work: one port, one worker, recordings and live streams of the policies that the controller assigned.
//
// Threads: the worker (packets), the recorder, the streamer, and the control thread, which is whoever calls apply() and
// tick(). Counters and reports may be read from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "node/assignment.h"
#include "node/assignment_order.h"
#include "node/bell.h"
#include "node/packet_input.h"
#include "node/pipeline.h"
#include "node/policy_run.h"
#include "node/sinks/record_thread.h"
#include "node/sinks/stream_thread.h"
#include "node/taps.h"
#include "node/worker.h"
#include "recorder/disk.h"
#include "recorder/file_recorder.h"

namespace superspan::node {

struct NodeOptions {
  std::string name;
  BufferSizes buffers;
  recorder::RecorderOptions recorder;
  // A policy that is no longer assigned still gets the copies that were under way.
  base::Duration grace = std::chrono::milliseconds(200);
  // So long the final counters of a closed policy stay in the report.
  base::Duration remember = std::chrono::seconds(10);
};

// What the node tells about itself; counters of a moment.
struct NodeReport {
  struct Policy {
    std::shared_ptr<const PolicyRun> run;
    bool closed = false;
  };
  std::string controller;     // of the assignment in force; empty: none yet
  std::uint64_t applied = 0;  // revision of the assignment in force; 0: none yet
  std::uint32_t epoch = 0;
  const FrameCounters* frames = nullptr;  // lives as long as the node
  PortDrops port;
  std::vector<Policy> policies;
  std::vector<std::string> ended;  // assigned policies that reached a limit
  std::vector<RecordThread::Problem> problems;
};

class Node {
 public:
  // All must outlive the node.
  Node(NodeOptions options, PacketInput& input, recorder::Disk& disk, const base::Clock& clock);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void start();
  // Stops receiving, writes out and closes every recording and stream. Nothing may follow.
  void stop();

  // Control thread. In force when it returns well. On kInvalid, and on kConflict for an assignment that is older than
  // one that came before (assignment_order.h), nothing has changed. kTimeout: the worker is late; the assignment will
  // come into force, but the report goes on naming the one before until the same assignment has been applied again.
  [[nodiscard]] base::Status apply(const Assignment& assignment);
  // Control thread, every 20 ms or so: ends policies whose grace is over.
  void tick();

  // Any thread.
  [[nodiscard]] NodeReport report() const;
  [[nodiscard]] std::shared_ptr<const Assignment> assignment() const;  // the one in force; null: none yet
  [[nodiscard]] StreamThread& streams() { return streamer_; }

  // For tests that run without threads.
  [[nodiscard]] Worker& worker() { return worker_; }
  [[nodiscard]] RecordThread& recorder() { return recorder_; }

 private:
  struct Active {
    std::shared_ptr<PolicyRun> run;
    std::uint32_t from_epoch = 0;
    std::optional<base::SteadyTime> closes_at;  // no longer assigned
  };
  struct Closed {
    std::shared_ptr<PolicyRun> run;
    base::SteadyTime at;
  };
  [[nodiscard]] base::Result<std::vector<Active>> plan(const Assignment& assignment);
  [[nodiscard]] base::Status publish();
  void open_sinks(const std::vector<Active>& planned);
  void close_due(base::SteadyTime now);
  void refresh_port_drops();

  const NodeOptions options_;
  PacketInput& input_;
  const base::Clock& clock_;
  Counter port_drops_;
  Bell stream_bell_;
  SharedTaps taps_;
  Pipeline pipeline_;
  Worker worker_;
  RecordThread recorder_;
  StreamThread streamer_;
  std::uint64_t generation_ = 0;  // of the newest table
  AssignmentOrder order_;

  mutable std::mutex mutex_;  // of what follows, which only the control thread changes
  std::shared_ptr<const Assignment> in_force_;
  PortDrops port_;
  std::vector<Active> active_;
  std::vector<Closed> closed_;
};

}  // namespace superspan::node
