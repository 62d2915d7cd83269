// SPDX-License-Identifier: Apache-2.0
#include "http/server_stream.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "http/connection.h"

namespace superspan::http {

ServerStream::~ServerStream() = default;

void ServerStream::wake(const std::unique_lock<std::mutex>&) {
  if (pumping_) return;
  pumping_ = true;
  if (const auto connection = connection_.lock()) connection->post_pump();
}

bool ServerStream::write(std::string chunk) {
  std::unique_lock lock(mutex_);
  if (over_ || finishing_) return false;
  if (queued_bytes_ != 0 && queued_bytes_ + chunk.size() > queue_bytes_) return false;
  if (chunk.empty()) return true;
  queued_bytes_ += chunk.size();
  queue_.push_back(std::move(chunk));
  wake(lock);
  return true;
}

void ServerStream::finish() {
  std::unique_lock lock(mutex_);
  if (over_ || finishing_) return;
  finishing_ = true;
  wake(lock);
}

void ServerStream::abort() {
  std::unique_lock lock(mutex_);
  if (over_) return;
  finishing_ = true;
  aborted_ = true;
  if (const auto connection = connection_.lock()) connection->post_abort();
}

std::size_t ServerStream::queued_bytes() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_;
}

bool ServerStream::closed() const {
  const std::lock_guard lock(mutex_);
  return over_ || finishing_;
}

void ServerStream::on_drained(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  drained_ = std::move(callback);
}

void ServerStream::on_closed(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  if (over_) {
    boost::asio::post(io_, std::move(callback));
  } else {
    closed_ = std::move(callback);
  }
}

std::string ServerStream::take(std::size_t limit_bytes) {
  const std::lock_guard lock(mutex_);
  std::string bytes;
  while (!queue_.empty() && (bytes.empty() || bytes.size() + queue_.front().size() <= limit_bytes)) {
    if (bytes.empty()) {
      bytes = std::move(queue_.front());
    } else {
      bytes += queue_.front();
    }
    queue_.pop_front();
  }
  taken_bytes_ = bytes.size();
  if (bytes.empty()) pumping_ = false;
  return bytes;
}

bool ServerStream::finished() const {
  const std::lock_guard lock(mutex_);
  return finishing_ && !aborted_ && queue_.empty();
}

void ServerStream::sent() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_ -= taken_bytes_;
    taken_bytes_ = 0;
    if (queued_bytes_ == 0 && !finishing_) callback = drained_;
  }
  if (callback) callback();
}

void ServerStream::connection_over() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    over_ = true;
    queue_.clear();
    queued_bytes_ = 0;
    taken_bytes_ = 0;
    callback = std::exchange(closed_, {});
    drained_ = {};
  }
  if (callback) callback();
}

}  // namespace superspan::http
