// SPDX-License-Identifier: Apache-2.0
// Notices, on a thread of its own, that the controller goes away or comes back while a command is busy elsewhere.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "cli/controller.h"

namespace superspan::cli {

class ControllerWatch {
 public:
  // Asks over a connection of its own, which it makes from `controller`.
  explicit ControllerWatch(const Controller& controller);
  ControllerWatch(const ControllerWatch&) = delete;
  ControllerWatch& operator=(const ControllerWatch&) = delete;
  ~ControllerWatch();

  // What has changed since the last call: true, it answers again; false, it does not answer any more. It counts as
  // away when it was asked twice in vain.
  [[nodiscard]] std::optional<bool> news();

 private:
  void run(Controller controller);

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  bool answers_ = true;
  bool told_ = true;  // what the last news() said
  std::thread thread_;
};

}  // namespace superspan::cli
