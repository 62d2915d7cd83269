// SPDX-License-Identifier: Apache-2.0
#include "tests/lab/numbered_frames.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

#include <array>
#include <span>

#include "lab/network.h"
#include "lab/socket.h"

namespace superspan::lab_test {
namespace {

using base::ErrorCode;
using base::Status;
using std::chrono::milliseconds;

constexpr std::size_t kPortOffset = 14 + 20 + 2;  // behind Ethernet, IPv4 and the source port
constexpr std::size_t kNumberOffset = 14 + 20 + 8;
constexpr int kBufferBytes = 32 * 1024 * 1024;
constexpr std::uint32_t kNumberMax = 10'000'000;  // more than any test sends; anything above is not ours

std::uint32_t big_endian(base::BytesView bytes) {
  std::uint32_t value = 0;
  for (const auto byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

// Counts the frame if it is one of ours.
void count(base::BytesView frame, std::vector<unsigned>& counts) {
  if (frame.size() < kNumberOffset + 4 || big_endian(frame.subspan(kPortOffset, 2)) != kNumberedPort) return;
  const std::uint32_t number = big_endian(frame.subspan(kNumberOffset, 4));
  if (number > kNumberMax) return;
  if (counts.size() <= number) counts.resize(number + 1);
  ++counts[number];
}

base::Result<lab::File> listen_on(const std::string& device) {
  lab::File socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket) return lab::fail_errno("cannot open a packet socket");
  if (setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof(int)) != 0)
    return lab::fail_errno("cannot widen a packet socket");
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
  if (address.sll_ifindex == 0) return base::fail(ErrorCode::kNotFound, fmt::format("no network device '{}'", device));
  if (bind(socket.get(), lab::as_sockaddr(address), sizeof(address)) != 0)
    return lab::fail_errno("cannot bind to " + device);
  return socket;
}

}  // namespace

NumberedSender::NumberedSender(std::string network_namespace, std::string device, unsigned frames_per_second)
    : thread_([this, space = std::move(network_namespace), device = std::move(device), frames_per_second] {
        result_ = lab::in_namespace(space, [&] { return run(device, frames_per_second); });
      }) {}

NumberedSender::~NumberedSender() {
  static_cast<void>(stop());
}

std::uint32_t NumberedSender::count() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::uint32_t>(times_.size());
}

Status NumberedSender::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  return result_;
}

Status NumberedSender::run(const std::string& device, unsigned frames_per_second) {
  auto sender = lab::FrameSender::open(device);
  if (!sender) return std::unexpected(sender.error());
  const auto source = net::MacAddress::parse("02:53:50:fe:00:01");
  const auto nobody = net::MacAddress::parse("02:53:50:ff:ff:ff");
  if (!source || !nobody) return base::fail(ErrorCode::kInternal, "an address of the test does not parse");
  auto next = Clock::now();
  for (std::uint32_t number = 0; !stopping_; ++number) {
    const auto frame = lab::make_frame(
        {*source, *nobody, {}, false, lab::Content::kUdp, "10.1.1.2", "10.1.3.2", 40000, kNumberedPort, number});
    if (!frame) return std::unexpected(frame.error());
    const auto before = Clock::now();
    if (auto sent = sender->send(*frame); !sent) return sent;
    {
      const std::scoped_lock lock(mutex_);
      times_.push_back(before);
    }
    next += std::chrono::microseconds(1'000'000 / frames_per_second);
    std::this_thread::sleep_until(next);
  }
  return {};
}

base::Result<std::vector<unsigned>> counts_in(const std::vector<std::string>& captures) {
  std::vector<unsigned> counts;
  for (const std::string& file : captures) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(pcap_open_offline(file.c_str(), reason), pcap_close);
    if (handle == nullptr) return base::fail(ErrorCode::kInvalid, fmt::format("{}: {}", file, reason));
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    while (pcap_next_ex(handle.get(), &header, &data) == 1)
      count(std::as_bytes(std::span(data, header->caplen)), counts);
  }
  return counts;
}

base::Result<std::unique_ptr<NumberedReceiver>> NumberedReceiver::open(const std::string& network_namespace,
                                                                       const std::string& device) {
  base::Result<lab::File> socket;
  const Status done = lab::in_namespace(network_namespace, [&]() -> Status {
    socket = listen_on(device);
    return socket ? Status() : std::unexpected(socket.error());
  });
  if (!done) return std::unexpected(done.error());
  return std::unique_ptr<NumberedReceiver>(new NumberedReceiver(std::move(*socket)));
}

NumberedReceiver::NumberedReceiver(lab::File socket) : socket_(std::move(socket)), thread_([this] { run(); }) {}

NumberedReceiver::~NumberedReceiver() {
  stopping_ = true;
  thread_.join();
}

void NumberedReceiver::run() {
  std::array<std::byte, 2048> buffer;
  while (!stopping_) {
    if (!lab::wait_readable(socket_.get(), milliseconds(20))) continue;
    const auto bytes = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (bytes <= 0) continue;
    const std::scoped_lock lock(mutex_);
    count(base::BytesView(buffer.data(), static_cast<std::size_t>(bytes)), counts_);
  }
}

bool NumberedReceiver::wait_for(std::uint32_t number, milliseconds timeout) const {
  const auto end = std::chrono::steady_clock::now() + timeout;
  while (true) {
    {
      const std::scoped_lock lock(mutex_);
      if (counts_.size() > number) return true;
    }
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
}

std::vector<unsigned> NumberedReceiver::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

}  // namespace superspan::lab_test
