// SPDX-License-Identifier: Apache-2.0
// Puts commits on the disk while the fabric already works on them: a commit is written to the file at once (it survives
// the death of the process), a thread of its own waits for the disk, and whoever acknowledges a change waits for that.
// Not thread-safe; calls back on the io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace superspan::api {

class Flusher {
 public:
  using Done = std::function<void(const base::Status&)>;
  // `ended` hears of each flush. The others must outlive the flusher.
  Flusher(boost::asio::io_context& io, store::Store& store, std::function<void(const base::Status&)> ended);
  ~Flusher();  // waits for the flush under way; callbacks that still wait are not called
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;

  void committed();              // after each Store::commit
  void when_flushed(Done done);  // at once if there is nothing to wait for; after a failure the store is asked again

 private:
  void start();
  void complete(base::Status status);

  boost::asio::io_context& io_;
  store::Store& store_;
  std::function<void(const base::Status&)> ended_;
  bool running_ = false;
  bool again_ = false;      // something was committed since the flush under way began
  base::Status last_;       // of the flush that ended last
  std::vector<Done> now_;   // wait for the flush under way
  std::vector<Done> next_;  // wait for the one after it
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  boost::asio::thread_pool pool_{1};
};

}  // namespace superspan::api
