// SPDX-License-Identifier: Apache-2.0
// What dies with kill -9 while traffic flows: the controller costs no packet, a switch has its flows again at once, and
// through it all no frame leaves a tap port.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <thread>

#include "lab/testing.h"
#include "tests/lab/rig.h"

namespace superspan::lab_test {
namespace {

using http::Method;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kFlowsBack{3};

// send_everything() again and again until it is stopped.
class Traffic {
 public:
  Traffic()
      : thread_([this] {
          for (std::uint32_t first = 1; !stopping_ && result_; first += 4) result_ = send_everything(first, 1);
        }) {}
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;
  ~Traffic() { static_cast<void>(stop()); }
  base::Status stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return result_;
  }

 private:
  std::atomic<bool> stopping_ = false;
  base::Status result_;
  std::thread thread_;  // last: it uses the others
};

std::int64_t flow_mods(Rig& rig) {
  std::int64_t sum = 0;
  const auto switches = rig.call(Method::kGet, "/v1/switches");
  EXPECT_TRUE(switches) << base::render(switches.error());
  for (const auto& item : switches->at("switches").as_array())
    sum += item.as_object().at("mods").to_number<std::int64_t>();
  return sum;
}

bool all_synced(Rig& rig) {
  const auto health = rig.call(Method::kGet, "/v1/health");
  return health && health->at("switches_synced") == health->at("switches");
}

// Whether the condition holds within the time after `begin`; how long it took, in seconds.
std::pair<bool, double> within(Clock::time_point begin, milliseconds time, const std::function<bool()>& condition) {
  while (true) {
    const bool holds = condition();
    const std::chrono::duration<double> passed = Clock::now() - begin;
    if (holds || passed > time) return {holds, passed.count()};
    std::this_thread::sleep_for(milliseconds(20));
  }
}

std::vector<std::string> recordings_of(const Rig& rig, const PolicyCase& policy) {
  std::vector<std::string> files;
  for (const auto& file : rig.recordings("node1")) {
    if (file.find("/" + policy.name + "-") != std::string::npos) files.push_back(file);
  }
  return files;
}

TEST(Kill, TheControllerUnderTrafficStopsNoPacketAndRewritesNoFlow) {
  const PolicyCase to_tool{"all", "", {"leaf1-host1", "leaf4-host8"}, {"t1"}};
  const PolicyCase recorded{"udp", "udp", {}, {"node1"}, true};
  const auto rig = Rig::start("leaf-spine", true);
  ASSERT_TRUE(rig) << base::render(rig.error());
  ASSERT_TRUE((*rig)->open_witnesses());
  for (const auto* policy : {&to_tool, &recorded}) {
    const auto applied = (*rig)->apply(*policy);
    ASSERT_TRUE(applied) << base::render(applied.error());
  }
  (*rig)->begin_window();
  Traffic traffic;
  std::this_thread::sleep_for(milliseconds(500));
  ASSERT_TRUE((*rig)->kill("superspand"));
  std::this_thread::sleep_for(milliseconds(1500));
  ASSERT_TRUE((*rig)->restart("superspand"));
  const auto back = within(Clock::now(), std::chrono::seconds(10), [&] { return all_synced(**rig); });
  EXPECT_TRUE(back.first);
  fmt::print("  all switches in agreement {:.2f} s after the return of the controller\n", back.second);
  std::this_thread::sleep_for(milliseconds(500));
  EXPECT_EQ(flow_mods(**rig), 0) << "the restarted controller changed flows that were right";
  const auto sent = traffic.stop();
  EXPECT_TRUE(sent) << base::render(sent.error());
  (*rig)->close_witnesses();
  for (const auto* policy : {&to_tool, &recorded}) ASSERT_TRUE((*rig)->remove(policy->name));
  std::this_thread::sleep_for(milliseconds(500));  // a node closes its files 200 ms later
  fmt::print("  {}\n", witness::table_header());
  expect_clean(to_tool, (*rig)->judge_tool(to_tool), 1000);
  expect_clean(recorded, (*rig)->judge_files(recorded, recordings_of(**rig, recorded)), 200);
  EXPECT_EQ((*rig)->leaking_taps(), std::vector<std::string>());
}

TEST(Kill, ASwitchUnderTrafficHasItsFlowsWithinThreeSeconds) {
  const PolicyCase policy{"all", "", {"leaf1-host1"}, {"t1"}};
  const auto rig = Rig::start("leaf-spine", false);
  ASSERT_TRUE(rig) << base::render(rig.error());
  ASSERT_TRUE((*rig)->apply(policy));
  ASSERT_TRUE((*rig)->open_witnesses());
  Traffic traffic;
  for (const char* name : {"filter1", "mux1", "delivery1"}) {
    ASSERT_TRUE((*rig)->kill(fmt::format("{}/ovs-vswitchd", name)));
    EXPECT_TRUE(within(Clock::now(), std::chrono::seconds(10), [&] { return !all_synced(**rig); }).first) << name;
    const auto return_of_switch = Clock::now();
    ASSERT_TRUE((*rig)->restart(fmt::format("{}/ovs-vswitchd", name)));
    const auto back = within(return_of_switch, kFlowsBack, [&] { return all_synced(**rig); });
    EXPECT_TRUE(back.first) << name;
    fmt::print("  {} has its flows {:.2f} s after it was started\n", name, back.second);
  }
  EXPECT_TRUE((*rig)->call(Method::kGet, "/v1/flows?view=diff")->at("flows").as_array().empty());
  const auto sent = traffic.stop();
  EXPECT_TRUE(sent) << base::render(sent.error());
  (*rig)->begin_window();
  ASSERT_TRUE(send_everything(100'000, 1));
  (*rig)->close_witnesses();
  fmt::print("  {}\n", witness::table_header());
  expect_clean(policy, (*rig)->judge_tool(policy), 65);
  EXPECT_EQ((*rig)->leaking_taps(), std::vector<std::string>());
}

}  // namespace
}  // namespace superspan::lab_test

int main(int argc, char** argv) {
  return superspan::lab::test::run_lab_tests(
      argc, argv, {"ip", "tc", "ovs-vswitchd", "nginx", "dnsmasq", "iperf3", "tcpdump", "curl", "dig"});
}
