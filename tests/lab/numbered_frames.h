// SPDX-License-Identifier: Apache-2.0
// Numbered UDP frames at a steady rate from one device, with the time of each, and what of them comes out at another:
// so a test can say which of the frames that were sent after some moment never came.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "lab/file.h"
#include "lab/frames.h"

namespace superspan::lab_test {

inline constexpr std::uint16_t kNumberedPort = 5001;

class NumberedSender {
 public:
  using Clock = std::chrono::steady_clock;

  // Begins to send from the device, frames_per_second of them, from 10.1.1.2 to nobody's MAC and UDP port
  // kNumberedPort.
  NumberedSender(std::string network_namespace, std::string device, unsigned frames_per_second);
  NumberedSender(const NumberedSender&) = delete;
  NumberedSender& operator=(const NumberedSender&) = delete;
  ~NumberedSender();

  // How many are sent: the next number.
  [[nodiscard]] std::uint32_t count() const;
  // Ends the sending; a failure of the sender is told here. Twice is fine.
  [[nodiscard]] base::Status stop();
  // Number N was sent after times()[N], and at once. After stop() only.
  [[nodiscard]] const std::vector<Clock::time_point>& times() const { return times_; }

 private:
  base::Status run(const std::string& device, unsigned frames_per_second);

  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;  // guards times_ while the thread runs
  std::vector<Clock::time_point> times_;
  base::Status result_;
  std::thread thread_;  // last: it uses the others
};

// How often each number is in these captures (pcap, pcapng).
[[nodiscard]] base::Result<std::vector<unsigned>> counts_in(const std::vector<std::string>& captures);

class NumberedReceiver {
 public:
  // Receives what comes in at the device from now on.
  [[nodiscard]] static base::Result<std::unique_ptr<NumberedReceiver>> open(const std::string& network_namespace,
                                                                            const std::string& device);
  NumberedReceiver(const NumberedReceiver&) = delete;
  NumberedReceiver& operator=(const NumberedReceiver&) = delete;
  ~NumberedReceiver();

  // Whether this number, or a later one, has come within the time. Frames do not overtake each other.
  [[nodiscard]] bool wait_for(std::uint32_t number, std::chrono::milliseconds timeout) const;
  // How often each number came.
  [[nodiscard]] std::vector<unsigned> counts() const;

 private:
  explicit NumberedReceiver(lab::File socket);
  void run();

  lab::File socket_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;  // guards counts_
  std::vector<unsigned> counts_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace superspan::lab_test
