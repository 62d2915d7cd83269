// SPDX-License-Identifier: Apache-2.0
#include "api/change_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>

namespace superspan::api {
namespace {

class Changes : public ::testing::Test {
 protected:
  // `prepared`: the preparation ends when the test says so.
  void add(std::set<std::string> names, const std::string& what, std::promise<void>* prepared = nullptr) {
    std::function<void()> prepare;
    if (prepared != nullptr)
      prepare = [future = std::make_shared<std::future<void>>(prepared->get_future())] { future->wait(); };
    EXPECT_TRUE(queue_->add(std::move(names), std::move(prepare), [this, what] { made_ += what; }));
  }
  void run_until(const std::string& made) {
    while (made_ != made) io_.run_one_for(std::chrono::seconds(60));
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  std::string made_;
  std::optional<ChangeQueue> queue_{io_};
};

TEST_F(Changes, ThatNeedNoPreparationAreMadeAtOnce) {
  add({"web"}, "1");
  EXPECT_EQ(made_, "1");
}

TEST_F(Changes, OfOneNameKeepTheirOrderOthersOvertake) {
  std::promise<void> first;
  std::promise<void> third;
  add({"web"}, "1", &first);
  add({"web"}, "2");
  add({"dns", "web"}, "3", &third);
  add({"dns"}, "4");
  add({"ntp"}, "5");
  EXPECT_EQ(made_, "5");
  third.set_value();
  first.set_value();
  run_until("51234");
}

TEST_F(Changes, AreBounded) {
  std::promise<void> first;
  add({"web"}, "1", &first);
  for (std::size_t count = 1; count < kChangesMax; ++count) add({"web"}, "");
  const auto status = queue_->add({"dns"}, {}, [this] { made_ += "dns"; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, base::ErrorCode::kUnavailable);
  first.set_value();
  run_until("1");
  add({"dns"}, "2");
  EXPECT_EQ(made_, "12");
}

TEST_F(Changes, ThatWaitAreDroppedAtTheEnd) {
  std::promise<void> first;
  add({"web"}, "1", &first);
  first.set_value();
  queue_.reset();
  io_.poll();
  EXPECT_EQ(made_, "");
}

}  // namespace
}  // namespace superspan::api
