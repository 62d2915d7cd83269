// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <utility>

#include "http/connection.h"
#include "http/problem.h"
#include "http/responder.h"
#include "http/server_stream.h"

namespace superspan::http {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using base::ErrorCode;
using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<stream_protocol>;

// After an error of accept() that does not go away by itself (no descriptors left).
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr auto kTroubleRepeat = std::chrono::minutes(1);

// Of IPv6 only the network (64 bits), since a peer has all addresses of it. Empty for unix sockets: who opens them has
// been let in by their mode.
std::string address_of_peer(const asio::basic_stream_socket<stream_protocol>& socket) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return "unknown";  // it has gone already
  if (remote.protocol().family() == AF_UNIX) return "";
  asio::ip::tcp::endpoint tcp;
  if (remote.size() > tcp.capacity()) return "unknown";
  std::memcpy(tcp.data(), remote.data(), remote.size());
  const auto address = tcp.address();
  if (!address.is_v6() || address.to_v6().is_v4_mapped()) return address.to_string();
  return asio::ip::make_network_v6(address.to_v6(), 64).canonical().to_string();
}

base::Status check(const ServerOptions& options) {
  if (options.endpoints.empty()) return base::fail(ErrorCode::kInvalid, "a server needs an endpoint");
  if (options.tokens.empty()) return base::fail(ErrorCode::kInvalid, "a server needs a token");
  for (const auto& token : options.tokens) {
    if (token.empty()) return base::fail(ErrorCode::kInvalid, "a server's token is empty");
  }
  for (const auto& endpoint : options.endpoints) {
    if (endpoint.kind == Endpoint::Kind::kHttp && !is_local(endpoint)) {
      return base::fail(ErrorCode::kInvalid, "refusing to listen wider than this machine without TLS",
                        "listen on 127.0.0.1 or a unix socket, or use https:// with a certificate and key",
                        to_string(endpoint));
    }
    if (endpoint.kind == Endpoint::Kind::kHttps && !options.tls) {
      return base::fail(ErrorCode::kInvalid, "https needs a certificate and a key", "give both files",
                        to_string(endpoint));
    }
  }
  return {};
}

base::Result<stream_protocol::endpoint> address_of(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::kUnix) {
    return stream_protocol::endpoint(asio::local::stream_protocol::endpoint(endpoint.path));
  }
  error_code error;
  const auto address = asio::ip::make_address(endpoint.host == "localhost" ? "127.0.0.1" : endpoint.host, error);
  if (error) {
    return base::fail(ErrorCode::kInvalid, "a server listens on an address, not on a name", "write it as numbers",
                      to_string(endpoint));
  }
  return stream_protocol::endpoint(asio::ip::tcp::endpoint(address, endpoint.port));
}

std::unexpected<base::Error> cannot_listen(const Endpoint& endpoint, const error_code& error) {
  const bool taken = error == asio::error::address_in_use;
  const bool denied = error == asio::error::access_denied;
  return base::fail(taken    ? ErrorCode::kConflict
                    : denied ? ErrorCode::kDenied
                             : ErrorCode::kUnavailable,
                    "cannot listen: " + error.message(),
                    taken ? "another process listens there; stop it or choose another endpoint" : "",
                    to_string(endpoint));
}

// A socket file that nobody listens on is left from a process that was killed.
void remove_stale_socket(asio::io_context& io, const Endpoint& endpoint, const stream_protocol::endpoint& address) {
  struct stat status{};
  if (::lstat(endpoint.path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  Socket probe(io);
  error_code error;
  probe.open(address.protocol(), error);
  if (!error) probe.connect(address, error);
  if (error == asio::error::connection_refused) ::unlink(endpoint.path.c_str());
}

base::Result<Acceptor> open_acceptor(asio::io_context& io, const Endpoint& endpoint) {
  const auto address = address_of(endpoint);
  if (!address) return std::unexpected(address.error());
  const bool local = endpoint.kind == Endpoint::Kind::kUnix;
  if (local) remove_stale_socket(io, endpoint, *address);
  Acceptor acceptor(io);
  error_code error;
  acceptor.open(address->protocol(), error);
  if (!error && !local) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(*address, error);
  // Nobody can connect between bind and listen, so the socket is never open to others.
  if (!error && local && ::chmod(endpoint.path.c_str(), 0600) != 0)
    error.assign(errno, boost::system::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(endpoint, error);
  return acceptor;
}

std::uint16_t port_of(const Acceptor& acceptor) {
  const auto address = acceptor.local_endpoint();
  asio::ip::tcp::endpoint tcp;
  if (address.size() > tcp.capacity()) return 0;
  std::memcpy(tcp.data(), address.data(), address.size());
  return tcp.port();
}

}  // namespace

struct Listener {
  Endpoint endpoint;
  Acceptor acceptor;
  TlsContext tls;
  asio::steady_timer pause;
};

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::io_context& io, ServerOptions options, Handler handler) : core_(std::make_shared<ServerCore>(io)) {
    const Limits& limits = options.limits;
    const auto add_buckets = [&](double per_second, double burst) {
      core_->buckets.emplace_back(options.tokens.size(), TokenBucket(per_second, burst));
    };
    for (const RateClass& each : options.rate_classes) add_buckets(each.requests_per_second, each.request_burst);
    add_buckets(limits.requests_per_second, limits.request_burst);
    core_->options = std::move(options);
    core_->handler = std::move(handler);
  }

  base::Status open() {
    TlsContext tls;
    if (core_->options.tls) {
      auto context = make_server_tls(*core_->options.tls);
      if (!context) return std::unexpected(context.error());
      tls = *context;
    }
    for (const Endpoint& wanted : core_->options.endpoints) {
      auto acceptor = open_acceptor(core_->io, wanted);
      if (!acceptor) return std::unexpected(acceptor.error());
      Endpoint endpoint = wanted;
      if (endpoint.kind != Endpoint::Kind::kUnix) endpoint.port = port_of(*acceptor);
      const bool encrypted = endpoint.kind == Endpoint::Kind::kHttps;
      listeners_.push_back(std::make_unique<Listener>(
          Listener{endpoint, std::move(*acceptor), encrypted ? tls : nullptr, asio::steady_timer(core_->io)}));
      endpoints_.push_back(std::move(endpoint));
    }
    for (const auto& listener : listeners_) accept(*listener);
    return {};
  }

  void close() {
    core_->closing = true;
    for (const auto& listener : listeners_) {
      error_code ignored;
      listener->acceptor.close(ignored);
      listener->pause.cancel();
      if (listener->endpoint.kind == Endpoint::Kind::kUnix) ::unlink(listener->endpoint.path.c_str());
    }
    const auto connections = core_->connections;
    for (const auto& connection : connections) connection->close();
    core_->handler = {};
  }

  [[nodiscard]] const std::vector<Endpoint>& endpoints() const { return endpoints_; }

  [[nodiscard]] ServerStatistics statistics() const {
    return {core_->open_connections, core_->open_streams, core_->requests,  core_->unauthorized,
            core_->rate_limited,     core_->malformed,    core_->timed_out, core_->refused_connections};
  }

 private:
  void accept(Listener& listener) {
    listener.acceptor.async_accept([self = shared_from_this(), &listener](error_code error, Socket socket) {
      if (self->core_->closing) return;
      if (error) {
        self->tell_trouble(listener, error);
        return self->accept_later(listener);
      }
      self->admit(listener, std::move(socket));
      self->accept(listener);
    });
  }

  void tell_trouble(const Listener& listener, const error_code& error) {
    const auto now = std::chrono::steady_clock::now();
    if (!core_->options.on_trouble || (told_ && now - *told_ < kTroubleRepeat)) return;
    told_ = now;
    const bool descriptors = error.value() == EMFILE || error.value() == ENFILE;
    core_->options.on_trouble({ErrorCode::kLimit, "cannot accept connections: " + error.message(),
                               descriptors ? "raise the limit of open files (ulimit -n, LimitNOFILE=)" : "",
                               to_string(listener.endpoint), std::nullopt});
  }

  void accept_later(Listener& listener) {
    listener.pause.expires_after(kAcceptPause);
    listener.pause.async_wait([self = shared_from_this(), &listener](error_code error) {
      if (!error && !self->core_->closing) self->accept(listener);
    });
  }

  void admit(const Listener& listener, Socket socket) {
    std::string address = address_of_peer(socket);
    const auto strangers = core_->strangers.find(address);
    if (core_->connections.size() >= core_->options.limits.connections ||
        (strangers != core_->strangers.end() && strangers->second >= core_->options.limits.strangers_per_address)) {
      ++core_->refused_connections;
      return refuse(listener, std::move(socket));
    }
    auto transport = listener.tls ? make_tls_transport(std::move(socket), listener.tls, "")
                                  : make_plain_transport(std::move(socket));
    auto connection = std::make_shared<Connection>(core_, std::move(transport), std::move(address));
    core_->connections.insert(connection);
    ++core_->open_connections;
    connection->start();
  }

  // One attempt to say why, without ever waiting for the client.
  static void refuse(const Listener& listener, Socket socket) {
    if (listener.tls) return;
    static const std::string answer = [] {
      const Response full = problem({ErrorCode::kUnavailable, "too many connections are open, or wait without a token",
                                     "try again in some seconds", "", std::nullopt});
      return "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Type: " +
             full.content_type + "\r\nContent-Length: " + std::to_string(full.body.size()) + "\r\n\r\n" + full.body;
    }();
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(answer), ignored);
  }

  std::shared_ptr<ServerCore> core_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Endpoint> endpoints_;
  std::optional<base::SteadyTime> told_;  // when trouble was told last
};

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() {
  impl_->close();
}
const std::vector<Endpoint>& Server::endpoints() const {
  return impl_->endpoints();
}
ServerStatistics Server::statistics() const {
  return impl_->statistics();
}

base::Result<std::unique_ptr<Server>> Server::listen(asio::io_context& io, ServerOptions options, Handler handler) {
  if (auto good = check(options); !good) return std::unexpected(good.error());
  auto impl = std::make_shared<Impl>(io, std::move(options), std::move(handler));
  if (auto open = impl->open(); !open) {
    impl->close();
    return std::unexpected(open.error());
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace superspan::http
