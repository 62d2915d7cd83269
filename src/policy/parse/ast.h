// SPDX-License-Identifier: Apache-2.0
// What a person wrote, as a tree that still knows where every word stood. Nothing is looked up yet: names are names.
//
// Nodes live in one vector; a child stands before its parent, and `root` is the last node. The grammar is that of
// pcap-filter(7): `and` and `or` have the same precedence and group from the left, `not` binds tightest, and a value
// without a qualifier takes the qualifier in force (`host a or b`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace superspan::policy::parse {

// Caps that bound time and stack for hostile text.
inline constexpr std::size_t kMaxTextBytes = 65'536;
inline constexpr std::size_t kMaxNodes = 4'096;  // tests and operators, and as many terms of arithmetic
inline constexpr std::size_t kMaxNesting = 200;

struct Limits {
  std::size_t text_bytes = kMaxTextBytes;
  std::size_t nodes = kMaxNodes;
};
// For text that was written by superspan itself: a name may have become thousands of addresses.
inline constexpr Limits kWideLimits{std::size_t{16} << 20, std::size_t{1} << 20};

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
  kEsp,
  kAtalk,
  kAarp,
  kDecnet,
  kLat,
  kSca,
  kMoprc,
  kMopdl,
  kIso,
  kEsis,
  kIsis,
  kClnp,
  kL1,  // these seven are kinds of IS-IS packets
  kL2,
  kIih,
  kLsp,
  kSnp,
  kCsnp,
  kPsnp,
  kStp,
  kIpx,
  kNetbeui
};
enum class Direction : std::uint8_t { kSourceOrDestination, kSource, kDestination, kSourceAndDestination };
// kAddress: no word was written (`src 10.0.0.1`), which means host. From kVm on: words of superspan, which tcpdump does
// not know; those up to kLabel are names of the inventory and have directions.
enum class Kind : std::uint8_t {
  kAddress,
  kHost,
  kNet,
  kPort,
  kPortRange,
  kProtocol,
  kProtocolChain,
  kGateway,
  kVm,
  kHypervisor,
  kDevice,
  kProfile,
  kTenant,
  kApp,
  kLabel,
  kTap,
  kQos,
  kDscp,
  kEcn,
  kVni
};
[[nodiscard]] constexpr bool is_own(Kind kind) {
  return kind >= Kind::kVm;
}
[[nodiscard]] constexpr bool has_direction(Kind kind) {
  return kind < Kind::kProtocol || (kind >= Kind::kVm && kind <= Kind::kLabel);
}

struct Qualifier {
  Protocol protocol = Protocol::kNone;
  Direction direction = Direction::kSourceOrDestination;
  Kind kind = Kind::kAddress;
  Span span;
};

// How a value was written. kName covers names of all kinds and everything that is not one of the others.
enum class Form : std::uint8_t { kNumber, kDotted, kIpv6, kMac, kName };

struct Value {
  Form form = Form::kName;
  std::string text;                            // without the backslash of an escaped name
  std::uint32_t number = 0;                    // of kNumber
  std::optional<std::uint32_t> prefix_length;  // what stood behind '/'
  std::string mask;                            // what stood behind `mask`, or empty
};

using NodeId = std::uint32_t;
enum class Operator : std::uint8_t { kAnd, kOr };

// --- arithmetic: numbers that are compared ---

struct TermId {  // index into Ast::terms
  std::uint32_t at = 0;
};
struct Number {
  std::uint32_t value;
};
struct FrameLength {};
struct Load {  // `tcp[12:2]`
  Protocol protocol;
  TermId index;
  std::uint32_t bytes;
};
struct Negative {
  TermId operand;
};
enum class Arithmetic : std::uint8_t { kAdd, kSubtract, kMultiply, kDivide, kModulo, kAnd, kOr, kXor, kLeft, kRight };
struct Binary {
  Arithmetic op;
  TermId left, right;
};
struct Term {
  std::variant<Number, FrameLength, Load, Negative, Binary> body;
  Span span;
};

// --- tests ---

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
enum class Wrapping : std::uint8_t { kVlan, kMpls, kPppoeDiscovery, kPppoeSession, kGeneve };
struct Encapsulation {  // `vlan 100`: a test, and a shift of everything behind it
  Wrapping wrapping;
  std::optional<std::uint32_t> number;  // absent: any
};
struct Length {  // `greater 100`, `less 100`
  bool at_least;
  std::uint32_t bytes;
};
enum class ByteRelation : char { kEqual = '=', kLess = '<', kGreater = '>', kAnd = '&', kOr = '|' };
struct ByteTest {  // `byte 12 = 8`
  std::uint32_t index;
  ByteRelation relation;
  std::uint32_t value;
};
struct Llc {  // `llc`, `llc ui`
  std::string type;
};
enum class Relation : std::uint8_t { kEqual, kNotEqual, kGreater, kGreaterOrEqual, kLess, kLessOrEqual };
struct Comparison {
  Relation relation;
  TermId left, right;
};
struct TcpFlags {  // `tcpflags syn,!ack`
  std::uint8_t mask, value;
};
struct Payload {  // `payload /GET/i`
  std::string pattern;
  std::string flags;
};

// --- parentheses that have a word in front: what is moved inside does not stay moved behind them ---

enum class ScopeKind : std::uint8_t { kInner, kOuter, kAnyTag, kHere };
struct ScopeBegin {  // stands before everything in the parentheses
  ScopeKind kind;
};
struct Scope {
  ScopeKind kind;
  NodeId begin, child;
};
struct Bidirectional {  // `bidir (...)`: as it is written, and with source and destination exchanged; both kHere
  NodeId forth, back;
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
  std::variant<Address, Abbreviation, Broadcast, Multicast, Encapsulation, Length, ByteTest, Llc, Comparison, TcpFlags,
               Payload, ScopeBegin, Scope, Bidirectional, Not, Group>
      body;
  Span span;
};

struct Ast {
  std::string text;
  std::vector<Node> nodes;
  std::vector<Term> terms;  // an operand stands before its operator
  [[nodiscard]] NodeId root() const { return static_cast<NodeId>(nodes.size() - 1); }
  [[nodiscard]] const Term& term(TermId id) const { return terms[id.at]; }
};

[[nodiscard]] const char* word(Protocol protocol);
[[nodiscard]] const char* word(Direction direction);  // "src or dst" for kSourceOrDestination
[[nodiscard]] const char* word(Kind kind);            // "host" for kAddress
[[nodiscard]] const char* word(Operator op);
[[nodiscard]] const char* word(Wrapping wrapping);
[[nodiscard]] const char* word(ScopeKind kind);  // "" for kHere
[[nodiscard]] const char* word(Arithmetic op);
[[nodiscard]] const char* word(Relation relation);

// One node a line, indented by depth.
[[nodiscard]] std::string print(const Ast& ast);
[[nodiscard]] std::string print(const TcpFlags& flags);   // "tcpflags syn,!ack"
[[nodiscard]] std::string print(const Payload& payload);  // "payload /GET/i"

// An error that marks `span` of the expression `text`.
[[nodiscard]] std::unexpected<base::Error> fault(std::string_view text, Span span, std::string message,
                                                 std::string hint, base::ErrorCode code = base::ErrorCode::kInvalid);

}  // namespace superspan::policy::parse
