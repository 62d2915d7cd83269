// SPDX-License-Identifier: Apache-2.0
#include "api/flusher.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace superspan::api {

Flusher::Flusher(boost::asio::io_context& io, store::Store& store, std::function<void(const base::Status&)> ended)
    : io_(io), store_(store), ended_(std::move(ended)) {}

Flusher::~Flusher() {
  pool_.join();
}

void Flusher::committed() {
  if (running_) {
    again_ = true;
  } else {
    start();
  }
}

void Flusher::when_flushed(Done done) {
  if (!running_) {
    if (last_) return done(last_);
    start();
  }
  (again_ ? next_ : now_).push_back(std::move(done));
}

void Flusher::start() {
  running_ = true;
  boost::asio::post(pool_, [this, alive = std::weak_ptr(alive_)] {
    boost::asio::post(io_, [this, alive, status = store_.flush()]() mutable {
      if (!alive.expired()) complete(std::move(status));
    });
  });
}

void Flusher::complete(base::Status status) {
  running_ = false;
  last_ = std::move(status);
  const std::vector<Done> done = std::exchange(now_, std::exchange(next_, {}));
  if (std::exchange(again_, false)) start();
  const base::Status told = last_;
  ended_(told);
  for (const Done& each : done) each(told);
}

}  // namespace superspan::api
