// SPDX-License-Identifier: Apache-2.0
// One run of a resolved expression over one frame. The order of loads follows the code that libpcap 1.10 generates
// (`tcpdump -O -d`).
#pragma once

#include <optional>

#include "policy/evaluate/machine.h"
#include "policy/resolve/resolved.h"

namespace superspan::policy::evaluate {

class Run {
 public:
  Run(const resolve::Resolved& resolved, base::BytesView frame, std::uint32_t wire_bytes, std::uint32_t tap)
      : resolved_(resolved), machine_(frame, wire_bytes), tap_(tap) {}

  bool keeps() { return node(resolved_.root()) && !machine_.is_cut(); }
  [[nodiscard]] bool is_defined() const { return machine_.is_defined(); }

 private:
  bool node(resolve::NodeId id);

  // --- run.cc: the link layer and its encapsulations ---
  bool test(const resolve::Not& inverted);
  bool test(const resolve::Group& group);
  bool test(const resolve::EtherHost& host);
  bool test(const resolve::EtherMulticast& multicast);
  bool test(const resolve::LinkType& type);
  bool test(const resolve::Vlan& vlan);
  bool test(const resolve::Mpls& mpls);
  bool test(const resolve::PppoeSession& session);
  bool test(const resolve::Geneve& geneve);
  bool test(const resolve::LlcFrame& llc);
  bool test(const resolve::IsoProtocol& protocol);
  bool test(const resolve::IsisTypes& isis);
  bool test(const resolve::Length& length);
  bool test(const resolve::ByteTest& byte);

  // --- run_network.cc ---
  bool test(const resolve::Ipv4Host& host);
  bool test(const resolve::Ipv6Host& host);
  bool test(const resolve::DecnetHost& host);
  bool test(const resolve::IpMulticast& multicast);
  bool test(const resolve::IpProtocol& protocol);
  bool test(const resolve::ProtocolChain& chain);
  bool test(const resolve::Ports& ports);
  bool test(const resolve::FirstFragment& fragment);
  bool test(const resolve::NextHeader& header);
  bool ports4(const resolve::Ports& ports);
  bool ports6(const resolve::Ports& ports);

  // --- run_own.cc ---
  struct Transport {
    std::uint32_t protocol, offset;
  };
  struct TunnelHeader {
    std::optional<std::uint32_t> vni;
    std::uint32_t type;    // where the EtherType of what is inside is, if that is not Ethernet
    std::uint32_t inside;  // where that begins
    bool ethernet;
  };
  bool test(const resolve::Tunnel& wanted);
  bool test(const resolve::SkipTags& skip);
  bool test(const resolve::Payload& payload);
  bool test(const resolve::Tap& tap);
  bool test(const resolve::TcpFlags6& flags);
  bool test(const resolve::Scope& scope);
  bool test(const resolve::Bidirectional& both);
  std::optional<Transport> transport();
  std::optional<TunnelHeader> tunnel();
  std::optional<TunnelHeader> vxlan(std::uint32_t at);
  std::optional<TunnelHeader> geneve(std::uint32_t at);
  std::optional<TunnelHeader> gre(std::uint32_t at);
  base::BytesView carried();
  base::BytesView carried_by_headers();
  std::uint32_t header_bytes(std::uint32_t protocol, std::uint32_t at);

  // --- run_terms.cc ---
  bool test(const resolve::Comparison& comparison);
  std::uint32_t value(parse::TermId id);
  std::uint32_t value(const parse::Number& number) { return number.value; }
  std::uint32_t value(const parse::FrameLength&) { return machine_.wire_bytes(); }
  std::uint32_t value(const parse::Load& load);
  std::uint32_t value(const parse::Negative& negative) { return 0 - value(negative.operand); }
  std::uint32_t value(const parse::Binary& binary);

  [[nodiscard]] const resolve::Layout& layout() const { return *layout_; }
  bool has_ethernet();
  bool type_is(std::uint32_t type);
  bool ethernet_type_is(std::uint32_t type);
  bool is_length();  // the type field is the length of an IEEE 802.3 frame
  bool access_points_are(std::uint8_t point);
  bool is_snap(std::uint32_t organisation, std::uint32_t type);
  bool iso_byte_is(std::uint32_t offset, std::uint32_t value);
  std::uint32_t link(std::uint32_t offset, unsigned bytes) { return machine_.load(layout().header, offset, bytes); }
  std::uint32_t llc(std::uint32_t offset, unsigned bytes) { return machine_.load(layout().payload, offset, bytes); }
  // Bytes of the network header.
  std::uint32_t net(std::uint32_t offset, unsigned bytes) {
    return machine_.load(layout().payload, layout().network + offset, bytes);
  }
  // Bytes behind the IPv4 header, whose length is in its first byte.
  std::uint32_t behind_ipv4(std::uint32_t offset, unsigned bytes);
  bool masked_is(std::uint32_t loaded, std::uint32_t mask, std::uint32_t value) {
    return machine_.set(loaded & mask) == value;
  }

  template <typename Test>
  static bool directed(resolve::Direction direction, Test test) {
    switch (direction) {
      case resolve::Direction::kSource:
        return test(true);
      case resolve::Direction::kDestination:
        return test(false);
      case resolve::Direction::kSourceAndDestination:
        return test(true) && test(false);
      case resolve::Direction::kSourceOrDestination:
        break;
    }
    return test(true) || test(false);
  }

  const resolve::Resolved& resolved_;
  Machine machine_;
  std::uint32_t tap_;                        // 0: not known
  const resolve::Layout* layout_ = nullptr;  // of the current test
};

}  // namespace superspan::policy::evaluate
