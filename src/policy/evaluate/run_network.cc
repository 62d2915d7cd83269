// SPDX-License-Identifier: Apache-2.0
#include "policy/evaluate/run.h"

namespace superspan::policy::evaluate {

using resolve::kEtherTypeIp;
using resolve::kEtherTypeIp6;

std::uint32_t Run::behind_ipv4(std::uint32_t offset, unsigned bytes) {
  const std::uint32_t header = 4 * (net(0, 1) & 0xf);
  const resolve::Offset& payload = layout().payload;
  return machine_.load(payload.constant + layout().network + offset, header + machine_.variable(payload), bytes);
}

bool Run::test(const resolve::Ipv4Host& host) {
  const auto family = [&](std::uint16_t type, std::uint32_t source_at, std::uint32_t destination_at) {
    return directed(host.direction, [&](bool source) {
      return type_is(type) && masked_is(net(source ? source_at : destination_at, 4), host.mask, host.value);
    });
  };
  return (host.ip && family(kEtherTypeIp, 12, 16)) || (host.arp && family(resolve::kEtherTypeArp, 14, 24)) ||
         (host.rarp && family(resolve::kEtherTypeRarp, 14, 24));
}

bool Run::test(const resolve::Ipv6Host& host) {
  return directed(host.direction, [&](bool source) {
    if (!type_is(kEtherTypeIp6)) return false;
    for (std::uint32_t word = 0; word < 4; ++word) {
      const auto shift = 96 - 32 * word;
      const auto mask = static_cast<std::uint32_t>(host.mask >> shift);
      const auto value = static_cast<std::uint32_t>(host.value >> shift);
      if (!masked_is(net((source ? 8 : 24) + 4 * word, 4), mask, value)) return false;
    }
    return true;
  });
}

// DECnet routing headers are long or short, with a byte of padding in front or without. All its numbers are little
// endian.
bool Run::test(const resolve::DecnetHost& host) {
  const std::uint32_t wanted = (host.address & 0xff) << 8 | host.address >> 8;
  return directed(host.direction, [&](bool source) {
    const std::uint32_t in_long = source ? 15 : 7;
    const std::uint32_t in_short = source ? 3 : 1;
    return type_is(resolve::kEtherTypeDecnet) &&
           ((masked_is(net(2, 1), 0x07, 0x02) && net(2 + in_short, 2) == wanted) ||
            (masked_is(net(2, 2), 0xff07, 0x8102) && net(3 + in_short, 2) == wanted) ||
            (masked_is(net(2, 1), 0x07, 0x06) && net(2 + in_long, 2) == wanted) ||
            (masked_is(net(2, 2), 0xff07, 0x8106) && net(3 + in_long, 2) == wanted));
  });
}

bool Run::test(const resolve::IpMulticast& multicast) {
  if (multicast.ip6) return type_is(kEtherTypeIp6) && net(24, 1) == 0xff;
  return type_is(kEtherTypeIp) && net(16, 1) >= 0xe0;
}

bool Run::test(const resolve::IpProtocol& wanted) {
  if (wanted.ip && type_is(kEtherTypeIp) && net(9, 1) == wanted.protocol) return true;
  if (!wanted.ip6 || !type_is(kEtherTypeIp6)) return false;
  return net(6, 1) == wanted.protocol || (net(6, 1) == resolve::kProtocolFragment && net(40, 1) == wanted.protocol);
}

bool Run::test(const resolve::NextHeader& header) {
  return net(6, 1) == header.protocol;
}

bool Run::test(const resolve::FirstFragment& /*fragment*/) {
  return (net(6, 2) & 0x1fff) == 0;
}

// --- protochain ---

namespace {

constexpr std::uint32_t kNoNextHeader = 59;

bool is_extension(std::uint32_t header) {
  constexpr std::uint32_t kHopByHop = 0;
  constexpr std::uint32_t kRouting = 43;
  constexpr std::uint32_t kDestinationOptions = 60;
  return header == kHopByHop || header == kDestinationOptions || header == kRouting ||
         header == resolve::kProtocolFragment;
}

}  // namespace

bool Run::test(const resolve::ProtocolChain& chain) {
  if (!type_is(chain.ip6 ? kEtherTypeIp6 : kEtherTypeIp)) return false;
  const std::uint32_t start = layout().payload.constant + layout().network;
  std::uint32_t header = net(chain.ip6 ? 6 : 9, 1);
  std::uint32_t at = chain.ip6 ? 40 : 4 * (net(0, 1) & 0xf);
  machine_.set(header);
  // Where the walk was at steps 1, 2, 4, ...: a walk that comes back to such a place never ends.
  std::uint64_t seen = ~std::uint64_t{0};
  for (std::uint64_t steps = 1; header != chain.protocol && header != kNoNextHeader && !machine_.is_cut(); ++steps) {
    const std::uint64_t place = std::uint64_t{header} << 32 | at;
    if (place == seen) machine_.endless();
    if ((steps & (steps - 1)) == 0) seen = place;
    if (chain.ip6 && is_extension(header)) {
      header = machine_.load(start, at, 1);
      at += 8 * (machine_.load(start + 1, at, 1) + 1);
    } else if (header == resolve::kProtocolAh) {
      header = machine_.load(start, at, 1);
      // libpcap forgets to add where it was.
      at = 4 * (machine_.load(start, at + 1, 1) + 2);
    } else {
      break;
    }
    machine_.set(header);
  }
  return header == chain.protocol;
}

// --- ports ---

bool Run::test(const resolve::Ports& ports) {
  return ports6(ports) || ports4(ports);
}

namespace {

template <typename Test>
bool any_protocol(const resolve::Ports& ports, Test test) {
  return (ports.sctp && test(resolve::kProtocolSctp)) || (ports.tcp && test(resolve::kProtocolTcp)) ||
         (ports.udp && test(resolve::kProtocolUdp));
}

}  // namespace

bool Run::ports4(const resolve::Ports& ports) {
  return type_is(kEtherTypeIp) && any_protocol(ports, [&](std::uint8_t protocol) {
           return net(9, 1) == protocol && test(resolve::FirstFragment{}) &&
                  directed(ports.direction, [&](bool source) {
                    const std::uint32_t port = behind_ipv4(source ? 0 : 2, 2);
                    return port >= ports.first && port <= ports.last;
                  });
         });
}

bool Run::ports6(const resolve::Ports& ports) {
  return type_is(kEtherTypeIp6) && any_protocol(ports, [&](std::uint8_t protocol) {
           return net(6, 1) == protocol && directed(ports.direction, [&](bool source) {
                    const std::uint32_t port = net(40 + (source ? 0 : 2), 2);
                    return port >= ports.first && port <= ports.last;
                  });
         });
}

}  // namespace superspan::policy::evaluate
