// SPDX-License-Identifier: Apache-2.0
#include "offline/policytest/packet_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "offline/policytest/packet.h"
#include "offline/policytest/vocabulary.h"
#include "offline/policytest/words.h"

namespace superspan::offline::policytest {
namespace {

using base::Result;
using base::Status;

constexpr std::size_t kFrameBytesMax = 65'600;
constexpr unsigned kNestingMax = 4;
constexpr std::size_t kTagsMax = 4;
constexpr std::uint16_t kVxlanPort = 4789;
constexpr std::uint16_t kGenevePort = 6081;

class Reader {
 public:
  Reader(const Source& source, const Word& start, std::span<const Word> words, unsigned depth)
      : source_(source), start_(start), words_(source, words), depth_(depth) {}

  Result<MadeFrame> read() {
    if (words_.at_end()) {
      return source_.error(start_, "the packet has no words",
                           "write for example: packet 10.0.0.1:1024 > 10.0.0.2:443 tcp => web");
    }
    if (words_.take("hex")) return whole_frame();
    while (!words_.at_end()) {
      if (auto status = word(); !status) return std::unexpected(status.error());
    }
    if (auto status = check(); !status) return std::unexpected(status.error());
    auto bytes = bytes_of(packet_);
    if (!bytes) return source_.error(start_, bytes.error().message, bytes.error().hint);
    return captured_part(std::move(*bytes));
  }

 private:
  using Handler = Status (Reader::*)(const Word&);
  struct Entry {
    std::string_view name;
    Handler handler;
  };
  static const std::array<Entry, 27> kWords;

  // --- the words ---
  Status word() {
    const Word& now = words_.next();
    if (now.quoted) return source_.error(now, "a text must stand behind 'payload'", "write: payload \"...\"");
    if (const auto* entry = std::ranges::find(kWords, now.text, &Entry::name); entry != kWords.end()) {
      return (this->*entry->handler)(now);
    }
    if (const Named* protocol = find(kProtocols, now.text)) return set_protocol(now, protocol->number);
    if (find(kFlags, now.text) != nullptr) return flag(now);
    if (words_.next_is(">")) return ends(now);
    return unknown(now);
  }

  Status unknown(const Word& now) const {
    std::vector<std::string> known;
    known.reserve(std::size(kWords) + std::size(kProtocols) + std::size(kFlags));
    for (const Entry& entry : kWords) known.emplace_back(entry.name);
    for (const Named& protocol : kProtocols) known.emplace_back(protocol.name);
    for (const Named& one : kFlags) known.emplace_back(one.name);
    std::string hint = base::did_you_mean(now.text, known);
    if (hint.empty()) hint = "docs/formats/policytest.md lists the words of a packet";
    return source_.error(now, fmt::format("'{}' is no word of a packet", now.text), hint);
  }

  Status set_protocol(const Word& now, std::uint8_t number) {
    if (packet_.protocol && *packet_.protocol != number) {
      return source_.error(now, "the packet has a protocol already", "leave one of them away");
    }
    packet_.protocol = number;
    protocol_word_ = &now;
    return {};
  }
  Status proto(const Word& now) {
    std::uint8_t number = 0;
    if (auto status = words_.set(number, now, 255); !status) return status;
    return set_protocol(now, number);
  }

  Status flag(const Word& now) {
    flag_word_ = &now;
    if (!flags_said_) packet_.tcp_flags = 0;
    flags_said_ = true;
    packet_.tcp_flags |= find(kFlags, now.text)->number;
    return {};
  }
  Status flags(const Word& now) {
    flag_word_ = &now;
    flags_said_ = true;
    return words_.set(packet_.tcp_flags, now, 255);
  }

  Status ether(const Word& now) {
    if (words_.take("type")) {
      std::uint16_t type = 0;
      if (auto status = words_.set(type, now, 0xffff); !status) return status;
      packet_.ether_type = type;
      return {};
    }
    if (words_.take("src")) return words_.mac(now, packet_.source);
    if (words_.take("dst")) return words_.mac(now, packet_.destination);
    if (auto status = words_.mac(now, packet_.source); !status) return status;
    if (!words_.take(">")) {
      return source_.error(now, "'ether' wants 'MAC > MAC', 'src MAC', 'dst MAC' or 'type NUMBER' behind it",
                           "write for example: ether 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff");
    }
    return words_.mac(now, packet_.destination);
  }
  Status vlan(const Word& now) { return tag(now, 0x8100); }
  Status svlan(const Word& now) { return tag(now, 0x88a8); }
  Status tag(const Word& now, std::uint16_t protocol) {
    if (packet_.tags.size() == kTagsMax) return source_.error(now, "more than four tags", "leave some away");
    packet_.tags.push_back({.protocol = protocol, .tci = 0});
    return words_.set(packet_.tags.back().tci, now, 4095);
  }
  Status priority(const Word& now) {
    if (packet_.tags.empty()) {
      return source_.error(now, "a priority belongs to a tag", "write it behind one: vlan 100 priority 5");
    }
    std::uint16_t value = 0;
    if (auto status = words_.set(value, now, 7); !status) return status;
    std::uint16_t& tci = packet_.tags.back().tci;
    tci = static_cast<std::uint16_t>((tci & 0x0fff) | value << 13);
    return {};
  }
  Status mpls(const Word& now) {
    if (packet_.mpls.size() == kTagsMax) return source_.error(now, "more than four labels", "leave some away");
    packet_.mpls.push_back(0);
    return words_.set(packet_.mpls.back(), now, 0xfffff);
  }
  Status pppoe(const Word& now) {
    std::uint16_t session = 0;
    if (auto status = words_.set(session, now, 0xffff); !status) return status;
    packet_.pppoe_session = session;
    return {};
  }

  Status arp(const Word& now) {
    packet_.reverse_arp = now.text == "rarp";
    packet_.arp_operation = packet_.reverse_arp ? 3 : 1;
    if (words_.take("reply")) packet_.arp_operation = packet_.reverse_arp ? 4 : 2;
    words_.take("request");
    return {};
  }

  // ADDRESS[:PORT] > ADDRESS[:PORT]
  Status ends(const Word& from) {
    if (packet_.from) return source_.error(from, "the packet has addresses already", "leave one pair away");
    if (auto status = words_.end(from, packet_.from, packet_.source_port); !status) return status;
    const Word& arrow = words_.next();
    const auto to = words_.argument(arrow, "an address");
    if (!to) return std::unexpected(to.error());
    if (auto status = words_.end(*to, packet_.to, packet_.destination_port); !status) return status;
    if (packet_.from->index() != packet_.to->index()) {
      return source_.error(from.begin, to->end, "one end is IPv4, the other IPv6", "write two addresses of one kind");
    }
    ends_word_ = &from;
    return {};
  }
  Status ttl(const Word& now) { return words_.set(packet_.ttl, now, 255); }
  Status tos(const Word& now) { return words_.set(packet_.tos, now, 255); }
  Status dscp(const Word& now) {
    std::uint8_t value = 0;
    if (auto status = words_.set(value, now, 63); !status) return status;
    packet_.tos = static_cast<std::uint8_t>((packet_.tos & 3) | value << 2);
    return {};
  }
  Status ecn(const Word& now) {
    std::uint8_t value = 0;
    if (auto status = words_.set(value, now, 3); !status) return status;
    packet_.tos = static_cast<std::uint8_t>((packet_.tos & 0xfc) | value);
    return {};
  }
  Status id(const Word& now) { return words_.set(packet_.id, now, 0xffff); }
  Status df(const Word& /*now*/) {
    packet_.do_not_fragment = true;
    return {};
  }
  Status fragment(const Word& now) {
    packet_.fragment = Fragment{.offset = 0, .more = true};
    fragment_word_ = &now;
    if (words_.take("first")) return {};
    if (auto status = words_.set(packet_.fragment->offset, now, 65'528); !status) return status;
    if (packet_.fragment->offset % 8 != 0) {
      return source_.error(words_.last(), "a fragment begins at a multiple of 8 bytes", "write for example 1480");
    }
    packet_.fragment->more = words_.take("more");
    return {};
  }
  Status options(const Word& now) {
    if (auto status = words_.set(packet_.option_bytes, now, 40); !status) return status;
    if (packet_.option_bytes % 4 == 0) return {};
    return source_.error(words_.last(), "IP options are a multiple of 4 bytes", "write 4, 8, ... or 40");
  }
  Status extension(const Word& now) {
    const auto name = words_.argument(now, "hop-by-hop, routing or destination");
    if (!name) return std::unexpected(name.error());
    const Named* found = find(kExtensions, name->text);
    if (found == nullptr || packet_.extensions.size() == 8) {
      return source_.error(*name, fmt::format("'{}' is no extension header here", name->text),
                           "write hop-by-hop, routing or destination, at most eight; 'fragment' makes that header");
    }
    packet_.extensions.push_back(found->number);
    return {};
  }

  Status type(const Word& now) {
    icmp_word_ = &now;
    std::uint8_t value = 0;
    if (auto status = words_.set(value, now, 255); !status) return status;
    packet_.icmp_type = value;
    return {};
  }
  Status code(const Word& now) {
    icmp_word_ = &now;
    return words_.set(packet_.icmp_code, now, 255);
  }

  // "text" or hex BYTES; more of them are put one behind the other.
  Status payload(const Word& now) {
    const auto first = words_.argument(now, "\"text\" or hex and bytes");
    if (!first) return std::unexpected(first.error());
    if (first->quoted) {
      for (const char letter : first->text) packet_.payload.push_back(static_cast<std::byte>(letter));
    } else if (first->text != "hex" || words_.at_end() || !append_hex(words_.peek().text, packet_.payload)) {
      return source_.error(*first, "'payload' wants a text in quotes, or hex and bytes",
                           R"(write: payload "GET /" or: payload hex 16 03 01)");
    } else {
      words_.next();
      while (!words_.at_end() && !words_.peek().quoted && append_hex(words_.peek().text, packet_.payload))
        words_.next();
    }
    if (packet_.payload.size() <= kFrameBytesMax) return {};
    return source_.error(now, "the payload is too long", fmt::format("{} bytes are allowed", kFrameBytesMax));
  }
  Status length(const Word& now) { return words_.set(packet_.length, now, kFrameBytesMax); }
  Status pad(const Word& now) { return words_.set(packet_.padding, now, kFrameBytesMax); }
  Status captured(const Word& now) {
    std::size_t bytes = 0;
    if (auto status = words_.set(bytes, now, kFrameBytesMax); !status) return status;
    captured_ = bytes;
    return {};
  }

  // vxlan VNI ( PACKET ), geneve VNI ( PACKET ): RFC 7348 and RFC 8926 over UDP.
  Status tunnel(const Word& now) {
    const bool vxlan = now.text == "vxlan";
    std::uint32_t vni = 0;
    if (auto status = words_.set(vni, now, 0xffffff); !status) return status;
    const Word& open = words_.at_end() ? now : words_.peek();
    if (!words_.take("("))
      return source_.error(open, "the packet inside must stand in parentheses", "write: vxlan 100 ( ... )");
    const auto words = words_.take_group();
    if (!words) return source_.error(open, "the parenthesis is not closed", "write ')' behind the packet inside");
    if (depth_ == kNestingMax) return source_.error(now, "more than four tunnels in each other", "leave some away");
    auto inside = Reader(source_, open, *words, depth_ + 1).read();
    if (!inside) return std::unexpected(inside.error());
    base::ByteWriter out;
    out.be32(vxlan ? 0x08000000U : 0x00006558U);
    out.be32(vni << 8);
    out.bytes(inside->bytes);
    packet_.payload.insert(packet_.payload.end(), out.view().begin(), out.view().end());
    if (!packet_.destination_port) packet_.destination_port = vxlan ? kVxlanPort : kGenevePort;
    if (packet_.payload.size() > kFrameBytesMax) return source_.error(now, "the payload is too long", "shorten it");
    return packet_.protocol == 17 ? Status{} : set_protocol(now, 17);
  }

  // --- what the words mean together ---
  Status check() {
    if (packet_.arp_operation) return check_arp();
    if (!packet_.from && packet_.ether_type) return {};
    if (!packet_.from) {
      return source_.error(start_, "the packet has no addresses",
                           "write 10.0.0.1 > 10.0.0.2, or `ether type NUMBER` for one that is not IP");
    }
    const bool ports = packet_.source_port || packet_.destination_port;
    if (!packet_.protocol) {
      return source_.error(*ends_word_, "the packet has no protocol",
                           ports ? "write tcp, udp or sctp behind it" : "write tcp, udp, icmp or proto NUMBER");
    }
    const std::uint8_t protocol = *packet_.protocol;
    const bool has_ports = protocol == 6 || protocol == 17 || protocol == 132;
    if (ports && !has_ports) return source_.error(*protocol_word_, "this protocol has no ports", "leave them away");
    if (ports && packet_.fragment && packet_.fragment->offset > 0) {
      return source_.error(*fragment_word_, "a later fragment has no ports", "leave them away; they are in the first");
    }
    if (flag_word_ != nullptr && protocol != 6) {
      return source_.error(*flag_word_, "only TCP has flags", "write tcp, or leave the flag away");
    }
    if (icmp_word_ != nullptr && protocol != 1 && protocol != 58) {
      return source_.error(*icmp_word_, "only ICMP has a type and a code", "write icmp or icmp6, or leave it away");
    }
    const bool ip6 = packet_.from->index() == 1;
    if (ip6 && packet_.option_bytes > 0) {
      return source_.error(start_, "IPv6 has no options", "write `extension destination`");
    }
    if (!ip6 && !packet_.extensions.empty()) {
      return source_.error(start_, "IPv4 has no extension headers", "write `options 4`");
    }
    return {};
  }
  Status check_arp() const {
    if (!packet_.from || packet_.from->index() == 1) {
      return source_.error(start_, "ARP wants two IPv4 addresses", "write: packet 10.0.0.1 > 10.0.0.2 arp");
    }
    if (packet_.protocol || packet_.source_port || packet_.destination_port) {
      return source_.error(start_, "ARP has no protocol and no ports", "leave them away");
    }
    return {};
  }

  // hex BYTES...: the frame as it is, and perhaps `captured N`.
  Result<MadeFrame> whole_frame() {
    const Word& hex = words_.last();
    base::Bytes bytes;
    while (!words_.at_end() && !words_.next_is("captured")) {
      const Word& word = words_.next();
      if (!word.quoted && append_hex(word.text, bytes)) continue;
      return source_.error(word, fmt::format("'{}' is not hexadecimal bytes", word.text),
                           "write two digits a byte: hex 0200 00000001 ...");
    }
    if (bytes.empty()) return source_.error(hex, "the frame has no bytes", "write two digits a byte");
    if (bytes.size() > kFrameBytesMax) return source_.error(hex, "the frame is too long", "shorten it");
    while (!words_.at_end()) {
      const Word& word = words_.next();
      if (word.text != "captured") return source_.error(word, "a word behind the frame", "leave it away");
      if (auto status = captured(word); !status) return std::unexpected(status.error());
    }
    return captured_part(std::move(bytes));
  }

  MadeFrame captured_part(base::Bytes bytes) const {
    MadeFrame frame{.bytes = std::move(bytes), .original_length = 0};
    frame.original_length = static_cast<std::uint32_t>(frame.bytes.size());
    if (captured_ && *captured_ < frame.bytes.size()) frame.bytes.resize(*captured_);
    return frame;
  }

  const Source& source_;
  const Word& start_;
  Words words_;
  unsigned depth_;
  Packet packet_;
  std::optional<std::size_t> captured_;
  bool flags_said_ = false;
  const Word* protocol_word_ = nullptr;
  const Word* flag_word_ = nullptr;
  const Word* icmp_word_ = nullptr;
  const Word* ends_word_ = nullptr;
  const Word* fragment_word_ = nullptr;
};

const std::array<Reader::Entry, 27> Reader::kWords{{{"ether", &Reader::ether},
                                                    {"vlan", &Reader::vlan},
                                                    {"svlan", &Reader::svlan},
                                                    {"priority", &Reader::priority},
                                                    {"mpls", &Reader::mpls},
                                                    {"pppoe", &Reader::pppoe},
                                                    {"arp", &Reader::arp},
                                                    {"rarp", &Reader::arp},
                                                    {"ttl", &Reader::ttl},
                                                    {"tos", &Reader::tos},
                                                    {"dscp", &Reader::dscp},
                                                    {"ecn", &Reader::ecn},
                                                    {"id", &Reader::id},
                                                    {"df", &Reader::df},
                                                    {"fragment", &Reader::fragment},
                                                    {"options", &Reader::options},
                                                    {"extension", &Reader::extension},
                                                    {"proto", &Reader::proto},
                                                    {"flags", &Reader::flags},
                                                    {"type", &Reader::type},
                                                    {"code", &Reader::code},
                                                    {"payload", &Reader::payload},
                                                    {"length", &Reader::length},
                                                    {"pad", &Reader::pad},
                                                    {"captured", &Reader::captured},
                                                    {"vxlan", &Reader::tunnel},
                                                    {"geneve", &Reader::tunnel}}};

}  // namespace

Result<MadeFrame> read_packet(const Source& source, const Word& start, std::span<const Word> words) {
  return Reader(source, start, words, 0).read();
}

}  // namespace superspan::offline::policytest
