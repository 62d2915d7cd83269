// SPDX-License-Identifier: Apache-2.0
// Reads the inventory file again when it changes and on SIGHUP, and tells the controller.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "api/controller.h"

namespace superspan::apps {

class InventoryWatch {
 public:
  // Both outlive it. An empty `file` is none: SIGHUP is then ignored.
  InventoryWatch(boost::asio::io_context& io, api::Controller& controller, std::string file);

 private:
  using Stamp = std::optional<std::pair<std::filesystem::file_time_type, std::uintmax_t>>;  // nothing: not there
  [[nodiscard]] Stamp stamp() const;
  void await_signal();
  void await_change();
  void read();

  api::Controller& controller_;
  std::string file_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  Stamp seen_;
};

}  // namespace superspan::apps
