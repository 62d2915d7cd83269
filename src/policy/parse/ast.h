// SPDX-License-Identifier: Apache-2.0
// What a person wrote, as a tree that still knows where every word stood. Nothing is looked up yet: names are names.
//
// Nodes live in one vector; a child stands before its parent, and `root` is the last node. The grammar is that of
// pcap-filter(7): `and` and `or` have the same precedence and group from the left, `not` binds tightest, and an address
// without a qualifier takes the qualifier in force (`host a or b`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace superspan::policy::parse {

// Caps that bound time and stack for hostile text.
inline constexpr std::size_t kMaxTextBytes = 65'536;
inline constexpr std::size_t kMaxNodes = 4'096;
inline constexpr std::size_t kMaxNesting = 200;

// Bytes [begin, end) of the text.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

enum class Protocol : std::uint8_t {
  kNone,
  kEther,
  kIp,
  kIp6,
  kArp,
  kRarp,
  kTcp,
  kUdp,
  kSctp,
  kIcmp,
  kIcmp6,
  kIgmp,
  kIgrp,
  kPim,
  kVrrp,
  kCarp,
  kAh,
  kEsp
};
enum class Direction : std::uint8_t { kSourceOrDestination, kSource, kDestination, kSourceAndDestination };
// kAddress: no word was written (`src 10.0.0.1`), which means host.
enum class Kind : std::uint8_t { kAddress, kHost, kNet, kPort, kPortRange, kProtocol };

struct Qualifier {
  Protocol protocol = Protocol::kNone;
  Direction direction = Direction::kSourceOrDestination;
  Kind kind = Kind::kAddress;
  Span span;
};

// How a value was written. kName covers service and protocol names and everything that is not one of the others.
enum class Form : std::uint8_t { kNumber, kDotted, kIpv6, kMac, kName };

struct Value {
  Form form = Form::kName;
  std::string text;           // without the backslash of an escaped name
  std::string prefix_length;  // what stood behind '/', or empty
  std::string mask;           // what stood behind `mask`, or empty
  Span span;
};

using NodeId = std::uint32_t;
enum class Operator : std::uint8_t { kAnd, kOr };

struct Address {  // `src host 10.0.0.1`, `tcp port 80`, `ip proto 6`
  Qualifier qualifier;
  Value value;
};
struct Abbreviation {  // `tcp`, `arp`
  Protocol protocol;
};
struct Broadcast {
  Protocol protocol;
};
struct Multicast {
  Protocol protocol;
};
struct Vlan {
  std::string id;  // empty: any
};
struct Not {
  NodeId child;
};
struct Step {
  Operator before;  // joins this operand to all that stands left of it; of no meaning for the first step
  NodeId operand;
};
struct Group {  // evaluated from left to right; no steps: matches everything
  std::vector<Step> steps;
};

struct Node {
  std::variant<Address, Abbreviation, Broadcast, Multicast, Vlan, Not, Group> body;
  Span span;
};

struct Ast {
  std::string text;
  std::vector<Node> nodes;
  [[nodiscard]] NodeId root() const { return static_cast<NodeId>(nodes.size() - 1); }
};

[[nodiscard]] const char* word(Protocol protocol);
[[nodiscard]] const char* word(Direction direction);  // "src or dst" for kSourceOrDestination
[[nodiscard]] const char* word(Kind kind);            // "host" for kAddress
[[nodiscard]] const char* word(Operator op);

// One node a line, indented by depth.
[[nodiscard]] std::string print(const Ast& ast);

// An error that marks `span` of the expression `text`.
[[nodiscard]] std::unexpected<base::Error> fault(std::string_view text, Span span, std::string message,
                                                 std::string hint, base::ErrorCode code = base::ErrorCode::kInvalid);

}  // namespace superspan::policy::parse
