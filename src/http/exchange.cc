// SPDX-License-Identifier: Apache-2.0
#include "http/exchange.h"

#include <fmt/format.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace superspan::http {
namespace {

namespace asio = boost::asio;
using base::ErrorCode;
using boost::system::error_code;

std::string request_text(const Endpoint& endpoint, const ClientOptions& options, const Exchange::Call& call) {
  std::string host = "localhost";
  if (endpoint.kind != Endpoint::Kind::kUnix) {
    const std::string text = to_string(endpoint);
    host = text.substr(text.find("://") + 3);
  }
  std::string text =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: superspan\r\n", to_string(call.method), call.target, host);
  if (!options.token.empty()) text += fmt::format("Authorization: Bearer {}\r\n", options.token);
  if (!call.body.empty()) text += "Content-Type: application/json\r\n";
  if (!call.body.empty() || call.method == Method::kPut || call.method == Method::kPost) {
    text += fmt::format("Content-Length: {}\r\n", call.body.size());
  }
  for (const auto& [name, value] : call.headers) text += fmt::format("{}: {}\r\n", name, value);
  return text + "\r\n" + call.body;
}

// No header but a precondition begins like that (RFC 9110, 13.1).
bool is_precondition(const std::string& header) {
  return header.size() > 3 && (header[0] == 'I' || header[0] == 'i') && (header[1] == 'F' || header[1] == 'f') &&
         header[2] == '-';
}

bool may_be_repeated(const Exchange::Call& call) {
  if (call.method == Method::kGet) return true;
  return call.method == Method::kPut &&
         std::ranges::none_of(call.headers, [](const auto& field) { return is_precondition(field.first); });
}

bool has_line_break(std::string_view text) {
  return text.find_first_of("\r\n ") != std::string_view::npos;
}

}  // namespace

Exchange::Exchange(asio::io_context& io, Endpoint endpoint, ClientOptions options)
    : io_(io), endpoint_(std::move(endpoint)), options_(std::move(options)), timer_(io), resolver_(io) {}

base::Error Exchange::unreachable(const std::string& why) const {
  return {ErrorCode::kUnavailable, fmt::format("cannot reach {}: {}", to_string(endpoint_), why),
          "check that it is running and that the endpoint is right", "", std::nullopt};
}

void Exchange::start(Call call) {
  if (transport_ && !may_be_repeated(call)) drop_connection();
  call_ = std::move(call);
  const auto turn = ++turn_;
  const auto broken = [](const auto& field) {
    return (field.first + field.second).find_first_of("\r\n") != std::string::npos;
  };
  if (has_line_break(call_->target) || has_line_break(options_.token) || std::ranges::any_of(call_->headers, broken)) {
    asio::post(io_, [self = shared_from_this(), turn] {
      if (self->turn_ == turn)
        self->finish(base::fail(ErrorCode::kInvalid, "the target, the token or a header has a blank or line break"));
    });
    return;
  }
  timer_.expires_after(std::chrono::milliseconds(options_.timeout_ms));
  timer_.async_wait([self = shared_from_this(), turn](error_code error) {
    if (!error && self->call_ && self->turn_ == turn) self->on_timeout();
  });
  if (transport_) {
    kept_ = true;
    return send();
  }
  connect();
}

void Exchange::cancel() {
  call_.reset();
  timer_.cancel();
  drop_connection();
}

void Exchange::drop_connection() {
  ++turn_;
  resolver_.cancel();
  if (connecting_) {
    error_code ignored;
    connecting_->close(ignored);
    connecting_.reset();
  }
  if (transport_) transport_->close();
  transport_.reset();
  in_.clear();
}

void Exchange::on_timeout() {
  finish(base::fail(ErrorCode::kTimeout,
                    fmt::format("no answer from {} within {} ms", to_string(endpoint_), options_.timeout_ms)));
}

// --- connecting ---

void Exchange::connect() {
  kept_ = false;
  addresses_.clear();
  if (endpoint_.kind == Endpoint::Kind::kUnix) {
    addresses_.emplace_back(asio::local::stream_protocol::endpoint(endpoint_.path));
    return try_address();
  }
  error_code no_address;
  const auto address = asio::ip::make_address(endpoint_.host, no_address);
  if (no_address) return resolve();
  addresses_.emplace_back(asio::ip::tcp::endpoint(address, endpoint_.port));
  try_address();
}

void Exchange::resolve() {
  resolver_.async_resolve(
      endpoint_.host, std::to_string(endpoint_.port),
      [self = shared_from_this(), turn = turn_](error_code error, const asio::ip::tcp::resolver::results_type& found) {
        if (self->turn_ != turn) return;
        if (error) return self->finish(std::unexpected(self->unreachable(error.message())));
        for (const auto& entry : found) self->addresses_.emplace_back(entry.endpoint());
        self->try_address();
      });
}

void Exchange::try_address() {
  const auto address = addresses_.front();
  addresses_.pop_front();
  connecting_ = std::make_shared<Socket>(io_);
  connecting_->async_connect(address,
                             [self = shared_from_this(), turn = turn_, socket = connecting_](error_code error) {
                               if (self->turn_ != turn) return;
                               if (!error) return self->connected(std::move(*socket));
                               if (!self->addresses_.empty()) return self->try_address();
                               self->finish(std::unexpected(self->unreachable(error.message())));
                             });
}

void Exchange::connected(Socket socket) {
  connecting_.reset();
  if (endpoint_.kind == Endpoint::Kind::kHttps) {
    if (!tls_) {
      auto context = make_client_tls(options_.ca_file);
      if (!context) return finish(std::unexpected(context.error()));
      tls_ = *context;
    }
    transport_ = make_tls_transport(std::move(socket), tls_, endpoint_.host);
  } else {
    transport_ = make_plain_transport(std::move(socket));
  }
  transport_->handshake([self = shared_from_this(), turn = turn_](error_code error) {
    if (self->turn_ != turn) return;
    if (error) return self->finish(std::unexpected(self->unreachable("TLS: " + error.message())));
    self->send();
  });
}

// --- one request and its answer ---

void Exchange::send() {
  answered_ = false;
  head_.reset();
  in_.clear();
  reader_.emplace(call_->on_chunk ? 0 : options_.body_bytes);
  out_ = request_text(endpoint_, options_, *call_);
  written_ = 0;
  write();
  read();
}

void Exchange::write() {
  transport_->write_some(std::string_view(out_).substr(written_),
                         [self = shared_from_this(), turn = turn_](error_code error, std::size_t count) {
                           // An error shows in read() too, which may still find an answer (413, 431).
                           if (self->turn_ != turn || error) return;
                           self->written_ += count;
                           if (self->written_ < self->out_.size()) self->write();
                         });
}

void Exchange::read() {
  transport_->read_some(chunk_, [self = shared_from_this(), turn = turn_](error_code error, std::size_t count) {
    if (self->turn_ != turn) return;
    if (!error) return self->got_bytes(count);
    if (!self->answered_) return self->broken(error.message());
    if (self->reader_->end_of_stream().state == Progress::State::kDone) return self->succeed();
    self->finish(base::fail(ErrorCode::kUnavailable, "the connection ended in the middle of the answer"));
  });
}

void Exchange::broken(const std::string& what) {
  if (!kept_) return finish(std::unexpected(unreachable(what)));
  drop_connection();
  // drop_connection() started a new turn, which the timer of this call must follow.
  Call call = std::move(*call_);
  start(std::move(call));
}

void Exchange::got_bytes(std::size_t count) {
  answered_ = true;
  in_.append(chunk_.data(), count);
  const Progress progress = reader_->feed(in_);
  in_.erase(0, progress.consumed);
  if (progress.state == Progress::State::kError) {
    const bool large = progress.status == 413;
    return finish(
        base::fail(large ? ErrorCode::kLimit : ErrorCode::kUnavailable,
                   large ? "the answer is larger than the client takes" : "broken answer: " + progress.error));
  }
  if (call_->on_chunk && reader_->header_done()) {
    const auto turn = turn_;
    deliver_chunk();
    if (turn_ != turn || !call_) return;
  }
  if (progress.state == Progress::State::kDone) return succeed();
  read();
}

void Exchange::deliver_chunk() {
  if (!head_) {
    std::string first = reader_->take_body();
    head_ = reader_->take();
    head_->body = std::move(first);
    if (head_->ok()) timer_.cancel();
  }
  if (!head_->ok()) {
    head_->body += reader_->take_body();
    return;
  }
  std::string bytes = std::exchange(head_->body, {}) + reader_->take_body();
  if (bytes.empty() || call_->on_chunk(std::as_bytes(std::span(bytes)))) return;
  Response head = std::move(*head_);
  drop_connection();
  finish(std::move(head));
}

void Exchange::succeed() {
  Response response = head_ ? std::move(*head_) : reader_->take();
  const bool keep = reader_->keep_alive() && written_ == out_.size();
  if (!keep) drop_connection();
  auto done = std::move(call_->done);
  call_.reset();
  timer_.cancel();
  done(std::move(response));
}

void Exchange::finish(base::Result<Response> result) {
  drop_connection();
  timer_.cancel();
  auto done = std::move(call_->done);
  call_.reset();
  done(std::move(result));
}

}  // namespace superspan::http
