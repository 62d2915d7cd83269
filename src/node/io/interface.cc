// SPDX-License-Identifier: Apache-2.0
#include "node/io/interface.h"

#include <bpf/libbpf.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>

namespace superspan::node {
namespace {

constexpr std::chrono::microseconds kBrokenPause{500};

// The counters of the interface, as 32 bits that wrap.
struct LinkCounters {
  std::uint32_t missed = 0;
  std::uint32_t errors = 0;
};

LinkCounters link_counters(const std::string& name) {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    const bool link = entry->ifa_addr != nullptr && entry->ifa_addr->sa_family == AF_PACKET;
    if (!link || name != entry->ifa_name || entry->ifa_data == nullptr) continue;
    rtnl_link_stats counters{};
    std::memcpy(&counters, entry->ifa_data, sizeof(counters));
    return {counters.rx_missed_errors, counters.rx_errors};
  }
  return {};
}

int socket_domain(int descriptor) {
  int domain = -1;
  socklen_t length = sizeof(domain);
  return ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 ? domain : -1;
}

bool is_on_interface(int descriptor, int index) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  sockaddr_ll address{};
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return false;
  std::memcpy(&address, &storage, sizeof(address));
  return address.sll_ifindex == index;
}

std::uint64_t take_packet_drops(int descriptor) {
  tpacket_stats statistics{};
  socklen_t length = sizeof(statistics);
  if (::getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) != 0) return 0;
  return statistics.tp_drops;
}

std::uint64_t xdp_drops(int descriptor) {
  xdp_statistics statistics{};
  socklen_t length = sizeof(statistics);
  if (::getsockopt(descriptor, SOL_XDP, XDP_STATISTICS, &statistics, &length) != 0) return 0;
  return statistics.rx_dropped + statistics.rx_ring_full;
}

}  // namespace

base::Result<Interface> find_interface(const std::string& name) {
  ifreq request{};
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return base::fail(base::ErrorCode::kUnavailable, "cannot open a socket");
  Interface found;
  bool known = name.size() < sizeof(request.ifr_name);
  if (known) {
    std::memcpy(request.ifr_name, name.data(), name.size());
    known = ::ioctl(socket, SIOCGIFINDEX, &request) == 0;
    found.index = request.ifr_ifindex;
    known = known && ::ioctl(socket, SIOCGIFMTU, &request) == 0;
    found.mtu = static_cast<std::uint32_t>(request.ifr_mtu);
    known = known && ::ioctl(socket, SIOCGIFFLAGS, &request) == 0;
    found.up = (request.ifr_flags & IFF_UP) != 0;
  }
  ::close(socket);
  if (!known) {
    return base::fail(base::ErrorCode::kNotFound, "no network interface '" + name + "' here",
                      "`ip link` lists the interfaces of this network namespace", "--interface");
  }
  return found;
}

void quiet_xdp() {
  ::setenv("LIBXDP_SKIP_DISPATCHER", "1", 1);
  ::libbpf_set_print([](libbpf_print_level level, const char* format, va_list arguments) {
    return level == LIBBPF_WARN ? std::vfprintf(stderr, format, arguments) : 0;
  });
  ::libxdp_set_print(nullptr);  // it says nothing that the driver does not say as well
}

PortSockets find_port_sockets(int index) {
  PortSockets sockets;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::string text = entry.path().filename().string();
    int descriptor = -1;
    std::from_chars(text.data(), text.data() + text.size(), descriptor);
    const int domain = socket_domain(descriptor);
    if (domain == AF_XDP) sockets.xdp.push_back(descriptor);
    if (domain == AF_PACKET && is_on_interface(descriptor, index)) sockets.packet.push_back(descriptor);
  }
  return sockets;
}

void wait_for_frames(const PortSockets& sockets, std::chrono::microseconds most) {
  std::array<pollfd, 8> waited{};
  std::size_t count = 0;
  for (const auto* descriptors : {&sockets.packet, &sockets.xdp}) {
    for (const int descriptor : *descriptors) {
      if (count < waited.size()) waited[count++] = {descriptor, POLLIN, 0};
    }
  }
  const auto nanoseconds = std::chrono::nanoseconds(most).count();
  const timespec limit{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  if (::ppoll(waited.data(), count, &limit, nullptr) <= 0) return;
  const bool frames = std::ranges::any_of(waited, [](const pollfd& one) { return (one.revents & POLLIN) != 0; });
  // An interface that is down makes its socket ready with an error, again and again.
  if (!frames) std::this_thread::sleep_for(std::min(most, kBrokenPause));
}

KernelDrops::KernelDrops(std::string interface, const PortSockets& sockets)
    : interface_(std::move(interface)), sockets_(sockets) {
  for (const int socket : sockets_.packet) (void)take_packet_drops(socket);
  const LinkCounters counters = link_counters(interface_);
  missed_at_start_ = counters.missed;
  errors_at_start_ = counters.errors;
}

PortDrops KernelDrops::read() {
  PortDrops drops;
  for (const int socket : sockets_.packet) packet_drops_ += take_packet_drops(socket);
  drops.missed += packet_drops_;
  for (const int socket : sockets_.xdp) drops.missed += xdp_drops(socket);
  const LinkCounters counters = link_counters(interface_);
  drops.missed += static_cast<std::uint32_t>(counters.missed - missed_at_start_);
  drops.errors += static_cast<std::uint32_t>(counters.errors - errors_at_start_);
  return drops;
}

}  // namespace superspan::node
