// SPDX-License-Identifier: Apache-2.0
// A policy that is reported active misses no packet: traffic flows already when it is put, and each frame that is sent
// after the answer comes, once.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "lab/testing.h"
#include "tests/lab/numbered_frames.h"
#include "tests/lab/rig.h"

namespace superspan::lab_test {
namespace {

using Clock = NumberedSender::Clock;
using std::chrono::milliseconds;

constexpr unsigned kRounds = 20;
constexpr unsigned kFramesPerSecond = 5000;
constexpr milliseconds kSendFor{100};
constexpr milliseconds kPatience{10'000};  // a busy machine has frames waiting in front of its switches

struct Round {
  Clock::time_point active;
  std::uint32_t last = 0;  // number of the last frame that counts
};

struct Losses {
  std::size_t offered = 0;
  std::size_t doubled = 0;
  std::vector<double> lost_ms;  // after the policy was active
};

Losses losses_of(const Round& round, const std::vector<Clock::time_point>& times, const std::vector<unsigned>& came) {
  Losses out;
  for (std::uint32_t number = 0; number <= round.last && number < times.size(); ++number) {
    if (times[number] <= round.active) continue;
    ++out.offered;
    const unsigned copies = number < came.size() ? came[number] : 0;
    if (copies > 1) ++out.doubled;
    if (copies == 0)
      out.lost_ms.push_back(std::chrono::duration<double, std::milli>(times[number] - round.active).count());
  }
  return out;
}

void expect_no_losses(const char* where, const std::vector<Round>& rounds, const std::vector<Clock::time_point>& times,
                      const std::vector<unsigned>& came) {
  std::size_t lost = 0;
  for (std::size_t index = 0; index < rounds.size(); ++index) {
    const Losses losses = losses_of(rounds[index], times, came);
    std::string when;
    if (!losses.lost_ms.empty()) {
      when =
          fmt::format(", sent {:.2f} to {:.2f} ms after it was active", losses.lost_ms.front(), losses.lost_ms.back());
    }
    fmt::print("  {}, round {:>2}: {:>4} sent while active, {} lost{}\n", where, index + 1, losses.offered,
               losses.lost_ms.size(), when);
    EXPECT_GT(losses.offered, 100u) << "the sender was too slow to prove anything";
    EXPECT_EQ(losses.doubled, 0u);
    lost += losses.lost_ms.size();
  }
  EXPECT_EQ(lost, 0u) << where;
}

// Puts the policy and removes it, round after round, while frames that it wants pass.
void expect_nothing_lost(const std::string& topology, const std::string& expression) {
  const auto rig = Rig::start(topology, false);
  ASSERT_TRUE(rig) << base::render(rig.error());
  const auto receiver = NumberedReceiver::open("ss-tools", "t1");
  ASSERT_TRUE(receiver) << base::render(receiver.error());
  ASSERT_TRUE((*rig)->apply({"unrelated", "tcp", {}, {"t2"}}));
  NumberedSender sender("ss-host1", "eth0", kFramesPerSecond);
  std::this_thread::sleep_for(milliseconds(300));  // switches remember by now that nobody wants these frames
  std::vector<Round> rounds;
  for (unsigned index = 0; index < kRounds; ++index) {
    const PolicyCase policy{fmt::format("round-{}", index), expression, {}, {"t1", "node1"}, true};
    const auto applied = (*rig)->apply(policy);
    const auto active = Clock::now();
    ASSERT_TRUE(applied) << base::render(applied.error());
    std::this_thread::sleep_for(kSendFor);
    rounds.push_back({active, sender.count() - 1});
    // The policy stays until the last frame that counts has passed, so that only its beginning is judged.
    EXPECT_TRUE((*receiver)->wait_for(rounds.back().last, kPatience));
    ASSERT_TRUE((*rig)->remove(policy.name));
    std::this_thread::sleep_for(milliseconds(50));
  }
  const auto sent = sender.stop();
  ASSERT_TRUE(sent) << base::render(sent.error());
  expect_no_losses("at the tool", rounds, sender.times(), (*receiver)->counts());
  std::this_thread::sleep_for(milliseconds(500));  // a node closes its files 200 ms after the end of a policy
  const auto recorded = counts_in((*rig)->recordings("node1"));
  ASSERT_TRUE(recorded) << base::render(recorded.error());
  expect_no_losses("recorded", rounds, sender.times(), *recorded);
}

// What the removal of the policy says was delivered.
std::uint64_t last_count(Rig& rig, const std::string& policy) {
  const auto removal = rig.call(http::Method::kDelete, "/v1/policies/" + policy);
  EXPECT_TRUE(removal) << base::render(removal.error());
  std::uint64_t packets = 0;
  if (!removal) return packets;
  EXPECT_TRUE(removal->at("confirmed").as_bool());
  for (const auto& hop : removal->at("hops").as_array()) {
    if (hop.at("stage").as_string() == "delivery") packets += hop.at("packets").to_number<std::uint64_t>();
  }
  return packets;
}

TEST(Active, TheLastCountersOfAPolicyAreWhatItsToolGot) {
  const auto rig = Rig::start("leaf-spine", false);
  ASSERT_TRUE(rig) << base::render(rig.error());
  const auto receiver = NumberedReceiver::open("ss-tools", "t1");
  ASSERT_TRUE(receiver) << base::render(receiver.error());
  NumberedSender sender("ss-host1", "eth0", kFramesPerSecond);
  std::uint64_t told = 0;
  for (unsigned index = 0; index < 3; ++index) {
    const PolicyCase policy{fmt::format("round-{}", index), fmt::format("udp port {}", kNumberedPort), {}, {"t1"}};
    ASSERT_TRUE((*rig)->apply(policy));
    std::this_thread::sleep_for(kSendFor);
    told += last_count(**rig, policy.name);
  }
  ASSERT_TRUE(sender.stop());
  const std::vector<unsigned> came = (*receiver)->counts();
  const auto received = std::accumulate(came.begin(), came.end(), std::uint64_t{0});
  fmt::print("  {} frames at the tool, {} told\n", received, told);
  EXPECT_GT(received, 1000u);
  EXPECT_EQ(told, received);
}

// It has reached its limit before anybody could come to read.
TEST(Active, ASmallCaptureOfAFloodHasItsPackets) {
  const auto rig = Rig::start("leaf-spine", false);
  ASSERT_TRUE(rig) << base::render(rig.error());
  const auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto file = (*rig)->run_dir() / "small.pcapng";
  NumberedSender sender("ss-host1", "eth0", kFramesPerSecond);
  for (const unsigned wanted : {1U, 3U, 20U, 500U}) {
    const auto done = lab::run({folder / "superspan", "capture", fmt::format("udp port {}", kNumberedPort), "-c",
                                std::to_string(wanted), "-w", file});
    ASSERT_TRUE(done) << base::render(done.error());
    const auto came = counts_in({file});
    ASSERT_TRUE(came) << base::render(came.error());
    EXPECT_EQ(std::accumulate(came->begin(), came->end(), 0U), wanted);
  }
  ASSERT_TRUE(sender.stop());
}

TEST(Active, NothingIsLostOnceThePolicyIsReportedActive) {
  expect_nothing_lost("leaf-spine", fmt::format("udp port {}", kNumberedPort));
}

TEST(Active, NothingIsLostInOneSwitchEither) {
  expect_nothing_lost("one-switch", "ip");
}

}  // namespace
}  // namespace superspan::lab_test

int main(int argc, char** argv) {
  return superspan::lab::test::run_lab_tests(argc, argv, {"ip", "tc", "ovs-vswitchd", "nginx", "dnsmasq", "iperf3"});
}
