// SPDX-License-Identifier: Apache-2.0
#include "node/worker.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace superspan::node {
namespace {

// How often a worker looks in vain before it rests: a burst often has another one right behind it, and waking up costs
// more than a few looks.
constexpr int kSpinPolls = 64;
// The longest rest; stop() may have to wait for its end.
constexpr std::chrono::milliseconds kRestMost{20};

constexpr std::chrono::seconds kQuiescenceTimeout{2};
constexpr std::chrono::microseconds kQuiescencePoll{50};

}  // namespace

Worker::Worker(PacketInput& input, Pipeline& pipeline, const base::Clock& clock, Bell& streams)
    : input_(input), pipeline_(pipeline), clock_(clock), streams_(streams) {
  owned_.push_back(
      std::make_shared<DispatchTable>(0, std::span<const DispatchTable::Route>{}, std::make_shared<TapDirectory>()));
  table_.store(owned_.back().get(), std::memory_order_seq_cst);
}

Worker::~Worker() {
  stop();
}

bool Worker::poll() {
  const DispatchTable& table = *table_.load(std::memory_order_seq_cst);
  seen_.store(table.generation(), std::memory_order_release);
  const std::span<const InputFrame> frames = input_.receive();
  if (frames.empty()) return false;
  if (pipeline_.process(frames, times_.stamp(clock_.wall(), frames.size()), table)) streams_.ring();
  return true;
}

base::Status Worker::publish(std::shared_ptr<const DispatchTable> table) {
  const std::uint64_t generation = table->generation();
  owned_.push_back(std::move(table));
  table_.store(owned_.back().get(), std::memory_order_seq_cst);
  const auto deadline = clock_.steady() + kQuiescenceTimeout;
  const auto lets_go = [&] {
    return !running_.load(std::memory_order_acquire) || resting_.load(std::memory_order_seq_cst) ||
           seen_.load(std::memory_order_acquire) >= generation;
  };
  while (!lets_go()) {
    if (clock_.steady() > deadline) {
      return base::fail(base::ErrorCode::kTimeout, "the packet worker does not take the new assignment",
                        "the node is overloaded or its port hangs; look at its log");
    }
    std::this_thread::sleep_for(kQuiescencePoll);
  }
  owned_.erase(owned_.begin(), owned_.end() - 1);
  return {};
}

void Worker::start() {
  running_.store(true, std::memory_order_release);
  thread_ = std::thread([this] { run(); });
}

void Worker::stop() {
  running_.store(false, std::memory_order_release);
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  ::pthread_setname_np(::pthread_self(), "packets");
  int idle_polls = 0;
  while (running_.load(std::memory_order_acquire)) {
    if (poll()) {
      idle_polls = 0;
    } else if (++idle_polls < kSpinPolls) {
      std::this_thread::yield();
    } else {
      rest();
      idle_polls = 0;
    }
  }
}

// resting_ and table_ are sequentially consistent: whoever stores a table and then reads that the worker rests, knows
// that the worker will read table_ after that.
void Worker::rest() {
  resting_.store(true, std::memory_order_seq_cst);
  input_.wait(kRestMost);
  resting_.store(false, std::memory_order_seq_cst);
}

}  // namespace superspan::node
