// SPDX-License-Identifier: Apache-2.0
// Real frames over a veth pair, through DPDK, into a recording. Each case is a process of its own (DPDK starts once in
// a process) in a network namespace of its own, which vanishes with the process.
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <thread>

#include "node/io/dpdk_input.h"
#include "node/node.h"
#include "node/testing.h"
#include "recorder/pcapng_reader.h"

namespace superspan::node {
namespace {

constexpr int kFrames = 100'000;
constexpr std::size_t kNumberBytes = 8;

// The n-th original frame: any length from 64 to `longest` bytes, its number in the payload.
base::Bytes original(int number, std::size_t longest) {
  const std::size_t bytes = 64 + static_cast<std::size_t>(number) * 7919 % (longest - 63);
  base::Bytes frame = test::udp_frame(1000, 2000, bytes);
  for (std::size_t index = 42; index < frame.size(); ++index) {
    const std::size_t place = index - 42;
    frame[index] = place < kNumberBytes ? static_cast<std::byte>(static_cast<std::uint64_t>(number) >> (8 * place))
                                        : static_cast<std::byte>(number * 31 + static_cast<int>(index));
  }
  return frame;
}

void run_command(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

// wire0 <-> port0, up, without offloads.
void make_link(unsigned mtu) {
  run_command("ip link add wire0 type veth peer name port0");
  for (const std::string name : {"wire0", "port0"}) {
    run_command("ip link set dev " + name + " mtu " + std::to_string(mtu) + " up");
    run_command("ethtool -K " + name + " tx off tso off gso off gro off rxvlan off txvlan off >/dev/null 2>&1 || true");
  }
}

// A socket that sends whole frames on wire0.
class Wire {
 public:
  Wire() : socket_(::socket(AF_PACKET, SOCK_RAW, 0)) {
    address_.sll_family = AF_PACKET;
    address_.sll_ifindex = static_cast<int>(::if_nametoindex("wire0"));
    address_.sll_halen = 6;
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() { ::close(socket_); }
  void send(base::BytesView frame) const {
    const auto* address = static_cast<const sockaddr*>(static_cast<const void*>(&address_));
    while (::sendto(socket_, frame.data(), frame.size(), 0, address, sizeof(address_)) < 0) {
      if (errno != ENOBUFS && errno != EAGAIN) throw std::runtime_error("cannot send");
      std::this_thread::yield();
    }
  }

 private:
  int socket_;
  sockaddr_ll address_{};
};

// `body` in a process with namespaces of its own; it returns an empty text, or what went wrong.
std::string in_own_namespace(const std::function<std::string()>& body) {
  int report[2];
  if (::pipe(report) != 0) return "pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(report[0]);
    std::string result;
    try {
      if (::unshare(CLONE_NEWNET) != 0) throw std::runtime_error("unshare");
      result = body();
    } catch (const std::exception& error) {
      result = error.what();
    }
    if (::write(report[1], result.data(), result.size()) < 0) ::_exit(2);
    ::_exit(0);
  }
  ::close(report[1]);
  std::string result;
  char byte = 0;
  while (::read(report[0], &byte, 1) == 1) result.push_back(byte);
  ::close(report[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) result += " (child died, status " + std::to_string(status) + ")";
  return result;
}

// In memory where possible: this is about ports, not about the disk of the machine.
std::filesystem::path make_folder(const std::string& name) {
  const std::filesystem::path memory = "/dev/shm";
  const auto parent = std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
  auto folder = parent / ("superspan-port-" + name + "-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  return folder;
}

base::Bytes read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  return test::bytes_of(text);
}

// When each frame was given to the kernel.
using SentAt = std::vector<base::WallTime>;

// Every frame has a later time than the one before it, and none was received before it was sent.
std::string compare_times(const recorder::PcapngContents& contents, const SentAt& sent) {
  std::vector<base::Duration> late;
  base::WallTime last{};
  for (std::size_t number = 0; number < sent.size(); ++number) {
    const base::WallTime time = contents.packets[number].time;
    if (time <= last) return "packet " + std::to_string(number) + " is not later than the one before";
    if (time < sent[number]) return "packet " + std::to_string(number) + " came before it was sent";
    late.push_back(time - sent[number]);
    last = time;
  }
  std::ranges::sort(late);
  const auto us = [&](std::size_t percent) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::microseconds>(late[late.size() * percent / 100]).count());
  };
  std::cerr << "time after sending, in us: p50 " << us(50) << ", p90 " << us(90) << ", p99 " << us(99) << '\n';
  return "";
}

// Compares a recording with what was sent: every frame once, in order, bit for bit.
std::string compare(const base::Bytes& file, std::size_t longest, const SentAt& sent) {
  const auto contents = recorder::read_pcapng(file);
  if (!contents) return base::render(contents.error());
  if (contents->packets.size() != kFrames) return std::to_string(contents->packets.size()) + " packets recorded";
  for (int number = 0; number < kFrames; ++number) {
    const base::BytesView got = contents->packets[static_cast<std::size_t>(number)].bytes;
    if (base::Bytes(got.begin(), got.end()) != original(number, longest))
      return "packet " + std::to_string(number) + " differs";
  }
  if (contents->statistics.empty()) return "no statistics";
  return compare_times(*contents, sent);
}

std::string counters_text(const NodeReport& report) {
  const PolicyCounters& count = report.policies.at(0).run->counters;
  return "received " + std::to_string(count.received.get()) + ", recorded " + std::to_string(count.recorded.get()) +
         ", queue full " + std::to_string(count.record_queue_full.get()) + ", port missed " +
         std::to_string(report.port.missed) + ", truncated " + std::to_string(report.frames->truncated.get());
}

std::string record_everything(PortIo io, unsigned mtu, std::size_t longest) {
  make_link(mtu);
  const auto folder = make_folder(io == PortIo::kAfXdp ? "af_xdp" : "af_packet");
  auto input = DpdkInput::open({"port0", io, folder});
  if (!input) return base::render(input.error());
  if (!std::filesystem::is_empty(folder)) return "DPDK left something in the run directory";
  const base::SystemClock clock;
  recorder::SystemDisk disk;
  NodeOptions options;
  options.name = "node1";
  options.recorder.directory = folder;
  Node node(options, **input, disk, clock);
  AssignedPolicy all = test::policy("all", 0);
  all.record = true;
  all.limit_packets = kFrames;
  if (auto status = node.apply(test::assignment({all})); !status) return base::render(status.error());
  node.start();

  // 25,000 frames a second: what two busy cores can send, receive and write without loss.
  const Wire wire;
  SentAt sent;
  const auto start = clock.steady();
  for (int number = 0; number < kFrames; ++number) {
    const base::Bytes frame = test::fabric_frame(original(number, longest));
    sent.push_back(clock.wall());
    wire.send(frame);
    if (number % 32 == 31) std::this_thread::sleep_until(start + std::chrono::microseconds(40) * number);
  }
  for (int waited = 0; node.report().ended.empty() && waited < 500; ++waited) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    node.tick();
  }
  node.stop();
  const std::string counters = counters_text(node.report());
  std::string fault;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    fault = compare(read_file(entry.path()), longest, sent);
  std::filesystem::remove_all(folder);
  return fault.empty() ? "" : fault + " (" + counters + ")";
}

class Port : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() == 0) return;
    std::cerr << "SKIPPED: root is needed for network namespaces; NOTHING of the real ports was tested\n";
    std::exit(77);
  }
};

TEST_F(Port, AfPacketDeliversFramesOf64To9000BytesBitForBit) {
  EXPECT_EQ(in_own_namespace([] { return record_everything(PortIo::kAfPacket, 9100, 9000); }), "");
}

TEST_F(Port, AfXdpDeliversFramesUpToItsLimitBitForBit) {
  EXPECT_EQ(in_own_namespace([] { return record_everything(PortIo::kAfXdp, 3506, 3520 - net::kFabricHeaderBytes); }),
            "");
}

TEST_F(Port, AfXdpRefusesAnMtuThatItCannotReceiveAndSaysWhatToDo) {
  EXPECT_EQ(
      in_own_namespace([] {
        make_link(9000);
        const auto input = DpdkInput::open({"port0", PortIo::kAfXdp, "/tmp"});
        return input ? "opened" : base::render(input.error());
      }),
      "port0: MTU 9000 is too large for af_xdp\nhint: use --io af_packet, or `ip link set dev port0 mtu 3506` on both "
      "ends of the link");
}

TEST_F(Port, MissingInterfaceAndInterfaceThatIsDownAreErrors) {
  EXPECT_EQ(in_own_namespace([] {
              const auto input = DpdkInput::open({"nothing0", PortIo::kAfPacket, "/tmp"});
              return input ? "opened" : input.error().message;
            }),
            "no network interface 'nothing0' here");
  EXPECT_EQ(in_own_namespace([] {
              run_command("ip link add port0 type veth peer name wire0");
              const auto input = DpdkInput::open({"port0", PortIo::kAfPacket, "/tmp"});
              return input ? "opened" : input.error().message;
            }),
            "interface 'port0' is down");
}

// A thread that waits for the port is woken by a frame, and by nothing else.
std::string wake(PortIo io) {
  make_link(1500);
  auto input = DpdkInput::open({"port0", io, "/tmp"});
  if (!input) return base::render(input.error());
  using Clock = std::chrono::steady_clock;
  const auto drain = [&] {
    for (int idle = 0; idle < 20; ++idle) {
      while (!(*input)->receive().empty()) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  // The kernel's own chatter on a new link may wake it as well, so the longest of three waits counts.
  base::Duration longest{0};
  for (int attempt = 0; attempt < 3; ++attempt) {
    drain();
    const auto start = Clock::now();
    (*input)->wait(std::chrono::milliseconds(100));
    longest = std::max<base::Duration>(longest, Clock::now() - start);
  }
  if (longest < std::chrono::milliseconds(99)) return "a wait without frames ends early";
  const Wire wire;
  std::thread sender([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    wire.send(test::fabric_frame(test::udp_frame(1, 2)));
  });
  const auto start = Clock::now();
  std::size_t frames = 0;
  while (frames == 0 && Clock::now() - start < std::chrono::seconds(5)) {
    (*input)->wait(std::chrono::seconds(10));
    for (const InputFrame& frame : (*input)->receive()) frames += net::parse_fabric_frame(frame.bytes) ? 1 : 0;
  }
  sender.join();
  return frames == 1 ? "" : "the frame did not end the wait";
}

TEST_F(Port, AFrameEndsTheWaitOnAfPacket) {
  EXPECT_EQ(in_own_namespace([] { return wake(PortIo::kAfPacket); }), "");
}

TEST_F(Port, AFrameEndsTheWaitOnAfXdp) {
  EXPECT_EQ(in_own_namespace([] { return wake(PortIo::kAfXdp); }), "");
}

TEST_F(Port, InterfaceThatGoesDownDoesNotMakeTheWaitSpin) {
  EXPECT_EQ(in_own_namespace([]() -> std::string {
              make_link(1500);
              auto input = DpdkInput::open({"port0", PortIo::kAfPacket, "/tmp"});
              if (!input) return base::render(input.error());
              run_command("ip link set dev port0 down");
              const auto start = std::chrono::steady_clock::now();
              for (int count = 0; count < 100; ++count) {
                (void)(*input)->receive();
                (*input)->wait(std::chrono::milliseconds(20));
              }
              const auto took = std::chrono::steady_clock::now() - start;
              return took >= std::chrono::milliseconds(50) ? "" : "100 waits took no time";
            }),
            "");
}

// Nobody receives: the ring fills up, and what it loses must be counted although DPDK's driver does not.
std::string count_lost(PortIo io) {
  make_link(1500);
  auto input = DpdkInput::open({"port0", io, "/tmp"});
  if (!input) return base::render(input.error());
  constexpr std::uint64_t kSent = 40'000;
  const Wire wire;
  const base::Bytes frame = test::fabric_frame(test::udp_frame(1, 2));
  for (std::uint64_t count = 0; count < kSent; ++count) {
    wire.send(frame);
    // A veth under XDP queues 256 frames to its own poll loop; ours is only the ring behind that.
    if (count % 64 == 63) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  std::uint64_t received = 0;
  for (int idle = 0; idle < 100;) {
    std::uint64_t fabric = 0;
    const auto frames = (*input)->receive();
    for (const InputFrame& got : frames) fabric += net::parse_fabric_frame(got.bytes) ? 1 : 0;
    received += fabric;
    idle = frames.empty() ? idle + 1 : 0;
    if (frames.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const PortDrops drops = (*input)->drops();
  if (drops.missed == 0) return "nothing was lost: the test is too gentle";
  // The kernel's own chatter (router solicitations) may be lost as well.
  const std::uint64_t sum = received + drops.missed;
  if (sum >= kSent && sum < kSent + 50) return "";
  return "received " + std::to_string(received) + " + missed " + std::to_string(drops.missed) + " != sent";
}

TEST_F(Port, FullRingOfAfPacketIsCounted) {
  EXPECT_EQ(in_own_namespace([] { return count_lost(PortIo::kAfPacket); }), "");
}

TEST_F(Port, FullRingOfAfXdpIsCounted) {
  EXPECT_EQ(in_own_namespace([] { return count_lost(PortIo::kAfXdp); }), "");
}

}  // namespace
}  // namespace superspan::node
