// SPDX-License-Identifier: Apache-2.0
// The thread of the packet path: receive a burst, give it the time, run the pipeline with the table in force. When
// nothing comes it looks again a few times and then rests on the port until a frame wakes it.
//
// Tables are swapped without a lock: publish() stores the new one and waits until the worker has finished its burst
// with the old one (quiescence), so that afterwards nobody touches what only the old table knew. A worker that rests
// uses no table and need not be waited for.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "node/bell.h"
#include "node/burst_clock.h"
#include "node/dispatch_table.h"
#include "node/packet_input.h"
#include "node/pipeline.h"

namespace superspan::node {

class Worker {
 public:
  // All must outlive the worker. `streams` is rung when a stream has something to do.
  Worker(PacketInput& input, Pipeline& pipeline, const base::Clock& clock, Bell& streams);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // One burst with the table in force; false if nothing came. By the worker thread, or by a test that has none.
  bool poll();

  // Control thread. When it returns well, no older table is used any more. kTimeout: the worker does not answer; the
  // new table will be used all the same.
  [[nodiscard]] base::Status publish(std::shared_ptr<const DispatchTable> table);

  void start();
  void stop();  // finishes the burst under way

 private:
  void run();
  void rest();

  PacketInput& input_;
  Pipeline& pipeline_;
  const base::Clock& clock_;
  Bell& streams_;
  BurstClock times_;
  std::atomic<const DispatchTable*> table_;
  std::atomic<std::uint64_t> seen_{0};  // generation that the worker uses
  std::atomic<bool> resting_{false};    // and will look at table_ again before it uses one
  std::atomic<bool> running_{false};
  std::vector<std::shared_ptr<const DispatchTable>> owned_;  // control thread: in force, and those not yet let go
  std::thread thread_;
};

}  // namespace superspan::node
