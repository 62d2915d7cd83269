// SPDX-License-Identifier: Apache-2.0
// For tests: plays a script of what happens on a connection and returns what really happened, in the same words.
//
//   0.0 > OFPT_FEATURES_REQUEST      the session sends a message
//   0.0 < features 1                 the switch sends one, as a reply to the latest request of that kind
//   1.0 ! closed: ...                the session reports an event
//   1.0 * send 3                     the owner calls the session: send N, send_plain N, dump, ...
//
// Time is in seconds; between two lines the session is ticked every 100 ms. Messages of the switch are built here by
// hand, byte for byte from the specifications, not by the codec under test.
#pragma once

#include <gtest/gtest.h>
#include <cmath>
#include <cstdio>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

#include "base/bytes.h"
#include "openflow/codec.h"
#include "openflow/session.h"

namespace superspan::openflow {

class FakeSwitch {
 public:
  std::uint8_t version = 4;

  // The bytes of one line behind '<'. `xid_of` finds the xid of a message that the session sent.
  template <typename XidOf>
  base::Bytes say(const std::string& line, XidOf xid_of) const {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    const bool old = version == 1;
    if (kind == "hello") return hello(words);
    if (kind == "hex") return hex(words);
    if (kind == "error") return error(words, xid_of);
    if (kind == "features") return features(words, xid_of("OFPT_FEATURES_REQUEST"));
    if (kind == "description") return description(words, xid_of("OFPST_DESC request"));
    if (kind == "ports") return ports(words, xid_of("OFPST_PORT_DESC request"));
    if (kind == "config") {
      unsigned flags = 0;
      words >> flags;
      return message(8, xid_of("OFPT_GET_CONFIG_REQUEST"), integer(flags, 2) + integer(128, 2));
    }
    if (kind == "role") return role(words, xid_of("OFPT_ROLE_REQUEST"));
    if (kind == "bundle") return bundle(words, xid_of);
    if (kind == "barrier") return message(old ? 19 : 21, xid_of("OFPT_BARRIER_REQUEST"), "");
    if (kind == "flows") return flows(words, xid_of("OFPST_FLOW request"));
    if (kind == "echo_request") return message(2, 0x7777, "ping");
    if (kind == "echo_reply") return message(3, xid_of("OFPT_ECHO_REQUEST"), "");
    if (kind == "packet_in") {
      const std::string match = integer(1, 2) + integer(12, 2) + integer(0x80000004, 4) + integer(3, 4) + zeros(4);
      return message(10, 0, integer(~0U, 4) + integer(60, 2) + zeros(2) + zeros(8) + match + zeros(2) + zeros(60));
    }
    if (kind == "port_status") return port_status(words);
    if (kind == "unknown") return message(99, 5, zeros(8));
    ADD_FAILURE() << "the script says '" << line << "'";
    return {};
  }

 private:
  static std::string integer(std::uint64_t value, std::size_t width) {
    std::string text(width, '\0');
    for (std::size_t index = width; index-- > 0; value >>= 8) text[index] = static_cast<char>(value);
    return text;
  }
  static std::string zeros(std::size_t count) { return std::string(count, '\0'); }
  static std::string padded(std::string text, std::size_t width) {
    text.resize(width);
    return text;
  }
  static base::Bytes bytes(const std::string& text) {
    base::Bytes result;
    for (const char letter : text) result.push_back(static_cast<std::byte>(letter));
    return result;
  }
  base::Bytes message(unsigned type, Xid xid, const std::string& body) const {
    return bytes(integer(version, 1) + integer(type, 1) + integer(8 + body.size(), 2) + integer(xid, 4) + body);
  }
  base::Bytes multipart(unsigned type, Xid xid, bool more, const std::string& body) const {
    const std::string head = integer(type, 2) + integer(more ? 1 : 0, 2) + (version == 1 ? "" : zeros(4));
    return message(version == 1 ? 17 : 19, xid, head + body);
  }

  base::Bytes hello(std::istringstream& words) const {
    std::uint32_t bitmap = 0;
    unsigned highest = 0;
    for (unsigned number = 0; words >> number;) {
      bitmap |= 1U << number;
      highest = std::max(highest, number);
    }
    const bool one = (bitmap & (bitmap - 1)) == 0;
    const std::string body = one ? "" : integer(1, 2) + integer(8, 2) + integer(bitmap, 4);
    return bytes(integer(highest, 1) + zeros(1) + integer(8 + body.size(), 2) + integer(1, 4) + body);
  }
  static base::Bytes hex(std::istringstream& words) {
    base::Bytes result;
    for (unsigned value = 0; words >> std::hex >> value;) result.push_back(static_cast<std::byte>(value));
    return result;
  }
  template <typename XidOf>
  base::Bytes error(std::istringstream& words, XidOf xid_of) const {
    static const std::map<std::string, std::pair<unsigned, unsigned>> kErrors = {
        {"OFPHFC_INCOMPATIBLE", {0, 0}}, {"OFPBRC_BAD_TYPE", {1, 1}},     {"OFPBRC_BAD_STAT", {1, 2}},
        {"OFPBRC_BAD_VENDOR", {1, 3}},   {"OFPBMC_BAD_FIELD", {4, 6}},    {"OFPFMFC_TABLE_FULL", {5, 1}},
        {"OFPRRFC_STALE", {11, 0}},      {"OFPBFC_MSG_FAILED", {17, 13}}, {"OFPBFC_OUT_OF_BUNDLES", {17, 5}},
        {"OFPBFC_BAD_ID", {17, 2}}};
    std::string name, to, about;
    words >> name >> to;
    std::getline(words >> std::ws, about);
    const auto [type, code] = kErrors.at(name);
    return message(1, xid_of(about), integer(type, 2) + integer(code, 2) + zeros(8));
  }
  base::Bytes features(std::istringstream& words, Xid xid) const {
    std::uint64_t datapath = 0;
    unsigned auxiliary = 0;
    words >> datapath >> auxiliary;
    std::string body = integer(datapath, 8) + integer(0, 4) + integer(254, 1) + integer(auxiliary, 1) + zeros(2);
    body += zeros(8);
    if (version == 1) body += integer(1, 2) + zeros(6) + padded("eth1", 16) + zeros(24);
    return message(6, xid, body);
  }
  base::Bytes description(std::istringstream& words, Xid xid) const {
    std::string hardware;
    std::getline(words >> std::ws, hardware);
    return multipart(
        0, xid, false,
        padded("Maker", 256) + padded(hardware, 256) + padded("1.0", 256) + padded("", 32) + padded("", 256));
  }
  // OpenFlow 1.3's or 1.4's form.
  std::string port(unsigned number, unsigned state) const {
    const std::string name = padded("eth" + std::to_string(number), 16);
    const std::string address = zeros(5) + integer(number, 1);
    if (version < 5) {
      return integer(number, 4) + zeros(4) + address + zeros(2) + name + zeros(4) + integer(state, 4) + zeros(24);
    }
    return integer(number, 4) + integer(40, 2) + zeros(2) + address + zeros(2) + name + zeros(4) + integer(state, 4);
  }
  base::Bytes ports(std::istringstream& words, Xid xid) const {
    std::string body;
    bool more = false;
    for (std::string word; words >> word;) {
      if (word == "more") more = true;
      if (word != "more") body += port(static_cast<unsigned>(std::stoul(word)), 0);
    }
    return multipart(13, xid, more, body);
  }
  base::Bytes port_status(std::istringstream& words) const {
    std::string what;
    unsigned number = 0;
    words >> what >> number;
    const unsigned reason = what == "add" ? 0 : what == "delete" ? 1 : 2;
    return message(12, 0, integer(reason, 1) + zeros(7) + port(number, what == "down" ? 1 : 0));
  }
  base::Bytes role(std::istringstream& words, Xid xid) const {
    std::string name;
    words >> name;
    const unsigned number = name == "equal" ? 1 : name == "master" ? 2 : 3;
    if (version == 1) return message(4, xid, integer(0x2320, 4) + integer(11, 4) + integer(number - 1, 4));
    return message(25, xid, integer(number, 4) + zeros(4) + zeros(8));
  }
  template <typename XidOf>
  base::Bytes bundle(std::istringstream& words, XidOf xid_of) const {
    static const std::map<std::string, unsigned> kSteps = {{"open", 0}, {"close", 2}, {"commit", 4}, {"discard", 6}};
    std::string step;
    unsigned id = 0;
    words >> step >> id;
    const std::string body = integer(id, 4) + integer(kSteps.at(step) + 1, 2) + integer(3, 2);
    const Xid xid = xid_of("bundle " + step);
    return version == 4 ? message(4, xid, integer(0x4f4e4600, 4) + integer(2300, 4) + body) : message(33, xid, body);
  }
  base::Bytes flows(std::istringstream& words, Xid xid) const {
    unsigned count = 0;
    std::string more;
    words >> count >> more;
    std::string body;
    for (unsigned index = 0; index < count; ++index) {
      body += integer(56, 2) + zeros(1) + zeros(9) + integer(index, 2) + zeros(34) + integer(1, 2) + integer(4, 2) +
              zeros(4);
    }
    return multipart(1, xid, !more.empty(), body);
  }
};

class Script {
 public:
  explicit Script(SessionOptions options = {}) : session(std::move(options), base::SteadyTime{}) {}

  // What happened, one line each, in the script's words. `chunk`: bytes a read.
  std::string play(const std::string& text, std::size_t chunk = 1 << 20) {
    transcript_.clear();
    collect();
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.empty()) continue;
      std::istringstream words(line);
      double at = 0;
      std::string direction, rest;
      words >> at >> direction;
      std::getline(words >> std::ws, rest);
      advance_to(static_cast<int>(std::lround(at * 10)));
      if (direction == "<") {
        note('<', rest);
        const base::Bytes bytes = peer.say(rest, [this](const std::string& what) { return xids_[what]; });
        for (std::size_t offset = 0; offset < bytes.size(); offset += chunk) {
          session.receive(base::BytesView(bytes).subspan(offset, std::min(chunk, bytes.size() - offset)), now());
          collect();
        }
      } else if (direction == "*") {
        note('*', rest);
        command(rest);
        collect();
      }
    }
    return transcript_;
  }

  Session session;
  FakeSwitch peer;

 private:
  [[nodiscard]] base::SteadyTime now() const { return base::SteadyTime{} + std::chrono::milliseconds(100) * tenths_; }
  void advance_to(int tenths) {
    while (tenths_ < tenths) {
      ++tenths_;
      session.tick(now());
      collect();
    }
  }
  void note(char direction, const std::string& text) {
    char time[16];
    std::snprintf(time, sizeof(time), "%d.%d ", tenths_ / 10, tenths_ % 10);
    transcript_ += std::string(time) + direction + " " + text + "\n";
  }

  void command(const std::string& text) {
    std::istringstream words(text);
    std::string verb;
    std::size_t count = 0;
    words >> verb >> count;
    if (verb == "send" || verb == "send_plain") {
      Transaction transaction;
      transaction.atomic = verb == "send";
      for (std::size_t index = 1; index <= count; ++index) {
        Flow flow;
        flow.key.match.in_port = static_cast<PortNumber>(index);
        transaction.flows.push_back({FlowCommand::kAdd, flow});
      }
      report(session.send(std::move(transaction)));
    } else if (verb == "dump") {
      report(session.dump_flows());
    } else if (verb == "impossible") {
      Flow flow;
      flow.actions = {Output{0xffff0000}};
      report(session.send({{{FlowCommand::kAdd, Flow{}}, {FlowCommand::kAdd, flow}}, {}, true}));
    }
  }
  void report(const base::Result<RequestId>& request) {
    if (!request) note('!', "refused: " + request.error().message);
  }

  void collect() {
    base::Bytes out;
    while (session.has_output()) session.produce(out, 4096);
    base::BytesView rest = out;
    while (const auto header = peek_header(rest)) {
      const std::string text = describe(rest.first(header->length_bytes));
      xids_[text] = header->xid;
      note('>', text);
      rest = rest.subspan(header->length_bytes);
    }
    for (Event& event : session.take_events()) note('!', std::visit(EventPrinter{}, event));
  }

  std::string describe(base::BytesView bytes) {
    auto message = decoder_.decode(bytes);
    if (!message) return "malformed: " + message.error().message;
    return std::visit([&](auto& body) { return describe(body, bytes); }, message->body);
  }
  std::string describe(const Hello& hello, base::BytesView) {
    std::string text = "hello";
    for (unsigned number = 0; number < 32; ++number) {
      if ((hello.versions >> number & 1) != 0) text += " " + std::to_string(number);
    }
    return text;
  }
  std::string describe(const ErrorReply& error, base::BytesView) { return "error " + error.name + ": " + error.text; }
  std::string describe(const FlowMod& mod, base::BytesView) { return "flow_mod " + to_string(mod.flow.key.match); }
  std::string describe(const EchoReply&, base::BytesView) { return "echo_reply"; }
  std::string describe(const EchoRequest&, base::BytesView) { return "OFPT_ECHO_REQUEST"; }
  std::string describe(const BundleReply& bundle, base::BytesView) {
    static const std::map<unsigned, std::string> kSteps = {{0, "open"}, {2, "close"}, {4, "commit"}, {6, "discard"}};
    return "bundle " + kSteps.at(bundle.type);
  }
  std::string describe(const OtherMessage& other, base::BytesView bytes) {
    if (other.name != "OFPT_BUNDLE_ADD_MESSAGE") return other.name;
    return describe(bytes.subspan(peer.version == 4 ? 24 : 16));
  }
  template <typename T>
  std::string describe(const T&, base::BytesView) {
    return "a message of a switch";
  }

  struct EventPrinter {
    std::string operator()(const SessionReady&) const { return "ready"; }
    std::string operator()(const SessionClosed& event) const { return "closed: " + event.reason.message; }
    std::string operator()(const TransactionDone& event) const {
      const std::string id = "transaction " + std::to_string(event.request) + " ";
      if (event.result.ok()) return id + "ok";
      return id + (event.result.applied_nothing ? "did nothing: " : "failed: ") + event.result.error->message;
    }
    std::string operator()(const FlowsDumped& event) const {
      const std::string id = "dump " + std::to_string(event.request) + " ";
      return event.flows ? id + std::to_string(event.flows->size()) + " flows" : id + event.flows.error().message;
    }
    std::string operator()(const PortChange& event) const {
      const char* what = event.event == PortEvent::kAdded     ? "added"
                         : event.event == PortEvent::kDeleted ? "deleted"
                                                              : "changed";
      return "port " + event.port.name + " " + what + (event.port.link_down ? ", link down" : "");
    }
    std::string operator()(const SwitchError& event) const { return "error " + event.error + " about " + event.about; }
    std::string operator()(const PacketIn& event) const { return "packet from port " + std::to_string(event.in_port); }
    template <typename T>
    std::string operator()(const T&) const {
      return "another event";
    }
  };

  Decoder decoder_;
  std::map<std::string, Xid> xids_;
  std::string transcript_;
  int tenths_ = 0;
};

}  // namespace superspan::openflow
