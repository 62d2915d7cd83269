// SPDX-License-Identifier: Apache-2.0
// The controller without a network: time stands still until the test moves it.
#include "api/controller.h"

#include <gtest/gtest.h>

#include <atomic>

#include "api/testing.h"

namespace superspan::api {
namespace {

// A store whose disk is full while `full`.
class FullStore final : public store::Store {
 public:
  struct Disk {
    bool full = false;
    int commits = 0;
    std::atomic<bool> refuses_flush = false;  // asked on another thread
  };
  explicit FullStore(Disk& disk) : disk_(disk) {}
  base::Result<store::Contents> load() override { return memory_->load(); }
  base::Status commit(const store::Change& change) override {
    ++disk_.commits;
    if (!disk_.full) return memory_->commit(change);
    return base::fail(base::ErrorCode::kInternal, "the disk is full", "make room");
  }
  base::Status flush() override {
    if (!disk_.refuses_flush) return {};
    return base::fail(base::ErrorCode::kInternal, "the disk is ill", "change it");
  }

 private:
  Disk& disk_;
  std::unique_ptr<store::Store> memory_ = store::make_memory_store();
};

class ControllerTest : public ::testing::Test {
 protected:
  ControllerTest() {
    auto topology = fabric::Topology::parse(testing::kFabric, "test.yaml");
    auto controller =
        Controller::start(io_, std::make_shared<const fabric::Topology>(std::move(*topology)),
                          std::make_unique<FullStore>(disk_), clock_, {std::nullopt, {}, "0.1.0", "", {}});
    if (!controller) throw std::runtime_error(base::render(controller.error()));
    controller_ = std::move(*controller);
  }

  base::Status put(const std::string& name, store::PolicyText text) {
    std::optional<base::Status> status;
    controller_->apply({{name, std::move(text), {}}}, {}, [&](const auto& result) {
      status = result ? base::Status{} : base::Status(std::unexpected(result.error().front().error));
    });
    while (!status) io_.run_one();
    return *status;
  }
  // The node tells again and again that the packets of these policies are used up, as nodes do.
  void heartbeat(std::vector<std::string> ended, boost::json::object counters = {}) {
    std::uint64_t revision = 0;
    for (const auto& node : controller_->engine().nodes()) revision = node.revision;
    const Registration registration{*http::parse_endpoint("unix:/nowhere/node.sock"),
                                    testing::kToken,
                                    "0.1.0",
                                    controller_->nodes().controller(),
                                    revision,
                                    std::move(ended),
                                    std::move(counters)};
    EXPECT_TRUE(controller_->node_heard("node1", registration));
  }
  int events(const std::string& type) {
    int count = 0;
    for (const auto& event : controller_->events().events()) count += event.type == type ? 1 : 0;
    return count;
  }

  FullStore::Disk disk_;
  base::ManualClock clock_;
  boost::asio::io_context io_{1};
  std::unique_ptr<Controller> controller_;
};

TEST_F(ControllerTest, ALimitThatCannotBeStoredIsTriedEverMoreSeldom) {
  ASSERT_TRUE(put("web", {.expression = "ip", .packets = 10}));
  ASSERT_TRUE(put("dns", {.expression = "udp", .packets = 10}));
  disk_.full = true;
  disk_.commits = 0;
  for (int second = 0; second < 600; ++second) {
    for (int beat = 0; beat < 20; ++beat) {
      heartbeat({"web", "dns"});
      clock_.advance(std::chrono::milliseconds(50));
    }
  }
  // 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, then every 30 s.
  EXPECT_EQ(disk_.commits, 7 + 18);
  EXPECT_EQ(events("store-failed"), 1);
  EXPECT_EQ(controller_->policy("web")->state, "pending");

  disk_.full = false;
  clock_.advance(std::chrono::seconds(30));
  heartbeat({});
  EXPECT_EQ(controller_->policy("web")->state, "ended");
  EXPECT_EQ(controller_->policy("dns")->state, "ended");
  EXPECT_EQ(events("store-recovered"), 1);
  EXPECT_EQ(events("policy-ended"), 2);
}

TEST_F(ControllerTest, AChangeThatIsStoredEndsThePause) {
  ASSERT_TRUE(put("web", {.expression = "ip", .packets = 10}));
  disk_.full = true;
  for (int beat = 0; beat < 100; ++beat) {
    heartbeat({"web"});
    clock_.advance(std::chrono::seconds(1));
  }
  EXPECT_FALSE(put("dns", {.expression = "udp"}));
  disk_.full = false;
  EXPECT_TRUE(put("dns", {.expression = "udp"}));
  heartbeat({});
  EXPECT_EQ(controller_->policy("web")->state, "ended");
}

TEST_F(ControllerTest, ADiskThatRefusesToFlushIsToldOnceAndToEveryClient) {
  disk_.refuses_flush = true;
  for (const char* name : {"a", "b", "c"}) {
    const auto stored = put(name, {.expression = "ip"});
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().message, "the disk is ill");
  }
  EXPECT_EQ(events("store-failed"), 1);
  disk_.refuses_flush = false;
  EXPECT_TRUE(put("d", {.expression = "ip"}));
  EXPECT_EQ(events("store-recovered"), 1);
}

TEST_F(ControllerTest, ALimitOfAnEarlierPolicyOfThatNameEndsNoOther) {
  ASSERT_TRUE(put("web", {.expression = "ip", .packets = 10}));
  disk_.full = true;
  heartbeat({"web"});
  disk_.full = false;
  ASSERT_TRUE(put("web", {.expression = "ip6", .packets = 10}));
  clock_.advance(std::chrono::seconds(30));
  heartbeat({});
  EXPECT_EQ(controller_->policy("web")->state, "pending");
}

TEST_F(ControllerTest, AFullDiskAtANodeIsAnEventWhenItBeginsAndWhenItIsOver) {
  const std::string full = "cannot write: No space left on device";
  const auto say = [&](const std::vector<std::string>& problems) {
    heartbeat({}, {{"problems", boost::json::array(problems.begin(), problems.end())}});
    return controller_->events().events().back();
  };
  auto event = say({"web: " + full});
  EXPECT_EQ(event.type, "node-problem");
  EXPECT_EQ(event.place, "node1");
  EXPECT_EQ(event.text, "web: " + full);
  say({"web: " + full});
  EXPECT_EQ(events("node-problem"), 1) << "it is still the same";
  event = say({"web: " + full, "dns: " + full, "a: " + full});
  EXPECT_EQ(events("node-problem"), 2);
  EXPECT_EQ(event.text, "a: " + full + "; and 1 more");
  say({"web: " + full});
  EXPECT_EQ(events("node-recovered"), 0);
  event = say({});
  EXPECT_EQ(event.type, "node-recovered");
  EXPECT_EQ(event.place, "node1");
  EXPECT_EQ(event.text, "web: " + full);
  say({});
  EXPECT_EQ(events("node-recovered"), 1);
  EXPECT_EQ(events("node-problem"), 2);
}

TEST_F(ControllerTest, CountersOfPoliciesThatAreGoneAreForgotten) {
  const auto told_of = [&] { return controller_->nodes().find("node1")->policies.size(); };
  boost::json::object counters;
  for (int round = 0; round < 3; ++round) {
    boost::json::object policies{{"web", {{"number", 1}, {"received", 5}}}};
    for (int index = 0; index < 1000; ++index) {
      policies["gone-" + std::to_string(1000 * round + index)] = {{"number", 7}, {"received", 5}};
    }
    counters["policies"] = std::move(policies);
    ASSERT_TRUE(put("web", {.expression = "ip"}));
    heartbeat({}, counters);
    EXPECT_EQ(told_of(), 1U);
    EXPECT_EQ(controller_->statistics("web")->nodes.size(), round == 0 ? 1U : 0U) << "the number is of another policy";
    controller_->remove_policy("web", {}, base::Duration{0}, [](const auto& gone) { EXPECT_TRUE(gone); });
    EXPECT_EQ(told_of(), 0U);
    heartbeat({}, counters);  // the node has closed it, and remembers
    EXPECT_EQ(told_of(), 0U);
  }
}

}  // namespace
}  // namespace superspan::api
