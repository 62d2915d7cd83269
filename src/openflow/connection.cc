// SPDX-License-Identifier: Apache-2.0
#include "openflow/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace superspan::openflow {
namespace {

namespace asio = boost::asio;
using base::ErrorCode;

constexpr std::size_t kReadBytes = 256 << 10;
// One write: large enough that a system call costs nothing next to encoding, small enough that the switch begins to
// work while we encode the rest.
constexpr std::size_t kWriteBytes = 64 << 10;

base::Error make_error(ErrorCode code, std::string message) {
  return {code, std::move(message), {}, {}, std::nullopt};
}

std::string network_of(const asio::ip::address& address) {
  if (!address.is_v6() || address.to_v6().is_v4_mapped()) return address.to_string();
  return asio::ip::make_network_v6(address.to_v6(), 64).canonical().to_string();
}

}  // namespace

Connection::Connection(Tcp::socket socket, asio::ssl::context* tls, const ServerOptions& options,
                       ConnectionOwner& owner)
    : socket_(std::move(socket)), options_(&options), owner_(&owner), started_(clock_.steady()), last_heard_(started_) {
  boost::system::error_code ignored;
  const auto remote = socket_.remote_endpoint(ignored);  // it may have gone already; then 0.0.0.0:0
  peer_ = remote.address().to_string() + ":" + std::to_string(remote.port());
  address_ = network_of(remote.address());
  ignored = socket_.set_option(Tcp::no_delay(true), ignored);
  if (tls != nullptr) tls_.emplace(socket_, *tls);
}

void Connection::start() {
  if (!tls_) return begin_session();
  tls_->async_handshake(asio::ssl::stream_base::server,
                        [self = shared_from_this()](const boost::system::error_code& error) {
                          if (self->owner_ == nullptr || self->closing_) return;
                          if (error) {
                            return self->end(make_error(ErrorCode::kDenied, "TLS: " + error.message()));
                          }
                          self->identity_ = peer_identity(self->tls_->native_handle());
                          self->begin_session();
                        });
}

void Connection::begin_session() {
  session_ = std::make_unique<Session>(options_->session, clock_.steady());
  input_.resize(kReadBytes);
  read();
  pump();
}

void Connection::read() {
  const auto done = [self = shared_from_this()](const boost::system::error_code& error, std::size_t bytes) {
    self->on_read(error, bytes);
  };
  const auto buffer = asio::buffer(input_.data(), input_.size());
  tls_ ? tls_->async_read_some(buffer, done) : socket_.async_read_some(buffer, done);
}

void Connection::on_read(const boost::system::error_code& error, std::size_t bytes) {
  if (owner_ == nullptr || closing_) return;
  if (error) {
    session_->close(make_error(ErrorCode::kUnavailable, "the switch closed the connection: " + error.message()));
    return pump();
  }
  last_heard_ = clock_.steady();
  session_->receive(base::BytesView(input_).first(bytes), last_heard_);
  pump();
  if (owner_ != nullptr && !closing_) read();
}

void Connection::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->scheduled_ = false;
    self->pump();
  });
}

void Connection::pump() {
  const auto self = shared_from_this();
  while (owner_ != nullptr && session_ && !closing_) {
    std::vector<Event> events = session_->take_events();
    if (events.empty()) break;
    for (Event& event : events) {
      if (owner_ == nullptr) return;
      if (auto* closed = std::get_if<SessionClosed>(&event)) {
        end(closed->reason);
      } else {
        owner_->on_event(*this, std::move(event));
      }
    }
  }
  write();
}

void Connection::write() {
  if (writing_ || !socket_.is_open()) return;
  if (!session_ || !session_->has_output()) {
    if (closing_) close_socket();
    return;
  }
  output_.clear();
  session_->produce(output_, kWriteBytes);
  writing_ = true;
  write_started_ = clock_.steady();
  const auto done = [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
    self->on_written(error);
  };
  const auto buffer = asio::buffer(output_.data(), output_.size());
  tls_ ? asio::async_write(*tls_, buffer, done) : asio::async_write(socket_, buffer, done);
}

void Connection::on_written(const boost::system::error_code& error) {
  writing_ = false;
  if (error && session_ && !closing_) {
    session_->close(make_error(ErrorCode::kUnavailable, "the connection broke: " + error.message()));
  }
  if (error) close_socket();
  pump();
}

void Connection::tick() {
  const base::SteadyTime now = clock_.steady();
  if (closing_) {
    if (writing_ && now - write_started_ >= options_->write_timeout) close_socket();
    return;
  }
  if (!session_) {
    if (now - started_ < options_->session.handshake_timeout) return;
    return end(make_error(ErrorCode::kTimeout, "no TLS handshake"));
  }
  if (writing_ && now - write_started_ >= options_->write_timeout) {
    session_->close(make_error(ErrorCode::kTimeout, "the switch does not read"));
    close_socket();
  }
  session_->tick(now);
  pump();
}

void Connection::close(base::Error reason) {
  if (!session_) return end(reason);
  session_->close(std::move(reason));
  schedule();
}

// Tells the owner once; the socket follows when the output is written.
void Connection::end(const base::Error& reason) {
  if (closing_) return;
  closing_ = reason;
  if (owner_ != nullptr) owner_->on_end(*this, reason);
  write();
}

void Connection::detach() {
  owner_ = nullptr;
  callbacks.clear();
  close_socket();
}

void Connection::close_socket() {
  boost::system::error_code ignored;
  ignored = socket_.close(ignored);
}

}  // namespace superspan::openflow
