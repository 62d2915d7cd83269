// SPDX-License-Identifier: Apache-2.0
#include "http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "http/problem.h"
#include "http/responder.h"
#include "http/server_stream.h"
#include "http/token.h"

namespace superspan::http {
namespace {

using boost::system::error_code;

constexpr std::size_t kStreamChunkBytes = 256 * 1024;
constexpr std::int64_t kLingerMs = 2'000;
constexpr std::size_t kLingerBytes = 8 * 1024 * 1024;

bool is_safe_field(std::string_view text) {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

std::string head_of(int status, const std::string& content_type, const Fields& headers, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
  if (status != 204) head += fmt::format("Content-Type: {}\r\n", content_type);
  head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  if (!keep_alive) head += "Connection: close\r\n";
  for (const auto& [name, value] : headers) {
    if (!is_safe_field(name) || !is_safe_field(value)) continue;  // a line break would forge other headers
    head += fmt::format("{}: {}\r\n", name, value);
  }
  return head;
}

}  // namespace

bool TokenBucket::take(base::SteadyTime now) {
  const double elapsed_s = std::chrono::duration<double>(now - last_).count();
  level_ = std::min(burst_, level_ + elapsed_s * per_second_);
  last_ = now;
  if (level_ < 1) return false;
  level_ -= 1;
  return true;
}

Connection::Connection(std::shared_ptr<ServerCore> core, std::shared_ptr<Transport> transport, std::string address)
    : core_(std::move(core)), transport_(std::move(transport)), address_(std::move(address)), timer_(core_->io) {
  if (!address_.empty()) ++core_->strangers[address_];
}

void Connection::no_stranger() {
  if (!std::exchange(stranger_, false) || address_.empty()) return;
  const auto found = core_->strangers.find(address_);
  if (--found->second == 0) core_->strangers.erase(found);
}

std::int64_t Connection::request_timeout_ms() const {
  const Limits& limits = core_->options.limits;
  return stranger_ ? std::min(limits.stranger_timeout_ms, limits.request_timeout_ms) : limits.request_timeout_ms;
}

void Connection::start() {
  arm(request_timeout_ms());
  transport_->handshake([self = shared_from_this()](error_code error) {
    if (self->closed_) return;
    if (error) return self->close();
    self->reader_.emplace(self->core_->options.limits.header_bytes, self->core_->options.limits.body_bytes);
    self->read();
  });
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  timer_.cancel();
  transport_->close();
  no_stranger();
  if (stream_) {
    --core_->open_streams;
    stream_->connection_over();
    stream_.reset();
  }
  --core_->open_connections;
  core_->connections.erase(shared_from_this());
}

void Connection::arm(std::int64_t timeout_ms) {
  const auto turn = ++timer_turn_;
  if (timeout_ms == 0) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::milliseconds(timeout_ms));
  timer_.async_wait([self = shared_from_this(), turn](error_code error) {
    if (!error && !self->closed_ && self->timer_turn_ == turn) self->on_timeout();
  });
}

void Connection::on_timeout() {
  const bool half_received = phase_ == Phase::kReading && started_;
  if (!half_received || writing_) return close();
  ++core_->timed_out;
  keep_alive_ = false;
  send_problem(408, base::ErrorCode::kTimeout, "the request did not arrive in time", "send it in one go");
}

void Connection::read() {
  if (std::exchange(reading_, true)) return;
  transport_->read_some(chunk_, [self = shared_from_this()](error_code error, std::size_t count) {
    if (!self->closed_) self->on_read(error, count);
  });
}

void Connection::on_read(error_code error, std::size_t count) {
  reading_ = false;
  if (error) return close();
  switch (phase_) {
    case Phase::kReading:
      return got_bytes(count);
    // The request timed out while its rest was awaited; the 408 is on its way.
    case Phase::kAnswering:
      return;
    // A client of a stream has nothing to say; we read to learn of its end.
    case Phase::kStreaming:
      return read();
    case Phase::kLingering:
      lingered_bytes_ += count;
      return lingered_bytes_ > kLingerBytes ? close() : read();
  }
}

void Connection::got_bytes(std::size_t count) {
  // The clock of a request starts with its first byte, that of an idle connection with the last answer. That of a
  // stranger started when it came.
  if (!std::exchange(started_, true) && !stranger_) arm(request_timeout_ms());
  in_.append(chunk_.data(), count);
  parse();
}

void Connection::parse() {
  const Progress progress = reader_->feed(in_);
  in_.erase(0, progress.consumed);
  if (progress.state == Progress::State::kError) {
    ++core_->malformed;
    keep_alive_ = false;
    return refuse(progress);
  }
  const bool done = progress.state == Progress::State::kDone;
  if (reader_->header_done() && !admitted_) {
    keep_alive_ = done && reader_->keep_alive();
    chunked_ = reader_->chunked_replies();
    if (!admitted()) return;
    admitted_ = true;
  }
  if (done) {
    keep_alive_ = reader_->keep_alive();
    return dispatch();
  }
  if (reader_->header_done() && reader_->expects_continue() && !continued_) {
    continued_ = true;
    out_ = "HTTP/1.1 100 Continue\r\n\r\n";
    return write_out(&Connection::read);
  }
  read();
}

void Connection::refuse(const Progress& progress) {
  const Limits& limits = core_->options.limits;
  if (progress.status == 413) {
    return send_problem(413, base::ErrorCode::kLimit,
                        fmt::format("the body is larger than {} bytes", limits.body_bytes),
                        "send less, or several requests");
  }
  if (progress.status == 431) {
    return send_problem(431, base::ErrorCode::kLimit,
                        fmt::format("the request's header is larger than {} bytes", limits.header_bytes),
                        "shorten the address or leave out header fields");
  }
  send_problem(progress.status, base::ErrorCode::kInvalid, "malformed request: " + progress.error,
               "send HTTP/1.1 as RFC 9112 has it");
}

bool Connection::admitted() {
  const std::string authorization = reader_->authorization();
  const std::string_view given = bearer_token(authorization);
  const auto& tokens = core_->options.tokens;
  std::size_t index = tokens.size();
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    if (equal_in_constant_time(tokens[at], given)) index = at;
  }
  if (index == tokens.size()) {
    ++core_->unauthorized;
    send_problem(401, base::ErrorCode::kDenied, "the request carries no valid token",
                 "send 'Authorization: Bearer TOKEN' with the token of the state directory",
                 {{"WWW-Authenticate", "Bearer"}});
    return false;
  }
  if (stranger_) {
    no_stranger();
    arm(request_timeout_ms());
  }
  const std::size_t of = rate_class();
  if (!core_->buckets[of][index].take(std::chrono::steady_clock::now())) {
    const auto& classes = core_->options.rate_classes;
    const double rate =
        of < classes.size() ? classes[of].requests_per_second : core_->options.limits.requests_per_second;
    ++core_->rate_limited;
    send_problem(429, base::ErrorCode::kLimit, "too many requests with this token",
                 fmt::format("at most {} requests a second", rate), {{"Retry-After", "1"}});
    return false;
  }
  return true;
}

std::size_t Connection::rate_class() const {
  const auto& classes = core_->options.rate_classes;
  const auto found = std::ranges::find_if(classes, [&](const RateClass& each) {
    return each.method == reader_->method() && reader_->target().starts_with(each.path_prefix);
  });
  return static_cast<std::size_t>(found - classes.begin());
}

void Connection::dispatch() {
  phase_ = Phase::kAnswering;
  arm(0);
  ++core_->requests;
  auto request = reader_->take();
  if (!request) return send_response(problem(request.error()));
  core_->handler(std::move(*request), Responder(std::make_shared<Responder::Impl>(weak_from_this())));
}

void Connection::post_reply(Response response) {
  boost::asio::dispatch(core_->io, [self = shared_from_this(), response = std::move(response)]() {
    if (!self->closed_) self->send_response(response);
  });
}

void Connection::send_problem(int status, base::ErrorCode code, std::string message, std::string hint, Fields headers) {
  Response response = problem(status, {code, std::move(message), std::move(hint), "", std::nullopt});
  response.headers = std::move(headers);
  send_response(response);
}

void Connection::send_response(const Response& response) {
  phase_ = Phase::kAnswering;
  out_ = head_of(response.status, response.content_type, response.headers, keep_alive_);
  if (response.status != 204) {
    out_ += fmt::format("Content-Length: {}\r\n\r\n", response.body.size());
    out_ += response.body;
  } else {
    out_ += "\r\n";
  }
  write_out(&Connection::after_response);
}

void Connection::after_response() {
  if (!keep_alive_) return linger();
  phase_ = Phase::kReading;
  admitted_ = false;
  continued_ = false;
  started_ = !in_.empty();
  const auto& limits = core_->options.limits;
  reader_.emplace(limits.header_bytes, limits.body_bytes);
  arm(request_timeout_ms());
  if (in_.empty()) return read();
  parse();
}

void Connection::write_out(void (Connection::*then)()) {
  writing_ = true;
  arm(stream_ ? stall_timeout_ms_ : request_timeout_ms());
  const auto rest = std::string_view(out_).substr(written_);
  transport_->write_some(rest, [self = shared_from_this(), then](error_code error, std::size_t count) {
    if (self->closed_) return;
    if (error) return self->close();
    self->written_ += count;
    if (self->written_ < self->out_.size()) return self->write_out(then);
    self->writing_ = false;
    self->written_ = 0;
    self->out_.clear();
    ((*self).*then)();
  });
}

void Connection::linger() {
  phase_ = Phase::kLingering;
  transport_->shutdown_send();
  arm(kLingerMs);
  read();
}

// --- streaming ---

void Connection::post_stream_start(std::shared_ptr<ServerStream> stream, StreamHead head) {
  boost::asio::dispatch(core_->io, [self = shared_from_this(), stream = std::move(stream), head = std::move(head)] {
    self->start_stream(stream, head);
  });
}

void Connection::start_stream(const std::shared_ptr<ServerStream>& stream, const StreamHead& head) {
  if (closed_) {
    --core_->open_streams;
    return stream->connection_over();
  }
  stream_ = stream;
  stall_timeout_ms_ = head.stall_timeout_ms;
  keep_alive_ = false;
  out_ = head_of(head.status, head.content_type, head.headers, false);
  out_ += chunked_ ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
  phase_ = Phase::kStreaming;
  read();
  write_out(&Connection::pump);
}

void Connection::post_pump() {
  boost::asio::post(core_->io, [self = shared_from_this()] { self->pump(); });
}

void Connection::post_abort() {
  boost::asio::post(core_->io, [self = shared_from_this()] { self->close(); });
}

void Connection::pump() {
  if (closed_ || writing_ || !stream_) return;
  const std::string bytes = stream_->take(kStreamChunkBytes);
  if (!bytes.empty()) {
    out_ = chunked_ ? fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes) : bytes;
    return write_out(&Connection::after_pump);
  }
  if (!stream_->finished()) return arm(0);
  if (!chunked_) return close();
  out_ = "0\r\n\r\n";
  write_out(&Connection::close);
}

void Connection::after_pump() {
  stream_->sent();
  pump();
}

}  // namespace superspan::http
