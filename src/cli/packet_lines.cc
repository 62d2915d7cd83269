// SPDX-License-Identifier: Apache-2.0
#include "cli/packet_lines.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

#include "cli/pcapng_meter.h"
#include "cli/print.h"
#include "cli/tcpdump_sink.h"
#include "net/address.h"
#include "net/flow_key.h"

namespace superspan::cli {
namespace {

using net::Field;

constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kArp = 0x0806;
constexpr std::uint16_t kIpv6 = 0x86dd;

struct Protocol {
  std::uint8_t number;
  std::string_view name;
  bool ports;
};
constexpr std::array<Protocol, 6> kProtocols{{{1, "icmp", false},
                                              {2, "igmp", false},
                                              {6, "tcp", true},
                                              {17, "udp", true},
                                              {58, "icmp6", false},
                                              {132, "sctp", true}}};

net::MacAddress mac(net::U128 value) {
  net::MacAddress address;
  for (std::size_t index = 0; index < 6; ++index) {
    address.bytes[index] = static_cast<std::uint8_t>(value >> (8 * (5 - index)));
  }
  return address;
}

std::string ip_summary(const net::FlowKey& key, bool v6) {
  std::string source = v6 ? net::Ipv6Address::from(key[Field::kIpv6Source]).to_string()
                          : net::Ipv4Address{static_cast<std::uint32_t>(key[Field::kIpv4Source])}.to_string();
  std::string target = v6 ? net::Ipv6Address::from(key[Field::kIpv6Destination]).to_string()
                          : net::Ipv4Address{static_cast<std::uint32_t>(key[Field::kIpv4Destination])}.to_string();
  const auto number = static_cast<std::uint8_t>(key[Field::kIpProto]);
  const bool later_fragment = key[Field::kIpFragment] == 3;
  std::string name = fmt::format("ip proto {}", number);
  for (const Protocol& protocol : kProtocols) {
    if (protocol.number != number) continue;
    name = protocol.name;
    if (!protocol.ports || later_fragment) continue;
    source += fmt::format(".{}", static_cast<unsigned>(key[Field::kL4Source]));
    target += fmt::format(".{}", static_cast<unsigned>(key[Field::kL4Destination]));
  }
  return fmt::format("{} > {}: {}{}", source, target, name, later_fragment ? " fragment" : "");
}

std::string time_of_day(std::uint64_t time_ns) {
  const auto seconds = static_cast<std::time_t>(time_ns / 1'000'000'000);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:09}", local.tm_hour, local.tm_min, local.tm_sec, time_ns % 1'000'000'000);
}

class PacketLines final : public PacketSink {
 public:
  explicit PacketLines(int fd) : fd_(fd) {}

  base::Result<bool> write(base::BytesView blocks) override {
    std::string lines;
    const auto print = [&](const PcapngPacket& packet) {
      lines += fmt::format("{} {}  {}, {} bytes\n", time_of_day(packet.time_ns), printable(packet.interface),
                           summary(packet.frame), packet.wire_bytes);
    };
    if (auto whole = reader_.feed(blocks, print); !whole) return std::unexpected(whole.error());
    return write_all(fd_, std::as_bytes(std::span(lines)), name());
  }
  bool reader_gone() override { return nobody_reads(fd_); }
  base::Status close() override { return {}; }
  std::string name() const override { return "the terminal"; }
  bool draws() const override { return true; }

 private:
  int fd_;
  PcapngMeter reader_;
};

}  // namespace

std::string summary(base::BytesView frame) {
  const net::FlowKey key = net::extract(frame, net::kVlanLimitMax);
  const auto type = static_cast<std::uint16_t>(key[Field::kEthType]);
  const auto tci = static_cast<std::uint16_t>(key[Field::kVlanTci]);
  const std::string tag = tci != 0 ? fmt::format("vlan {}, ", tci & 0xfff) : "";
  if (type == kIpv4 || type == kIpv6) return tag + ip_summary(key, type == kIpv6);
  if (type == kArp) {
    return tag + fmt::format("{} > {}: arp",
                             net::Ipv4Address{static_cast<std::uint32_t>(key[Field::kArpSource])}.to_string(),
                             net::Ipv4Address{static_cast<std::uint32_t>(key[Field::kArpTarget])}.to_string());
  }
  return tag + fmt::format("{} > {}: ethertype 0x{:04x}", mac(key[Field::kEthSource]).to_string(),
                           mac(key[Field::kEthDestination]).to_string(), type);
}

std::unique_ptr<PacketSink> make_packet_lines(const Terminal& terminal) {
  return std::make_unique<PacketLines>(terminal.out_fd);
}

}  // namespace superspan::cli
