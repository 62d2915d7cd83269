// SPDX-License-Identifier: Apache-2.0
// The order of loads follows the code that libpcap 1.10 generates (`tcpdump -O -d`), because a load behind the end of
// the captured bytes ends the whole filter with "no", whatever stands around it.
#include "policy/evaluate.h"

#include <algorithm>
#include <utility>

#include "policy/pipeline.h"

namespace superspan::policy {

using resolve::Direction;

struct Evaluator::Program {
  resolve::Resolved resolved;
};

namespace {

constexpr std::size_t kTypeOffset = 12;     // EtherType of an untagged frame
constexpr std::size_t kPayloadOffset = 14;  // behind it
constexpr std::size_t kTagBytes = 4;

// One run over one frame. After a load behind the end `cut_` stays set and the answer is no.
class Run {
 public:
  Run(const resolve::Resolved& resolved, base::BytesView frame) : resolved_(resolved), frame_(frame) {}

  bool answer() { return node(resolved_.root()) && !cut_; }

 private:
  std::uint32_t load(std::size_t offset, std::size_t bytes) {
    if (offset > frame_.size() || frame_.size() - offset < bytes) cut_ = true;
    if (cut_) return 0;
    base::ByteReader reader(frame_.subspan(offset, bytes));
    return bytes == 1 ? reader.u8() : bytes == 2 ? reader.be16() : reader.be32();
  }

  bool node(resolve::NodeId id) {
    const resolve::Node& node = resolved_.nodes[id];
    const std::size_t outer = std::exchange(skip_, kTagBytes * node.depth);
    const bool value = std::visit([&](const auto& body) { return test(body); }, node.body);
    skip_ = outer;
    return value;
  }

  std::uint32_t payload(std::size_t offset, std::size_t bytes) { return load(kPayloadOffset + skip_ + offset, bytes); }
  bool type_is(std::uint16_t type) { return load(kTypeOffset + skip_, 2) == type; }

  template <typename Test>
  static bool directed(Direction direction, Test test) {
    switch (direction) {
      case Direction::kSource:
        return test(true);
      case Direction::kDestination:
        return test(false);
      case Direction::kSourceAndDestination:
        return test(true) && test(false);
      case Direction::kSourceOrDestination:
        break;
    }
    return test(true) || test(false);
  }

  bool test(const resolve::Not& inverted) { return !node(inverted.child); }

  bool test(const resolve::Group& group) {
    bool value = true;
    for (const resolve::Step& step : group.steps) {
      const bool needed = value == (step.before == resolve::Operator::kAnd);
      if (needed) value = node(step.operand);
    }
    return value;
  }

  bool test(const resolve::EtherHost& host) {
    const net::U128 wanted = host.address.value();
    return directed(host.direction, [&](bool source) {
      const std::size_t at = source ? 6 : 0;
      return load(at + 2, 4) == static_cast<std::uint32_t>(wanted) &&
             load(at, 2) == static_cast<std::uint32_t>(wanted >> 32);
    });
  }

  bool test(const resolve::EtherMulticast&) { return (load(0, 1) & 1) != 0; }
  bool test(const resolve::EtherType& type) { return type_is(type.type); }

  bool test(const resolve::Vlan& vlan) {
    const bool tagged = std::ranges::any_of(resolve::kTagTypes, [&](std::uint16_t type) { return type_is(type); });
    return tagged && (!vlan.id || (payload(0, 2) & 0xfff) == *vlan.id);
  }

  bool test(const resolve::Ipv4Host& host) {
    const auto family = [&](std::uint16_t type, std::size_t source_at, std::size_t destination_at) {
      return directed(host.direction, [&](bool source) {
        return type_is(type) && (payload(source ? source_at : destination_at, 4) & host.mask) == host.value;
      });
    };
    return (host.ip && family(resolve::kEtherTypeIp, 12, 16)) || (host.arp && family(resolve::kEtherTypeArp, 14, 24)) ||
           (host.rarp && family(resolve::kEtherTypeRarp, 14, 24));
  }

  bool test(const resolve::Ipv6Host& host) {
    return directed(host.direction, [&](bool source) {
      if (!type_is(resolve::kEtherTypeIp6)) return false;
      for (std::size_t word = 0; word < 4; ++word) {
        const auto shift = 96 - 32 * word;
        const auto mask = static_cast<std::uint32_t>(host.mask >> shift);
        if ((payload((source ? 8 : 24) + 4 * word, 4) & mask) != static_cast<std::uint32_t>(host.value >> shift)) {
          return false;
        }
      }
      return true;
    });
  }

  bool test(const resolve::IpMulticast& multicast) {
    if (multicast.ip6) return type_is(resolve::kEtherTypeIp6) && payload(24, 1) == 0xff;
    return type_is(resolve::kEtherTypeIp) && payload(16, 1) >= 0xe0;
  }

  bool test(const resolve::IpProtocol& wanted) {
    if (wanted.ip && type_is(resolve::kEtherTypeIp) && payload(9, 1) == wanted.protocol) return true;
    if (!wanted.ip6 || !type_is(resolve::kEtherTypeIp6)) return false;
    const std::uint32_t next = payload(6, 1);
    return next == wanted.protocol || (next == resolve::kProtocolFragment && payload(40, 1) == wanted.protocol);
  }

  bool test(const resolve::Ports& ports) {
    return (type_is(resolve::kEtherTypeIp6) && any_protocol(ports, 6, [&] { return ports_at(ports, 40); })) ||
           (type_is(resolve::kEtherTypeIp) && any_protocol(ports, 9, [&] {
              if ((payload(6, 2) & 0x1fff) != 0) return false;
              return ports_at(ports, std::size_t{4} * (payload(0, 1) & 0xf));
            }));
  }

  template <typename Test>
  bool any_protocol(const resolve::Ports& ports, std::size_t protocol_at, Test test) {
    const auto is = [&](bool wanted, std::uint8_t protocol) {
      return wanted && payload(protocol_at, 1) == protocol && test();
    };
    return is(ports.sctp, resolve::kProtocolSctp) || is(ports.tcp, resolve::kProtocolTcp) ||
           is(ports.udp, resolve::kProtocolUdp);
  }

  bool ports_at(const resolve::Ports& ports, std::size_t offset) {
    return directed(ports.direction, [&](bool source) {
      const std::uint32_t port = payload(offset + (source ? 0 : 2), 2);
      return port >= ports.first && port <= ports.last;
    });
  }

  const resolve::Resolved& resolved_;
  base::BytesView frame_;
  std::size_t skip_ = 0;  // tags in front of the current primitive
  bool cut_ = false;
};

}  // namespace

Evaluator::Evaluator(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

base::Result<Evaluator> Evaluator::create(std::string_view expression) {
  auto resolved = read(expression);
  if (!resolved) return std::unexpected(resolved.error());
  return Evaluator(std::make_shared<const Program>(Program{std::move(*resolved)}));
}

bool Evaluator::matches(base::BytesView frame) const {
  return Run(program_->resolved, frame).answer();
}

}  // namespace superspan::policy
