// SPDX-License-Identifier: Apache-2.0
#include "openflow/session.h"

#include <algorithm>

#include "openflow/session_impl.h"

namespace superspan::openflow {
namespace {

using base::ErrorCode;

const char* name(State state) {
  switch (state) {
    case State::kHello:
      return "hello";
    case State::kFeatures:
      return "features";
    case State::kDescription:
      return "description";
    case State::kPorts:
      return "ports";
    case State::kTables:
      return "tables";
    case State::kConfig:
      return "config";
    case State::kRole:
      return "role";
    case State::kBundles:
      return "bundles";
    case State::kReady:
      return "ready";
    case State::kClosed:
      return "closed";
  }
  return "";
}

base::Error make_error(ErrorCode code, std::string message) {
  return {code, std::move(message), {}, {}, std::nullopt};
}

template <typename... Handlers>
struct Overload : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

Session::Impl::Impl(SessionOptions options, base::SteadyTime now)
    : options_(std::move(options)),
      now_(now),
      started_(now),
      last_heard_(now),
      last_echo_(now),
      packet_ins_(options_.limits.packet_ins_a_second),
      errors_(options_.limits.errors_a_second) {
  Encoder::hello(control(), next_xid(), options_.versions);
}

Xid Session::Impl::next_xid(std::size_t count) {
  const Xid first = next_xid_;
  next_xid_ += static_cast<Xid>(count);
  if (next_xid_ < first || next_xid_ == 0) {  // wrapped: start again, in one piece
    next_xid_ = 1 + static_cast<Xid>(count);
    return 1;
  }
  return first;
}

void Session::Impl::receive(base::BytesView bytes, base::SteadyTime now) {
  if (state == State::kClosed) return;
  now_ = std::max(now_, now);
  last_heard_ = now_;
  counters.bytes_received += bytes.size();
  const bool joined = !input_.empty();
  if (joined) {
    input_.insert(input_.end(), bytes.begin(), bytes.end());
    bytes = input_;
  }
  while (state != State::kClosed) {
    const auto header = peek_header(bytes);
    if (!header) break;
    if (header->length_bytes < kHeaderBytes) {
      close(make_error(ErrorCode::kInvalid, "the peer does not speak OpenFlow: a message of " +
                                                std::to_string(header->length_bytes) + " bytes"));
      return;
    }
    if (bytes.size() < header->length_bytes) break;
    receive_message(*header, bytes.first(header->length_bytes));
    bytes = bytes.subspan(header->length_bytes);
  }
  if (joined) {
    input_.erase(input_.begin(), input_.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  } else {
    input_.assign(bytes.begin(), bytes.end());
  }
}

void Session::Impl::receive_message(const Header& header, base::BytesView bytes) {
  ++counters.messages_received;
  const bool other_version = negotiated_ && header.version != static_cast<std::uint8_t>(info.version);
  if (other_version && header.type > 1) {  // hello and error may carry another one
    ++counters.malformed_messages;
    return;
  }
  auto message = decoder_.decode(bytes);
  if (!message) return fail_malformed(header, message.error());
  dispatch(std::move(*message));
}

void Session::Impl::fail_malformed(const Header& header, const base::Error& error) {
  ++counters.malformed_messages;
  if (state != State::kReady) {
    return close(make_error(ErrorCode::kInvalid, std::string("in state ") + name(state) + ": " + error.message));
  }
  if (dumps_.contains(header.xid)) fail_dump(header.xid, error);
}

void Session::Impl::dispatch(Message message) {
  const Header header = message.header;
  if (state == State::kHello && !std::holds_alternative<Hello>(message.body) &&
      !std::holds_alternative<ErrorReply>(message.body)) {
    return close(make_error(ErrorCode::kInvalid, "the peer's first message is not a hello"));
  }
  const auto awaited = [&](State expected) {
    if (state == expected && header.xid == awaited_) return true;
    ++counters.unexpected_replies;
    return false;
  };
  std::visit(Overload{
                 [&](Hello& body) { on_hello(header, body); },
                 [&](ErrorReply& body) { on_error(header, body); },
                 [&](EchoRequest& body) {
                   if (output_.size() > options_.limits.reply_bytes) {
                     return close(make_error(ErrorCode::kLimit, "the peer asks for replies but does not read them"));
                   }
                   encoder_.echo_reply(control(), header.xid, body.payload);
                 },
                 [&](EchoReply&) {},
                 [&](FeaturesReply& body) {
                   if (awaited(State::kFeatures)) on_features(std::move(body));
                 },
                 [&](DescriptionReply& body) {
                   if (awaited(State::kDescription)) on_description(body);
                 },
                 [&](PortsReply& body) {
                   if (awaited(State::kPorts)) on_ports(std::move(body));
                 },
                 [&](TableFeaturesReply& body) {
                   if (awaited(State::kTables)) on_tables(std::move(body));
                 },
                 [&](ConfigReply& body) {
                   if (awaited(State::kConfig)) on_config(body);
                 },
                 [&](RoleReply& body) {
                   if (awaited(State::kRole)) on_role(body);
                 },
                 [&](BundleReply& body) {
                   if (state != State::kBundles) return on_transaction_reply(header, message.body);
                   if (awaited(State::kBundles)) on_bundle_probe(body);
                 },
                 [&](BarrierReply&) { on_transaction_reply(header, message.body); },
                 [&](FlowStatisticsReply& body) { on_dump_reply(header, std::move(body)); },
                 [&](PortStatisticsReply& body) { on_dump_reply(header, std::move(body)); },
                 [&](TableStatisticsReply& body) { on_dump_reply(header, std::move(body)); },
                 [&](PortChange& body) { on_port_change(body); },
                 [&](PacketIn& body) {
                   ++counters.packet_ins;
                   if (state == State::kReady && packet_ins_.take(now_)) {
                     events.emplace_back(std::move(body));
                   } else {
                     ++counters.packet_ins_dropped;
                   }
                 },
                 [&](FlowRemoved& body) {
                   if (state == State::kReady) events.emplace_back(std::move(body));
                 },
                 [&](auto&) { ++counters.unknown_messages; },
             },
             message.body);
}

void Session::Impl::on_error(const Header& header, const ErrorReply& error) {
  ++counters.errors_received;
  if (state == State::kHello) {
    return close(make_error(ErrorCode::kUnavailable, "the peer refuses our OpenFlow versions: " + error.name +
                                                         (error.text.empty() ? "" : " (" + error.text + ")")));
  }
  if (state != State::kReady) {
    if (header.xid == awaited_) on_handshake_error(error);
    return;
  }
  if (!transactions_.empty() && transactions_.front().owns(header.xid)) {
    return on_transaction_error(header.xid, error.name);
  }
  if (dumps_.contains(header.xid)) {
    return fail_dump(header.xid, make_error(ErrorCode::kInvalid, "the switch refuses the request: " + error.name));
  }
  if (!errors_.take(now_)) return;
  const auto note = std::ranges::find(notes_, header.xid, &std::pair<Xid, const char*>::first);
  events.emplace_back(SwitchError{error.name, note == notes_.end() ? "" : note->second});
}

void Session::Impl::on_port_change(const PortChange& change) {
  auto& ports = info.ports;
  const auto at = std::ranges::lower_bound(ports, change.port.number, {}, &Port::number);
  const bool known = at != ports.end() && at->number == change.port.number;
  if (change.event == PortEvent::kDeleted) {
    if (known) ports.erase(at);
  } else if (known) {
    *at = change.port;
  } else if (ports.size() < options_.limits.ports) {
    ports.insert(at, change.port);
  } else {
    return close(make_error(ErrorCode::kLimit, "the switch has too many ports"));
  }
  if (state == State::kReady) events.emplace_back(change);
}

void Session::Impl::tick(base::SteadyTime now) {
  now_ = std::max(now_, now);
  if (state == State::kClosed) return;
  if (state != State::kReady && now_ - started_ >= options_.handshake_timeout) {
    return close(make_error(ErrorCode::kTimeout, std::string("no answer in state ") + name(state)));
  }
  if (negotiated_) tick_echo();
  if (state == State::kReady) tick_requests();
}

void Session::Impl::tick_echo() {
  if (now_ - last_echo_ < options_.echo_interval) return;
  echo_misses_ = last_heard_ >= last_echo_ ? 0 : echo_misses_ + 1;
  const unsigned allowed = transactions_.empty() ? options_.echo_misses : options_.echo_misses_busy;
  if (echo_misses_ >= allowed) {
    return close(make_error(ErrorCode::kTimeout,
                            "the switch did not answer " + std::to_string(echo_misses_) + " echo requests"));
  }
  encoder_.echo_request(control(), next_xid());
  last_echo_ = now_;
}

void Session::Impl::close(base::Error reason) {
  if (state == State::kClosed) return;
  state = State::kClosed;
  abandon_requests(reason);
  events.emplace_back(SessionClosed{std::move(reason)});
}

base::Status Session::Impl::packet_out(const PacketOut& packet) {
  if (state != State::kReady) return base::fail(ErrorCode::kUnavailable, "the switch is not connected");
  if (output_.size() > options_.limits.multipart_bytes) {
    return base::fail(ErrorCode::kLimit, "the switch does not read fast enough");
  }
  const Xid xid = next_xid();
  if (const base::Status status = encoder_.packet_out(output_, xid, packet); !status) return status;
  ++counters.messages_sent;
  notes_.emplace_back(xid, "packet-out");
  if (notes_.size() > 256) notes_.pop_front();
  return {};
}

void Session::Impl::produce(base::Bytes& out, std::size_t budget) {
  const std::size_t limit = out.size() + budget;
  out.insert(out.end(), output_.begin(), output_.end());
  output_.clear();
  if (out.size() < limit) write(out, limit - out.size());
}

bool Session::Impl::has_output() const {
  if (!output_.empty()) return true;
  return !transactions_.empty() && transactions_.front().phase == RunningTransaction::Phase::kWriting;
}

// --- Session ---

Session::Session(SessionOptions options, base::SteadyTime now)
    : impl_(std::make_unique<Impl>(std::move(options), now)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::receive(base::BytesView bytes, base::SteadyTime now) {
  impl_->receive(bytes, now);
}
void Session::tick(base::SteadyTime now) {
  impl_->tick(now);
}
void Session::close(base::Error reason) {
  impl_->close(std::move(reason));
}
void Session::produce(base::Bytes& out, std::size_t budget) {
  impl_->produce(out, budget);
}
bool Session::has_output() const {
  return impl_->has_output();
}
std::vector<Event> Session::take_events() {
  return std::exchange(impl_->events, {});
}

base::Result<RequestId> Session::send(Transaction transaction) {
  return impl_->send(std::move(transaction));
}
base::Result<RequestId> Session::dump_flows(const CookieFilter& only) {
  return impl_->dump<std::vector<FlowStatistics>>(
      [&only](Encoder& encoder, base::Bytes& out, Xid xid) { encoder.flow_statistics_request(out, xid, only); });
}
base::Result<RequestId> Session::port_statistics() {
  return impl_->dump<std::vector<PortStatistics>>(&Encoder::port_statistics_request);
}
base::Result<RequestId> Session::table_statistics() {
  return impl_->dump<std::vector<TableStatistics>>(&Encoder::table_statistics_request);
}
base::Status Session::packet_out(const PacketOut& packet) {
  return impl_->packet_out(packet);
}

bool Session::ready() const {
  return impl_->state == State::kReady;
}
bool Session::closed() const {
  return impl_->state == State::kClosed;
}
const SwitchInfo& Session::info() const {
  return impl_->info;
}
const SessionCounters& Session::counters() const {
  return impl_->counters;
}
const char* Session::state_name() const {
  return name(impl_->state);
}

}  // namespace superspan::openflow
