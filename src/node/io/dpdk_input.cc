// SPDX-License-Identifier: Apache-2.0
#include "node/io/dpdk_input.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "node/io/interface.h"

namespace superspan::node {
namespace {

constexpr std::uint16_t kBurst = 64;
constexpr std::uint16_t kDescriptors = 2048;
constexpr const char* kFilePrefix = "superspan-node";

// Ethernet header and two VLAN tags.
constexpr std::uint32_t kLinkHeaderBytes = 14 + 8;

// af_packet: what the kernel puts in front of a frame in a slot of the ring (TPACKET_V2: 80 bytes to the network
// header, less the Ethernet header that belongs to the frame).
constexpr std::uint32_t kSlotOverhead = 80 - 14;
constexpr std::uint32_t kPacketMtuMax = 16'000;
constexpr std::uint32_t kPacketRingBytes = 32 << 20;
constexpr std::uint32_t kPacketRingFramesMin = 2048;
constexpr std::uint32_t kPacketBlockBytes = 1 << 16;
constexpr unsigned kPacketBuffers = 511;

// af_xdp: the pool's objects are the kernel's UMEM chunks. The driver expects them without gaps, and the kernel allows
// one page at most, so an object is exactly a page: 64 B of pool header, 128 B of mbuf, the rest is room for data, of
// which DPDK and AF_XDP keep 128 B and 256 B of headroom.
constexpr std::uint32_t kPage = 4096;
constexpr std::uint32_t kPoolHeader = 64;
constexpr std::uint16_t kXdpDataRoom = kPage - kPoolHeader - sizeof(rte_mbuf);
constexpr std::uint32_t kXdpFrameMax = kXdpDataRoom - RTE_PKTMBUF_HEADROOM - 256;
constexpr std::uint32_t kXdpMtuMax = kXdpFrameMax - 14;
constexpr unsigned kXdpBuffers = 8191;

// How the frames of one interface fit into buffers.
struct Sizes {
  std::string device;           // EAL argument
  std::uint16_t data_room = 0;  // of a buffer, with headroom
  std::uint32_t frame_max = 0;  // longest frame that arrives whole
  unsigned buffers = 0;
};

base::Result<Sizes> plan_packet(const DpdkOptions& options, const Interface& interface) {
  if (interface.mtu > kPacketMtuMax) {
    return base::fail(base::ErrorCode::kInvalid, fmt::format("MTU {} is too large for af_packet", interface.mtu),
                      fmt::format("ip link set dev {} mtu 9216 (at most {})", options.interface, kPacketMtuMax),
                      options.interface);
  }
  // Slots must fill a block without a gap, for the driver finds slot n at n * slot.
  const std::uint32_t slot = std::bit_ceil(std::max(2048U, interface.mtu + kLinkHeaderBytes + kSlotOverhead + 1));
  const std::uint32_t slots = std::max(kPacketRingFramesMin, kPacketRingBytes / slot);
  Sizes sizes;
  sizes.device = fmt::format("net_af_packet0,iface={},blocksz={},framesz={},framecnt={}", options.interface,
                             kPacketBlockBytes, slot, slots);
  sizes.data_room = static_cast<std::uint16_t>(slot + RTE_PKTMBUF_HEADROOM);
  sizes.frame_max = slot - kSlotOverhead - 1;
  sizes.buffers = kPacketBuffers;
  return sizes;
}

base::Result<Sizes> plan_xdp(const DpdkOptions& options, const Interface& interface) {
  if (interface.mtu > kXdpMtuMax) {
    return base::fail(base::ErrorCode::kInvalid, fmt::format("MTU {} is too large for af_xdp", interface.mtu),
                      fmt::format("use --io af_packet, or `ip link set dev {} mtu {}` on both ends of the link",
                                  options.interface, kXdpMtuMax),
                      options.interface);
  }
  return Sizes{fmt::format("net_af_xdp0,iface={}", options.interface), kXdpDataRoom, kXdpFrameMax, kXdpBuffers};
}

std::unexpected<base::Error> failed(const char* what, int number) {
  const auto code = number == EPERM || number == EACCES ? base::ErrorCode::kDenied : base::ErrorCode::kUnavailable;
  return base::fail(code, fmt::format("{}: {}", what, std::system_category().message(number)),
                    code == base::ErrorCode::kDenied ? "run it as root or with CAP_NET_RAW and CAP_NET_ADMIN" : "");
}

// All CPUs that this process may use, as one logical core: DPDK must not pin the caller to a CPU that others need.
std::string cpu_list() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
    }
  }
  return cpus.empty() ? "0" : fmt::format("0@({})", fmt::join(cpus, ","));
}

// DPDK keeps pointers into the arguments.
base::Status start_eal(const std::string& device, const std::filesystem::path& run_directory) {
  static bool started = false;
  if (started) return base::fail(base::ErrorCode::kConflict, "a process can open one port only, once");
  started = true;
  // --in-memory cannot go with --no-huge; --no-shconf leaves no file either, only an empty directory.
  static std::vector<std::string> arguments{"superspan-node",
                                            "--no-huge",
                                            "--no-shconf",
                                            "--no-telemetry",
                                            "--no-pci",
                                            "--iova-mode=va",
                                            "--log-level=error",
                                            std::string("--file-prefix=") + kFilePrefix,
                                            "--lcores=" + cpu_list(),
                                            "--vdev=" + device};
  static std::vector<char*> pointers;
  pointers.reserve(arguments.size());
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  ::setenv("RUNTIME_DIRECTORY", run_directory.c_str(), 1);
  quiet_xdp();
  const int result = ::rte_eal_init(static_cast<int>(pointers.size()), pointers.data());
  const int reason = rte_errno;
  std::error_code ignored;
  std::filesystem::remove(run_directory / "dpdk" / kFilePrefix, ignored);
  std::filesystem::remove(run_directory / "dpdk", ignored);
  if (result < 0) return failed("DPDK does not start", reason);
  if (::rte_eth_dev_count_avail() == 0) return base::fail(base::ErrorCode::kUnavailable, "DPDK opened no port");
  return {};
}

// Like rte_pktmbuf_pool_create, but without padding that spreads objects over memory channels.
rte_mempool* make_pool(unsigned buffers, std::uint16_t data_room) {
  constexpr unsigned kCache = 250;
  rte_mempool* pool =
      ::rte_mempool_create_empty("frames", buffers, sizeof(rte_mbuf) + data_room, kCache,
                                 sizeof(rte_pktmbuf_pool_private), SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_SPREAD);
  if (pool == nullptr) return nullptr;
  rte_pktmbuf_pool_private shape{data_room, 0, 0};
  ::rte_pktmbuf_pool_init(pool, &shape);
  if (::rte_mempool_populate_default(pool) < 0) {
    ::rte_mempool_free(pool);
    return nullptr;
  }
  ::rte_mempool_obj_iter(pool, ::rte_pktmbuf_init, nullptr);
  return pool;
}

}  // namespace

// Port 0 of DPDK.
class DpdkInput::Port {
 public:
  Port(const DpdkOptions& options, const Interface& interface, const Sizes& sizes)
      : frame_max_(sizes.frame_max),
        sockets_(find_port_sockets(interface.index)),
        drops_(options.interface, sockets_),
        xdp_(options.io == PortIo::kAfXdp) {}
  ~Port() {
    release();
    ::rte_eth_dev_stop(0);
    ::rte_eth_dev_close(0);
    ::rte_eal_cleanup();
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] static base::Status start(const Sizes& sizes) {
    rte_mempool* pool = make_pool(sizes.buffers, sizes.data_room);
    if (pool == nullptr) return failed("no memory for packet buffers", rte_errno);
    const rte_eth_conf configuration{};
    int result = ::rte_eth_dev_configure(0, 1, 1, &configuration);
    if (result == 0) result = ::rte_eth_rx_queue_setup(0, 0, kDescriptors, SOCKET_ID_ANY, nullptr, pool);
    if (result == 0) result = ::rte_eth_tx_queue_setup(0, 0, kDescriptors, SOCKET_ID_ANY, nullptr);
    if (result == 0) result = ::rte_eth_dev_start(0);
    if (result == 0) result = ::rte_eth_promiscuous_enable(0);
    if (result != 0) return failed("cannot set up the port", -result);
    return {};
  }

  std::span<const InputFrame> receive() {
    register_thread();
    release();
    held_ = ::rte_eth_rx_burst(0, 0, buffers_.data(), kBurst);
    for (std::uint16_t index = 0; index < held_; ++index) {
      const rte_mbuf* buffer = buffers_[index];
      const std::size_t length = rte_pktmbuf_data_len(buffer);
      frames_[index] = {base::BytesView(rte_pktmbuf_mtod(buffer, const std::byte*), length),
                        buffer->nb_segs > 1 || length > frame_max_};
    }
    return std::span(frames_).first(held_);
  }

  void wait(std::chrono::microseconds most) const { wait_for_frames(sockets_, most); }

  PortDrops drops() {
    PortDrops drops = drops_.read();
    rte_eth_stats statistics{};
    if (::rte_eth_stats_get(0, &statistics) == 0) {
      // The af_xdp driver counts a part of what KernelDrops reads from the same socket.
      if (!xdp_) drops.missed += statistics.imissed;
      drops.errors += statistics.ierrors;
      drops.no_buffer += statistics.rx_nombuf;
    }
    return drops;
  }

 private:
  void release() {
    if (held_ > 0) ::rte_pktmbuf_free_bulk(buffers_.data(), held_);
    held_ = 0;
  }
  // Gives the receiving thread a cache of free buffers of its own; without it every buffer is a contended one.
  void register_thread() {
    if (registered_) return;
    registered_ = true;
    (void)::rte_thread_register();
  }

  std::uint32_t frame_max_;
  PortSockets sockets_;
  KernelDrops drops_;
  bool xdp_;
  bool registered_ = false;
  std::uint16_t held_ = 0;  // buffers that frames_ points into
  std::array<rte_mbuf*, kBurst> buffers_{};
  std::array<InputFrame, kBurst> frames_{};
};

DpdkInput::DpdkInput(std::unique_ptr<Port> port) : port_(std::move(port)) {}
DpdkInput::~DpdkInput() = default;

base::Result<std::unique_ptr<DpdkInput>> DpdkInput::open(const DpdkOptions& options) {
  const auto interface = find_interface(options.interface);
  if (!interface) return std::unexpected(interface.error());
  if (!interface->up) {
    return base::fail(base::ErrorCode::kUnavailable, "interface '" + options.interface + "' is down",
                      "ip link set dev " + options.interface + " up", options.interface);
  }
  const auto sizes = options.io == PortIo::kAfXdp ? plan_xdp(options, *interface) : plan_packet(options, *interface);
  if (!sizes) return std::unexpected(sizes.error());
  if (auto status = start_eal(sizes->device, options.run_directory); !status) return std::unexpected(status.error());
  if (auto status = Port::start(*sizes); !status) return std::unexpected(status.error());
  return std::unique_ptr<DpdkInput>(new DpdkInput(std::make_unique<Port>(options, *interface, *sizes)));
}

std::span<const InputFrame> DpdkInput::receive() {
  return port_->receive();
}
void DpdkInput::wait(std::chrono::microseconds most) {
  port_->wait(most);
}

PortDrops DpdkInput::drops() {
  return port_->drops();
}

}  // namespace superspan::node
