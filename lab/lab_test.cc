// SPDX-License-Identifier: Apache-2.0
// The whole lab on this machine, without superspan's own daemons. Needs root, Open vSwitch and the service programs.
#include "lab/lab.h"

#include <pcap/pcap.h>
#include <signal.h>

#include <thread>

#include "lab/file.h"
#include "lab/network.h"
#include "lab/receive_buffer.h"
#include "lab/testing.h"
#include "lab/traffic.h"

namespace superspan::lab::test {
namespace {

using base::ErrorCode;
using std::filesystem::path;

using Frames = std::map<std::string, int>;  // how often each came, by its bytes
using Clock = std::chrono::system_clock;

struct Seen {
  Frames all;
  Frames inside;  // of the window
};

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

  // Ends it and gives what it saw. Two of them never begin and end together, so exactness is judged in a window.
  Seen frames(Clock::time_point from = Clock::time_point::min(), Clock::time_point until = Clock::time_point::max()) {
    end_processes({process_}, std::chrono::milliseconds(3000));
    Seen out;
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t* handle = pcap_open_offline(file_.c_str(), error);
    EXPECT_NE(handle, nullptr) << error;
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    while (handle != nullptr && pcap_next_ex(handle, &header, &data) == 1)
      add(out, *header, std::string(data, data + header->caplen), from, until);
    if (handle != nullptr) pcap_close(handle);
    return out;
  }

 private:
  static void add(Seen& seen, const pcap_pkthdr& header, std::string frame, Clock::time_point from,
                  Clock::time_point until) {
    const Clock::time_point time(std::chrono::seconds(header.ts.tv_sec) + std::chrono::microseconds(header.ts.tv_usec));
    if (time >= from && time <= until) ++seen.inside[frame];
    ++seen.all[std::move(frame)];
  }

  path file_;
  path log_;
  ProcessId process_;
};

// How many frames of `left` are not in `right`.
int frames_less(const Frames& left, const Frames& right) {
  int count = 0;
  for (const auto& [frame, times] : left) {
    const auto found = right.find(frame);
    count += std::max(0, times - (found == right.end() ? 0 : found->second));
  }
  return count;
}

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
  const auto from = Clock::now();
  const auto frames = send_sample_frames("ss-host1", "eth0", 1, 3, std::chrono::microseconds(200));
  ASSERT_TRUE(frames) << base::render(frames.error());
  const auto tagged_transit = send_sample_frames("ss-spine2", "leaf4", 100, 1, std::chrono::microseconds(200));
  ASSERT_TRUE(tagged_transit) << base::render(tagged_transit.error());
  must_run({"curl", "-sS", "-m5", "-o", "/dev/null", "http://10.1.7.2/large"}, "ss-host1");
  must_run({"bash", "-c", "for i in {1..8}; do curl -sS -m5 -o /dev/null 'http://[fd00:1:7::2]/large'; done"},
           "ss-host1");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto until = Clock::now() - std::chrono::milliseconds(100);
  for (Pair* pair : {&host, &spine}) {
    const auto carried = pair->port.frames(from, until);
    const auto copied = pair->tap.frames(from, until);
    EXPECT_EQ(frames_less(carried.inside, copied.all), 0) << "frames that were not copied";
    EXPECT_EQ(frames_less(copied.inside, carried.all), 0) << "copies of nothing";
    EXPECT_GT(copied.inside.size(), 65u);
    EXPECT_TRUE(pair->out_of_tap.frames().all.empty()) << "something left through a tap port";
  }
}

TEST_F(LabTest, ATapThatCarriesNothingIsSilent) {
  must_run({"ip", "-n", "ss-host6", "link", "set", "eth0", "down"});
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  Witness tap("ss-filter2", "leaf3-host6", "inout");
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_TRUE(tap.frames().all.empty());
  ASSERT_TRUE(down(kRun, {}));  // the link is not what up() made any more
}

TEST_F(LabTest, ASecondUpIsAConflictAndHarmsNothing) {
  const auto again = up(without_control(), {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(again.error().hint, "run `superspan lab down` first");
  EXPECT_TRUE(lab::status(kRun)->up);
}

TEST_F(LabTest, WhileOneUpIsAtWorkASecondIsToldWho) {
  ASSERT_TRUE(down(kRun, {}));
  std::vector<base::Status> meanwhile;
  const auto built = up(without_control(), [&](std::string_view) {
    meanwhile.push_back(up(without_control(), {}));
    meanwhile.push_back(down(kRun, {}));
  });
  ASSERT_TRUE(built) << base::render(built.error());
  EXPECT_GE(meanwhile.size(), 6u);
  for (const auto& refused : meanwhile) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    EXPECT_NE(refused.error().message.find(fmt::format("process {}, `", getpid())), std::string::npos)
        << refused.error().message;
  }
  EXPECT_TRUE(lab::status(kRun)->up);
}

// Bytes of the smallest receive buffer of a switch's ports, and how many ports have one.
std::pair<std::uint64_t, int> receive_buffers(const std::string& space) {
  std::pair<std::uint64_t, int> out{UINT64_MAX, 0};
  const std::string sockets = must_run({"ss", "-0", "-m", "-H"}, space);
  for (std::size_t at = 0; (at = sockets.find(",rb", at)) != std::string::npos; ++out.second) {
    at += 3;
    out.first = std::min<std::uint64_t>(out.first, std::stoull(sockets.substr(at)));
  }
  return out;
}

TEST_F(LabTest, ARestartedSwitchIsAsGoodAsAFreshOne) {
  const auto fresh = receive_buffers("ss-filter1");
  EXPECT_GE(fresh.first, std::uint64_t{kReceiveBufferBytes});
  EXPECT_GE(fresh.second, 9);  // 8 taps and a link
  const auto pid = [] {
    const auto report = lab::status(kRun);
    for (const auto& process : report->processes) {
      if (process.name == "filter1/ovs-vswitchd") return process.running ? process.pid : 0;
    }
    return -1;
  };
  const pid_t first = pid();
  ASSERT_TRUE(restart(kRun, "filter1", say));
  EXPECT_EQ(receive_buffers("ss-filter1"), fresh);
  kill(pid(), SIGKILL);
  ASSERT_TRUE(restart(kRun, "filter1/ovs-vswitchd", say));
  EXPECT_EQ(receive_buffers("ss-filter1"), fresh);
  EXPECT_GT(pid(), 0) << "status shows the process that runs";
  EXPECT_NE(pid(), first);
}

TEST_F(LabTest, AnyProcessOfTheLabCanBeRestarted) {
  ASSERT_TRUE(restart(kRun, "host3/nginx", say));
  EXPECT_EQ(must_run({"curl", "-sS", "-m5", "--retry", "5", "--retry-connrefused", "http://10.1.3.2/"}, "ss-host1"),
            "hello from host3\n");
  const auto unknown = restart(kRun, "filter9", {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_NE(unknown.error().hint.find("filter1/ovs-vswitchd"), std::string::npos) << unknown.error().hint;
  ASSERT_TRUE(down(kRun, {}));
  EXPECT_EQ(restart(kRun, "filter1", {}).error().code, ErrorCode::kNotFound);
}

TEST_F(LabTest, OneSwitchWithTrafficComesUp) {
  ASSERT_TRUE(down(kRun, {}));
  UpOptions options = without_control();
  options.topology = "one-switch";
  options.start_traffic = true;
  ASSERT_TRUE(up(options, say));
  Witness tap("ss-switch1", "leaf4-host8", "in");
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));  // more than one round
  EXPECT_GT(tap.frames().all.size(), 20u);
  const auto report = lab::status(kRun);
  for (const auto& item : report->processes) EXPECT_TRUE(item.running) << item.name;
  ASSERT_TRUE(down(kRun, {}));
}

}  // namespace
}  // namespace superspan::lab::test

int main(int argc, char** argv) {
  return superspan::lab::test::run_lab_tests(
      argc, argv, {"ip", "tc", "ovs-vswitchd", "nginx", "dnsmasq", "iperf3", "tcpdump", "curl", "dig", "jq"});
}
