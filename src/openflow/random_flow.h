// SPDX-License-Identifier: Apache-2.0
// For tests: random flows that a switch accepts, in two flavours: what every OpenFlow 1.0 switch can do, and all that
// flow.h can say (Open vSwitch).
#pragma once

#include <cstdint>
#include <random>

#include "base/testing/seed.h"
#include "openflow/flow.h"

namespace superspan::openflow {

using base::testing::seed;

class RandomFlow {
 public:
  explicit RandomFlow(std::uint64_t seed) : random_(seed) {}

  // `extended`: registers, any mask, NSH, Nicira actions; `modern`: goto_table, encap and decap, OpenFlow 1.3 and
  // later.
  Flow flow(bool extended, bool modern) {
    modern_ = modern;
    nsh_ = false;
    Flow flow;
    flow.key.table = extended ? static_cast<std::uint8_t>(below(100)) : 0;
    flow.key.priority = static_cast<std::uint16_t>(below(65536));
    flow.key.match = match(extended);
    flow.cookie = random_() >> 1;
    flow.actions = extended ? extended_actions() : standard_actions();
    if (modern && flip()) {
      flow.actions.push_back(GotoTable{static_cast<std::uint8_t>(flow.key.table + 1)});
    }
    return flow;
  }

  Match match(bool extended) {
    extended_ = extended;
    Match match;
    if (flip()) match.in_port = port();
    if (extended) {
      for (std::uint8_t index = 0; index < kRegisterCount; ++index) {
        if (below(8) != 0) continue;
        const auto mask = static_cast<std::uint32_t>(part(0xffffffff));
        match.registers.push_back({index, static_cast<std::uint32_t>(random_()) & mask, mask});
      }
    }
    headers(match.headers);
    return match;
  }

 private:
  using Field = net::Field;
  using U128 = net::U128;

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  bool flip() { return (random_() & 1) != 0; }
  PortNumber port() { return 1 + static_cast<PortNumber>(below(2000)); }
  U128 value128() { return U128{random_()} << 64 | random_(); }
  // All of the bits, or (half of the time, never none) some.
  U128 part(U128 full) {
    if (!extended_ || flip()) return full;
    const U128 mask = value128() & full;
    return mask == 0 ? full : mask;
  }

  void add(net::Cube& cube, Field field, U128 mask) { cube.push_back({field, value128() & mask, mask}); }
  void maybe(net::Cube& cube, Field field) {
    if (flip()) add(cube, field, part(net::full_mask(field)));
  }
  void maybe_exact(net::Cube& cube, Field field) {
    if (flip()) add(cube, field, net::full_mask(field));
  }
  void maybe_prefix(net::Cube& cube, Field field) {
    if (flip()) return;
    const U128 full = net::full_mask(field);
    const unsigned length = 1 + static_cast<unsigned>(below(net::width_bits(field)));
    add(cube, field, full >> (net::width_bits(field) - length) << (net::width_bits(field) - length));
  }

  void vlan(net::Cube& cube) {
    switch (below(6)) {
      case 0:
        cube.push_back({Field::kVlanTci, 0, 0x1000});
        return;
      case 1:
        cube.push_back({Field::kVlanTci, 0x1000 | below(4096), 0x1fff});
        return;
      case 2:
        cube.push_back({Field::kVlanTci, 0x1000 | below(4096) | below(8) << 13, 0xffff});
        return;
      case 3:
        if (extended_) cube.push_back({Field::kVlanTci, 0x1000, 0x1000});
        return;
      default:
        return;
    }
  }

  void headers(net::Cube& cube) {
    if (extended_) {
      maybe(cube, Field::kEthDestination);
      maybe(cube, Field::kEthSource);
    } else {
      maybe_exact(cube, Field::kEthDestination);
      maybe_exact(cube, Field::kEthSource);
    }
    vlan(cube);
    const std::size_t kinds = extended_ ? 6 : 4;
    switch (below(kinds)) {
      case 0:
        return;
      case 1:
        return ip(cube, 0x0800);
      case 2: {
        cube.push_back(net::FieldTest::exactly(Field::kEthType, 0x0806));
        maybe_exact(cube, Field::kIpProto);
        maybe_prefix(cube, Field::kArpSource);
        return maybe_prefix(cube, Field::kArpTarget);
      }
      case 3:
        cube.push_back(net::FieldTest::exactly(Field::kEthType, flip() ? 0x88cc : 0x05ff));
        return;
      case 4:
        return ip(cube, 0x86dd);
      default:
        return nsh(cube);
    }
  }

  void ip(net::Cube& cube, std::uint16_t eth_type) {
    cube.push_back(net::FieldTest::exactly(Field::kEthType, eth_type));
    static constexpr std::uint8_t kProtocols[] = {6, 17, 132, 1, 58, 47};
    const std::uint8_t protocol = kProtocols[below(6)];
    const bool with_protocol = flip();
    if (with_protocol) cube.push_back(net::FieldTest::exactly(Field::kIpProto, protocol));
    bool later_fragment = false;
    if (extended_ && flip()) {
      const std::uint8_t mask = flip() ? 3 : 2;
      later_fragment = flip();
      cube.push_back({Field::kIpFragment, later_fragment ? mask : 0U, mask});
    }
    maybe_exact(cube, Field::kIpDscp);
    if (extended_) maybe_exact(cube, Field::kIpEcn);
    if (extended_) maybe_exact(cube, Field::kIpTtl);
    const bool v6 = eth_type == 0x86dd;
    maybe_prefix(cube, v6 ? Field::kIpv6Source : Field::kIpv4Source);
    maybe_prefix(cube, v6 ? Field::kIpv6Destination : Field::kIpv4Destination);
    if (!with_protocol || later_fragment) return;
    const bool ports = protocol == 6 || protocol == 17 || protocol == 132;
    if (ports && (extended_ || protocol != 132)) {
      maybe(cube, Field::kL4Source);
      maybe(cube, Field::kL4Destination);
      if (protocol == 6 && extended_) maybe(cube, Field::kTcpFlags);
    }
    if (protocol == (v6 ? 58 : 1)) cube.push_back(net::FieldTest::exactly(Field::kL4Source, below(256)));
  }

  void nsh(net::Cube& cube) {
    nsh_ = true;
    cube.push_back(net::FieldTest::exactly(Field::kEthType, 0x894f));
    maybe_exact(cube, Field::kNshSpi);
    if (flip()) cube.push_back(net::FieldTest::exactly(Field::kNshSi, 1 + below(255)));
    maybe(cube, Field::kNshContext1);
    maybe(cube, Field::kNshContext2);
    maybe(cube, Field::kNshContext3);
    maybe(cube, Field::kNshContext4);
  }

  std::vector<Action> standard_actions() {
    std::vector<Action> actions;
    for (std::size_t count = below(5); count-- > 0;) {
      switch (below(4)) {
        case 0:
          actions.push_back(SetVlanId{static_cast<std::uint16_t>(below(4096))});
          break;
        case 1:
          actions.push_back(PopVlan{});
          break;
        case 2:
          actions.push_back(set(flip() ? Field::kEthSource : Field::kEthDestination));
          break;
        default:
          actions.push_back(Output{port()});
      }
    }
    return actions;
  }

  // A switch refuses actions on headers that the packet may not have: NSH is touched only where it is matched, or
  // between its encap and the next.
  std::vector<Action> extended_actions() {
    std::vector<Action> actions;
    for (std::size_t count = below(5); count-- > 0;) {
      if (below(8) == 0) {
        Clone clone;
        for (std::size_t inner = below(4); inner-- > 0;) clone.actions.push_back(neutral());
        actions.emplace_back(std::move(clone));
      } else {
        actions.push_back(widen(neutral()));
      }
    }
    if (nsh_) actions.emplace_back(MoveToRegister{context(), reg()});
    if (nsh_ && modern_) {
      actions.insert(actions.end(), {Decap{}, Decap{}, Output{port()}});
    } else if (modern_ && flip()) {
      actions.insert(actions.end(), {EncapNsh{}, set(Field::kNshSpi), set(context()), MoveToField{reg(), context()},
                                     EncapEthernet{}, set(Field::kEthDestination), Output{port()}});
    }
    return actions;
  }

  static Action widen(const SimpleAction& action) {
    return std::visit([](const auto& value) { return Action(value); }, action);
  }
  std::uint8_t reg() { return static_cast<std::uint8_t>(below(kRegisterCount)); }
  Field context() { return static_cast<Field>(static_cast<std::size_t>(Field::kNshContext1) + below(4)); }
  SetField set(Field field) {
    const U128 full = net::full_mask(field);
    const U128 mask = field == Field::kNshSpi ? full : part(full);
    return SetField{field, value128() & mask, mask};
  }
  SimpleAction neutral() {
    switch (below(5)) {
      case 0:
      case 1: {
        const auto mask = static_cast<std::uint32_t>(part(0xffffffff));
        return LoadRegister{reg(), static_cast<std::uint32_t>(random_()) & mask, mask};
      }
      case 2:
        return Resubmit{static_cast<std::uint8_t>(below(255))};
      case 3:
        return set(Field::kEthDestination);
      default:
        return Output{port()};
    }
  }

  std::mt19937_64 random_;
  bool extended_ = false;
  bool modern_ = false;
  bool nsh_ = false;
};

}  // namespace superspan::openflow
