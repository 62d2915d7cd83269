// SPDX-License-Identifier: Apache-2.0
// Changes of policies, one after the other as far as they share names. Each is first prepared on a worker thread
// (compiling a tangled expression takes up to a second), then made on the io thread; meanwhile that thread serves
// everybody else.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>

#include "base/result.h"

namespace superspan::api {

inline constexpr std::size_t kChangesMax = 256;

class ChangeQueue {
 public:
  explicit ChangeQueue(boost::asio::io_context& io) : io_(io) {}
  ~ChangeQueue();  // waits for the preparations under way; nothing is called back any more
  ChangeQueue(const ChangeQueue&) = delete;
  ChangeQueue& operator=(const ChangeQueue&) = delete;

  // `prepare` runs on a worker thread and shares nothing with other threads; it may be empty. `make` runs on the io
  // thread when `prepare` is done and every earlier change of one of `names` was made: at once if there is nothing to
  // wait for. kUnavailable if kChangesMax changes wait already; then nothing runs.
  [[nodiscard]] base::Status add(std::set<std::string> names, std::function<void()> prepare,
                                 std::function<void()> make);

 private:
  struct Change {
    std::set<std::string> names;
    std::function<void()> make;
    bool prepared = false;
  };
  using Changes = std::list<Change>;
  void make_all();
  [[nodiscard]] Changes::iterator next();

  boost::asio::io_context& io_;
  Changes changes_;  // in the order in which they came
  bool making_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  boost::asio::thread_pool pool_{2};
};

}  // namespace superspan::api
