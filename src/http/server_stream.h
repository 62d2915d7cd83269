// SPDX-License-Identifier: Apache-2.0
// The queue of a streaming response. Writers on any thread put in, the connection on the io thread takes out. Internal.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "http/stream.h"

namespace superspan::http {

class Connection;

class ServerStream final : public ResponseStream {
 public:
  ServerStream(boost::asio::io_context& io, std::weak_ptr<Connection> connection, std::size_t queue_bytes)
      : io_(io), connection_(std::move(connection)), queue_bytes_(queue_bytes) {}
  ~ServerStream() override;

  bool write(std::string chunk) override;
  void finish() override;
  void abort() override;
  [[nodiscard]] std::size_t queued_bytes() const override;
  [[nodiscard]] bool closed() const override;
  void on_drained(std::function<void()> callback) override;
  void on_closed(std::function<void()> callback) override;

  // --- io thread ---
  // Everything queued, up to about `limit_bytes`; it counts as queued until sent().
  [[nodiscard]] std::string take(std::size_t limit_bytes);
  [[nodiscard]] bool finished() const;  // finish() was called and the queue is empty
  // The bytes taken last are out. Calls on_drained if nothing is left.
  void sent();
  void connection_over();

 private:
  void wake(const std::unique_lock<std::mutex>& held);

  boost::asio::io_context& io_;
  std::weak_ptr<Connection> connection_;
  const std::size_t queue_bytes_;
  mutable std::mutex mutex_;  // guards all below
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;  // in queue_ and under way
  std::size_t taken_bytes_ = 0;   // under way
  bool pumping_ = false;          // the connection is writing or was woken
  bool finishing_ = false;
  bool aborted_ = false;  // the body must not look complete
  bool over_ = false;
  std::function<void()> drained_;
  std::function<void()> closed_;
};

}  // namespace superspan::http
