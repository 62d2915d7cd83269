// SPDX-License-Identifier: Apache-2.0
#include "node/worker.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace superspan::node {
namespace {

using std::chrono::microseconds;

// How long an idle worker sleeps: not at all for the first empty polls, then twice as long each time. The longest sleep
// must be shorter than the port's ring lasts: 2,048 frames at 1.4 Mpps are 1.4 ms.
constexpr int kSpinPolls = 64;
constexpr microseconds kSleepLeast{20};
constexpr microseconds kSleepMost{500};

constexpr std::chrono::seconds kQuiescenceTimeout{2};
constexpr microseconds kQuiescencePoll{50};

class Backoff {
 public:
  void worked() {
    idle_polls_ = 0;
    sleep_ = kSleepLeast;
  }
  void idle() {
    if (++idle_polls_ < kSpinPolls) return std::this_thread::yield();
    std::this_thread::sleep_for(sleep_);
    sleep_ = std::min(sleep_ * 2, kSleepMost);
  }

 private:
  int idle_polls_ = 0;
  microseconds sleep_ = kSleepLeast;
};

}  // namespace

Worker::Worker(PacketInput& input, Pipeline& pipeline, const base::Clock& clock)
    : input_(input), pipeline_(pipeline), clock_(clock) {
  owned_.push_back(
      std::make_shared<DispatchTable>(0, std::span<const DispatchTable::Route>{}, std::make_shared<TapDirectory>()));
  table_.store(owned_.back().get(), std::memory_order_release);
}

Worker::~Worker() {
  stop();
}

bool Worker::poll() {
  const DispatchTable& table = *table_.load(std::memory_order_acquire);
  seen_.store(table.generation(), std::memory_order_release);
  const std::span<const InputFrame> frames = input_.receive();
  if (frames.empty()) return false;
  pipeline_.process(frames, clock_.wall(), table);
  return true;
}

base::Status Worker::publish(std::shared_ptr<const DispatchTable> table) {
  const std::uint64_t generation = table->generation();
  owned_.push_back(std::move(table));
  table_.store(owned_.back().get(), std::memory_order_release);
  const auto deadline = clock_.steady() + kQuiescenceTimeout;
  while (running_.load(std::memory_order_acquire) && seen_.load(std::memory_order_acquire) < generation) {
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
  Backoff backoff;
  while (running_.load(std::memory_order_acquire)) {
    if (poll()) {
      backoff.worked();
    } else {
      backoff.idle();
    }
  }
}

}  // namespace superspan::node
