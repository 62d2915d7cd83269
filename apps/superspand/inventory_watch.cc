// SPDX-License-Identifier: Apache-2.0
#include "inventory_watch.h"

#include <chrono>
#include <csignal>

#include "inventory/file.h"

namespace superspan::apps {
namespace {

constexpr std::chrono::seconds kLook{1};

}  // namespace

InventoryWatch::InventoryWatch(boost::asio::io_context& io, api::Controller& controller, std::string file)
    : controller_(controller), file_(std::move(file)), signals_(io, SIGHUP), timer_(io), seen_(stamp()) {
  await_signal();
  if (!file_.empty()) await_change();
}

InventoryWatch::Stamp InventoryWatch::stamp() const {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file_, error);
  if (error) return std::nullopt;
  const auto size = std::filesystem::file_size(file_, error);
  return error ? Stamp{} : Stamp{{time, size}};
}

void InventoryWatch::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int /*number*/) {
    if (error) return;
    if (!file_.empty()) read();
    await_signal();
  });
}

void InventoryWatch::await_change() {
  timer_.expires_after(kLook);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    // A file that is away for a moment is being replaced.
    if (const Stamp now = stamp(); now && now != seen_) read();
    await_change();
  });
}

void InventoryWatch::read() {
  seen_ = stamp();
  auto snapshot = inventory::read_file(file_);
  if (!snapshot) return controller_.inventory_refused(snapshot.error());
  controller_.set_inventory(std::move(*snapshot));
}

}  // namespace superspan::apps
