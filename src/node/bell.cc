// SPDX-License-Identifier: Apache-2.0
#include "node/bell.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace superspan::node {

Bell::Bell() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Bell::~Bell() {
  if (event_ >= 0) ::close(event_);
}

// Both sides write their own flag and then read the other's, sequentially consistent, so at least one of them sees the
// other: either the waiter does not go to sleep, or the ringer wakes it.
void Bell::ring() {
  rung_.fetch_add(1, std::memory_order_seq_cst);
  if (!waiting_.load(std::memory_order_seq_cst) || !waiting_.exchange(false)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_, &one, sizeof(one));
}

void Bell::wait(std::uint64_t seen, std::chrono::milliseconds most) {
  waiting_.store(true, std::memory_order_seq_cst);
  if (rung() == seen) {
    pollfd event{event_, POLLIN, 0};
    (void)::poll(&event, 1, static_cast<int>(most.count()));
  }
  waiting_.store(false, std::memory_order_seq_cst);
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto taken = ::read(event_, &ignored, sizeof(ignored));
}

}  // namespace superspan::node
