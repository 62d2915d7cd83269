// SPDX-License-Identifier: Apache-2.0
// The whole lab on this machine, without superspan's own daemons. Needs root, Open vSwitch and the service programs.
#include "lab/lab.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <thread>

#include "lab/file.h"
#include "lab/network.h"
#include "lab/process.h"
#include "lab/traffic.h"

namespace superspan::lab {
namespace {

using base::ErrorCode;
using std::filesystem::path;

const path kRun{std::string(kRunDir)};

void say(std::string_view line) {
  fmt::print("  {}\n", line);
}

UpOptions without_control() {
  UpOptions options;
  options.start_control = false;
  options.start_traffic = false;
  return options;
}

std::string must_run(const Arguments& arguments, const std::string& space = "") {
  const auto out = run(arguments, {space, "", {}});
  EXPECT_TRUE(out) << base::render(out.error());
  return out.value_or("");
}

// What a lab could leave behind: namespaces, interfaces, processes, files.
std::map<std::string, std::string> traces() {
  std::map<std::string, std::string> out;
  out["namespaces"] = must_run({"ip", "netns", "list"});
  out["devices"] = must_run({"ip", "-o", "link"});
  out["routes"] = must_run({"ip", "route"});
  out["processes"] = must_run(
      {"sh", "-c",
       "ps -eo stat,args | grep -v ^Z | grep -E '/run/superspan|ovs-vswitchd|ovsdb-server' | grep -v grep; true"});
  out["files"] = must_run({"sh", "-c",
                           "find /run/superspan /run/openvswitch /var/log/openvswitch /etc/netns /run/dpdk "
                           "/var/lib/nginx /var/log/nginx 2>/dev/null | sort; true"});
  return out;
}

// A tcpdump that is known to listen.
class Witness {
 public:
  Witness(const std::string& space, const std::string& device, const std::string& direction)
      : file_(kRun / fmt::format("{}-{}-{}.pcap", space, device, direction)), log_(file_.string() + ".log") {
    Arguments arguments = {"tcpdump", "-Z",  "root", "-U", "--immediate-mode", "-B", "8192", "-Q",
                           direction, "-ni", device, "-w", file_.string()};
    const auto started =
        start_daemon({"tcpdump", space, std::move(arguments), {}, log_}, [](ProcessId) { return base::Status(); });
    EXPECT_TRUE(started) << base::render(started.error());
    process_ = started.value_or(ProcessId());
    for (int attempt = 0; attempt < 250; ++attempt) {
      if (read_file(log_).value_or("").find("listening on") != std::string::npos) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ADD_FAILURE() << "tcpdump does not listen: " << last_lines(log_, 3);
  }

  // Ends it and gives the frames as a multiset.
  std::map<std::string, int> frames() {
    end_processes({process_}, std::chrono::milliseconds(3000));
    std::map<std::string, int> out;
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t* handle = pcap_open_offline(file_.c_str(), error);
    EXPECT_NE(handle, nullptr) << error;
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    while (handle != nullptr && pcap_next_ex(handle, &header, &data) == 1)
      ++out[std::string(data, data + header->caplen)];
    if (handle != nullptr) pcap_close(handle);
    return out;
  }

 private:
  path file_;
  path log_;
  ProcessId process_;
};

// How many frames of `left` are not in `right`.
int frames_less(const std::map<std::string, int>& left, const std::map<std::string, int>& right) {
  int count = 0;
  for (const auto& [frame, times] : left) {
    const auto found = right.find(frame);
    count += std::max(0, times - (found == right.end() ? 0 : found->second));
  }
  return count;
}

struct LabTest : testing::Test {
  static void SetUpTestSuite() {
    EXPECT_TRUE(down(kRun, say));  // what an earlier run may have left
    before = traces();
  }
  static void TearDownTestSuite() {
    EXPECT_TRUE(down(kRun, {}));
    EXPECT_EQ(traces(), before) << "the lab left something behind";
  }
  // Brings up the default lab unless it is up.
  void SetUp() override {
    if (lab::status(kRun)->up) return;
    const auto built = up(without_control(), say);
    ASSERT_TRUE(built) << base::render(built.error());
  }
  static inline std::map<std::string, std::string> before;
};

TEST_F(LabTest, StatusShowsEverythingRunning) {
  const auto report = lab::status(kRun);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->topology, "leaf-spine");
  EXPECT_EQ(report->namespaces.size(), 21u);
  EXPECT_EQ(report->processes.size(), 4 * 2 + 4u);
  for (const auto& item : report->processes) EXPECT_TRUE(item.running) << item.name;
  for (const auto& item : report->namespaces) EXPECT_TRUE(item.present) << item.name;
  EXPECT_FALSE(report->next_steps.empty());
}

TEST_F(LabTest, HostsReachEachOtherAndTheServices) {
  must_run({"ping", "-c1", "-W2", "10.1.7.2"}, "ss-host1");
  must_run({"ping", "-c1", "-W2", "fd00:1:8::2"}, "ss-host1");
  EXPECT_EQ(must_run({"curl", "-sS", "-m5", "http://10.1.3.2/"}, "ss-host1"), "hello from host3\n");
  EXPECT_EQ(must_run({"curl", "-sSk", "-m5", "https://[fd00:1:7::2]/"}, "ss-host2"), "hello from host7\n");
  EXPECT_EQ(must_run({"dig", "+short", "@10.1.5.2", "host3.lab"}, "ss-host4"), "10.1.3.2\n");
  EXPECT_EQ(must_run({"dig", "+short", "@fd00:1:5::2", "host3.lab", "AAAA"}, "ss-host4"), "fd00:1:3::2\n");
  must_run({"iperf3", "-c", "10.1.8.2", "-n", "100K"}, "ss-host2");
}

TEST_F(LabTest, ManyFlowsUseBothSpines) {
  const auto sent = [](const char* port) {
    return std::stoull(must_run(
        {"sh", "-c", fmt::format("ip -n ss-leaf1 -s -j link show dev {} | jq '.[0].stats64.tx.packets'", port)}));
  };
  const auto before_one = sent("spine1");
  const auto before_two = sent("spine2");
  // Nobody listens there: only the way counts.
  must_run({"bash", "-c", "for i in {1..40}; do echo x > /dev/udp/10.1.6.2/$((9000 + i)); done"}, "ss-host1");
  EXPECT_GT(sent("spine1"), before_one + 5);
  EXPECT_GT(sent("spine2"), before_two + 5);
}

TEST_F(LabTest, ATapCopiesExactlyWhatItsPortCarries) {
  struct Pair {
    Witness port;
    Witness tap;
    Witness out_of_tap;
  };
  Pair host{{"ss-leaf1", "host1", "inout"}, {"ss-filter1", "leaf1-host1", "in"}, {"ss-filter1", "leaf1-host1", "out"}};
  Pair spine{
      {"ss-leaf4", "spine2", "inout"}, {"ss-filter2", "leaf4-spine2", "in"}, {"ss-filter2", "leaf4-spine2", "out"}};
  const auto frames = send_sample_frames("ss-host1", "eth0", 1, 3, std::chrono::microseconds(200));
  ASSERT_TRUE(frames) << base::render(frames.error());
  const auto tagged_transit = send_sample_frames("ss-spine2", "leaf4", 100, 1, std::chrono::microseconds(200));
  ASSERT_TRUE(tagged_transit) << base::render(tagged_transit.error());
  must_run({"curl", "-sS", "-m5", "-o", "/dev/null", "http://10.1.7.2/large"}, "ss-host1");
  must_run({"bash", "-c", "for i in {1..8}; do curl -sS -m5 -o /dev/null 'http://[fd00:1:7::2]/large'; done"},
           "ss-host1");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  for (Pair* pair : {&host, &spine}) {
    const auto carried = pair->port.frames();
    const auto copied = pair->tap.frames();
    EXPECT_EQ(frames_less(carried, copied), 0) << "frames that were not copied";
    EXPECT_EQ(frames_less(copied, carried), 0) << "copies of nothing";
    EXPECT_GT(copied.size(), 65u);
    EXPECT_TRUE(pair->out_of_tap.frames().empty()) << "something left through a tap port";
  }
}

TEST_F(LabTest, ATapThatCarriesNothingIsSilent) {
  must_run({"ip", "-n", "ss-host6", "link", "set", "eth0", "down"});
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  Witness tap("ss-filter2", "leaf3-host6", "inout");
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_TRUE(tap.frames().empty());
  ASSERT_TRUE(down(kRun, {}));  // the link is not what up() made any more
}

TEST_F(LabTest, ASecondUpIsAConflictAndHarmsNothing) {
  const auto again = up(without_control(), {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(again.error().hint, "run `superspan lab down` first");
  EXPECT_TRUE(lab::status(kRun)->up);
}

TEST_F(LabTest, DownRemovesEverythingAndIsFineTwice) {
  ASSERT_TRUE(down(kRun, say));
  EXPECT_EQ(traces(), before);
  ASSERT_TRUE(down(kRun, say));
  EXPECT_FALSE(lab::status(kRun)->up);
}

TEST_F(LabTest, DownWorksAfterPiecesWereKilled) {
  const auto report = lab::status(kRun);
  for (std::size_t index = 0; index < report->processes.size(); index += 3) kill(report->processes[index].pid, SIGKILL);
  must_run({"ip", "netns", "delete", "ss-leaf2"});
  must_run({"ip", "link", "delete", "ss-mgmt"});
  std::filesystem::remove_all(kRun / "filter1");
  // And somebody still looks at the lab from inside.
  const auto guest = start_daemon({"guest", "ss-tools", {"sleep", "600"}, {}, kRun / "guest.log"},
                                  [](ProcessId) { return base::Status(); });
  ASSERT_TRUE(guest);
  const auto done = down(kRun, say);
  ASSERT_TRUE(done) << base::render(done.error());
  EXPECT_FALSE(is_running(*guest));
  EXPECT_EQ(traces(), before);
}

TEST_F(LabTest, DownWorksWhenUpDiedInTheMiddle) {
  ASSERT_TRUE(down(kRun, {}));
  const pid_t child = fork();
  if (child == 0) {
    // Dies without any cleaning, as by kill -9, when the network is there and the switches are next.
    static_cast<void>(up(without_control(), [](std::string_view) { _exit(0); }));
    _exit(1);
  }
  int how = 1;
  waitpid(child, &how, 0);
  EXPECT_EQ(how, 0);
  EXPECT_NE(traces(), before);
  EXPECT_FALSE(lab::status(kRun)->up);
  ASSERT_TRUE(down(kRun, say));
  EXPECT_EQ(traces(), before);
}

TEST_F(LabTest, AnInterruptRemovesWhatWasBuilt) {
  ASSERT_TRUE(down(kRun, {}));
  const auto built = up(without_control(), [](std::string_view) { kill(getpid(), SIGINT); });
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().message, "interrupted");
  EXPECT_EQ(traces(), before);
}

TEST_F(LabTest, AFailureTellsTheLastWordsAndRemovesEverything) {
  ASSERT_TRUE(down(kRun, {}));
  const path folder = std::filesystem::temp_directory_path() / fmt::format("superspan-fake-{}", getpid());
  std::filesystem::create_directories(folder);
  for (const char* program : {"superspand", "superspan-node"}) {
    std::ofstream(folder / program) << "#!/bin/sh\necho 'fabric.yaml:3:1: no such profile' >&2\nexit 2\n";
    std::filesystem::permissions(folder / program, std::filesystem::perms::owner_all);
  }
  UpOptions options;
  options.start_traffic = false;
  options.binaries_dir = folder;
  const auto built = up(options, say);
  ASSERT_FALSE(built);
  EXPECT_NE(built.error().message.find("superspand ended"), std::string::npos) << built.error().message;
  EXPECT_NE(built.error().message.find("no such profile"), std::string::npos) << built.error().message;
  EXPECT_EQ(traces(), before);
  std::filesystem::remove_all(folder);
}

TEST_F(LabTest, WhatIsNotOursStays) {
  ASSERT_TRUE(down(kRun, {}));
  must_run({"ip", "netns", "add", "ss-host1"});
  const auto built = up(without_control(), {});
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(down(kRun, {}));
  EXPECT_EQ(access("/run/netns/ss-host1", F_OK), 0);
  must_run({"ip", "netns", "delete", "ss-host1"});
}

TEST_F(LabTest, MissingProgramsAreNamedBeforeAnythingIsMade) {
  ASSERT_TRUE(down(kRun, {}));
  UpOptions options;
  options.binaries_dir = "/nonexistent";
  const auto built = up(options, {});
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(built.error().message.find("superspand"), std::string::npos);
  EXPECT_EQ(traces(), before);
}

TEST_F(LabTest, OneSwitchWithTrafficComesUp) {
  ASSERT_TRUE(down(kRun, {}));
  UpOptions options = without_control();
  options.topology = "one-switch";
  options.start_traffic = true;
  ASSERT_TRUE(up(options, say));
  Witness tap("ss-switch1", "leaf4-host8", "in");
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));  // more than one round
  EXPECT_GT(tap.frames().size(), 20u);
  const auto report = lab::status(kRun);
  for (const auto& item : report->processes) EXPECT_TRUE(item.running) << item.name;
  ASSERT_TRUE(down(kRun, {}));
}

}  // namespace
}  // namespace superspan::lab

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (const char* program :
       {"ip", "tc", "ovs-vswitchd", "nginx", "dnsmasq", "iperf3", "tcpdump", "curl", "dig", "jq"}) {
    if (geteuid() == 0 && superspan::lab::has_program(program)) continue;
    fmt::print(stderr, "SKIPPED: the lab needs root and the program '{}' (tools/deps.txt)\n", program);
    return 77;
  }
  return RUN_ALL_TESTS();
}
