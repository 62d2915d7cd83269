// SPDX-License-Identifier: Apache-2.0
#include "openflow/server.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstdio>
#include <set>

#include "openflow/connection.h"

namespace superspan::openflow {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::ErrorCode;

constexpr auto kTick = std::chrono::milliseconds(50);
// Without certificates a second session of a datapath is believed only after the first has been silent for so long.
constexpr auto kDeadAfter = std::chrono::seconds(2);
constexpr auto kTroubleRepeat = std::chrono::minutes(1);

base::Error make_error(ErrorCode code, std::string message, std::string hint = {}) {
  return {code, std::move(message), std::move(hint), {}, std::nullopt};
}

std::string hex(DatapathId datapath) {
  char text[24];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(datapath));
  return text;
}

base::Error not_connected(DatapathId datapath) {
  return make_error(ErrorCode::kNotFound, "switch " + hex(datapath) + " is not connected");
}

}  // namespace

class Server::Impl final : public ConnectionOwner, public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::io_context& io, ServerOptions options, SwitchHandler& handler)
      : io_(io),
        options_(std::move(options)),
        handler_(handler),
        door_(options_.connections),
        acceptor_(io),
        timer_(io),
        retry_(io) {}

  base::Status open();
  void stop();
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] Connection* find(DatapathId datapath) const {
    const auto found = switches_.find(datapath);
    return found == switches_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] std::vector<DatapathId> datapaths() const;
  [[nodiscard]] const DoorCounters& door() const { return door_.counters(); }

  // `start` asks the session; `done` gets the answer or the error, later.
  template <typename Start, typename Done>
  void request(DatapathId datapath, Start start, Done done);

  void on_event(Connection& connection, Event event) override;
  void on_end(Connection& connection, const base::Error& reason) override;

 private:
  void accept();
  void accepted(tcp::socket socket);
  void accept_failed(const boost::system::error_code& error);
  void tick();
  void refuse(const Connection& connection, const base::Error& reason);
  void admit(Connection& connection);
  [[nodiscard]] base::Status may_enter(Connection& connection);
  template <typename Answer>
  void answer(Connection& connection, RequestId request, Answer value);

  asio::io_context& io_;
  ServerOptions options_;
  SwitchHandler& handler_;
  Doorman door_;
  base::SystemClock clock_;
  tcp::acceptor acceptor_;
  asio::steady_timer timer_;
  asio::steady_timer retry_;
  std::optional<asio::ssl::context> tls_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::map<DatapathId, std::shared_ptr<Connection>> switches_;
  std::optional<base::SteadyTime> trouble_told_;
  bool stopped_ = false;
};

base::Status Server::Impl::open() {
  if (options_.tls) {
    auto context = make_tls_context(*options_.tls);
    if (!context) return std::unexpected(context.error());
    tls_ = std::move(*context);
  }
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) return base::fail(ErrorCode::kInvalid, "'" + options_.address + "' is not an IP address", {}, "openflow");
  const tcp::endpoint endpoint(address, options_.port);
  const auto failed = [&](const char* what) {
    return base::fail(
        ErrorCode::kUnavailable,
        std::string(what) + " " + options_.address + ":" + std::to_string(options_.port) + ": " + error.message(),
        "is another controller running?");
  };
  if (acceptor_.open(endpoint.protocol(), error)) return failed("cannot open");
  if (acceptor_.set_option(tcp::acceptor::reuse_address(true), error)) return failed("cannot open");
  if (acceptor_.bind(endpoint, error)) return failed("cannot listen on");
  if (acceptor_.listen(asio::socket_base::max_listen_connections, error)) return failed("cannot listen on");
  accept();
  tick();
  return {};
}

void Server::Impl::stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  ignored = acceptor_.close(ignored);
  timer_.cancel();
  retry_.cancel();
  for (const auto& connection : connections_) connection->detach();
  connections_.clear();
  switches_.clear();
}

void Server::Impl::accept() {
  acceptor_.async_accept([self = shared_from_this()](const boost::system::error_code& error, tcp::socket socket) {
    if (self->stopped_) return;
    if (!error) {
      self->accepted(std::move(socket));
      return self->accept();
    }
    self->accept_failed(error);
    if (self->stopped_) return;
    // Out of descriptors or memory: wait a little instead of spinning.
    self->retry_.expires_after(kTick);
    self->retry_.async_wait([self](const boost::system::error_code& cancelled) {
      if (!cancelled && !self->stopped_) self->accept();
    });
  });
}

void Server::Impl::accept_failed(const boost::system::error_code& error) {
  const auto now = clock_.steady();
  if (trouble_told_ && now - *trouble_told_ < kTroubleRepeat) return;
  trouble_told_ = now;
  const bool descriptors = error.value() == EMFILE || error.value() == ENFILE;
  handler_.accept_failed({ErrorCode::kLimit, "cannot accept connections: " + error.message(),
                          descriptors ? "raise the limit of open files (ulimit -n, LimitNOFILE=)" : "",
                          options_.address + ":" + std::to_string(port()), std::nullopt});
}

void Server::Impl::accepted(tcp::socket socket) {
  auto connection = std::make_shared<Connection>(std::move(socket), tls_ ? &*tls_ : nullptr, options_, *this);
  if (const auto status = door_.enter(connection->address(), connections_.size()); !status) {
    return refuse(*connection, status.error());
  }
  connections_.insert(connection);
  connection->start();
}

void Server::Impl::refuse(const Connection& connection, const base::Error& reason) {
  const auto told = door_.refuse(connection.address(), reason, clock_.steady());
  if (told) handler_.connection_refused(connection.peer(), *told);
}

void Server::Impl::tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (cancelled || self->stopped_) return;
    const auto current = self->connections_;  // ticking may end connections
    for (const auto& connection : current) {
      if (self->stopped_) return;
      connection->tick();
      if (connection->finished()) self->connections_.erase(connection);
    }
    if (!self->stopped_) self->tick();
  });
}

base::Status Server::Impl::may_enter(Connection& connection) {
  const DatapathId datapath = connection.session()->info().datapath;
  if (tls_ && std::ranges::find(connection.identity().datapaths, datapath) == connection.identity().datapaths.end()) {
    return base::fail(ErrorCode::kDenied, "the certificate is not for datapath " + hex(datapath),
                      "it needs the alternative name URI:superspan:datapath:" + hex(datapath));
  }
  if (!options_.allowed.empty() && std::ranges::find(options_.allowed, datapath) == options_.allowed.end()) {
    return base::fail(ErrorCode::kDenied, "datapath " + hex(datapath) + " is not expected here",
                      "add it to the fabric file");
  }
  const Connection* present = find(datapath);
  if (present == nullptr) return {};
  const bool same_certificate = tls_ && present->identity().fingerprint == connection.identity().fingerprint;
  const bool silent = !tls_ && connection.last_heard() - present->last_heard() >= kDeadAfter;
  if (same_certificate || silent) return {};
  return base::fail(ErrorCode::kConflict,
                    "datapath " + hex(datapath) + " is already connected from " + present->peer());
}

void Server::Impl::admit(Connection& connection) {
  if (const base::Status status = may_enter(connection); !status) return connection.close(status.error());
  const DatapathId datapath = connection.session()->info().datapath;
  if (Connection* previous = find(datapath)) {
    const auto keep = previous->shared_from_this();
    previous->session()->close(make_error(ErrorCode::kConflict, "replaced by a new connection"));
    previous->pump();
  }
  connection.admitted = true;
  door_.handshake_over(connection.address());
  switches_[datapath] = connection.shared_from_this();
  handler_.switch_connected(connection.session()->info());
}

template <typename Answer>
void Server::Impl::answer(Connection& connection, RequestId request, Answer value) {
  const auto found = connection.callbacks.find(request);
  if (found == connection.callbacks.end()) return;
  Connection::Callback callback = std::move(found->second);
  connection.callbacks.erase(found);
  if (auto* done = std::get_if<std::function<void(Answer)>>(&callback); done != nullptr && *done) {
    (*done)(std::move(value));
  }
}

void Server::Impl::on_event(Connection& connection, Event event) {
  if (std::holds_alternative<SessionReady>(event)) return admit(connection);
  if (!connection.admitted) return;
  const DatapathId datapath = connection.session()->info().datapath;
  std::visit(
      [&]<typename T>(T& item) {
        if constexpr (std::is_same_v<T, TransactionDone>) {
          answer(connection, item.request, std::move(item.result));
        } else if constexpr (std::is_same_v<T, FlowsDumped>) {
          answer(connection, item.request, std::move(item.flows));
        } else if constexpr (std::is_same_v<T, PortStatisticsDone>) {
          answer(connection, item.request, std::move(item.ports));
        } else if constexpr (std::is_same_v<T, TableStatisticsDone>) {
          answer(connection, item.request, std::move(item.tables));
        } else if constexpr (std::is_same_v<T, PortChange>) {
          handler_.port_changed(datapath, item);
        } else if constexpr (std::is_same_v<T, PacketIn>) {
          handler_.packet_in(datapath, item);
        } else if constexpr (std::is_same_v<T, FlowRemoved>) {
          handler_.flow_removed(datapath, item);
        } else if constexpr (std::is_same_v<T, SwitchError>) {
          handler_.switch_error(datapath, item);
        }
      },
      event);
}

void Server::Impl::on_end(Connection& connection, const base::Error& reason) {
  const auto keep = connection.shared_from_this();
  if (!connection.admitted) {
    door_.handshake_over(connection.address());
    return refuse(connection, reason);
  }
  const DatapathId datapath = connection.session()->info().datapath;
  if (find(datapath) == &connection) switches_.erase(datapath);
  handler_.switch_disconnected(datapath, reason);
}

std::vector<DatapathId> Server::Impl::datapaths() const {
  std::vector<DatapathId> result;
  result.reserve(switches_.size());
  for (const auto& [datapath, connection] : switches_) result.push_back(datapath);
  return result;
}

template <typename Start, typename Done>
void Server::Impl::request(DatapathId datapath, Start start, Done done) {
  using Answer =
      std::conditional_t<std::is_same_v<Done, std::function<void(TransactionResult)>>, TransactionResult, void>;
  base::Error error = not_connected(datapath);
  if (Connection* connection = find(datapath)) {
    const base::Result<RequestId> request = start(*connection->session());
    if (request) {
      connection->callbacks.emplace(*request, std::move(done));
      return connection->schedule();
    }
    error = request.error();
  }
  asio::post(io_, [self = shared_from_this(), done = std::move(done), error = std::move(error)] {
    if (self->stopped_ || !done) return;
    if constexpr (std::is_same_v<Answer, TransactionResult>) {
      TransactionResult result;
      result.error = error;
      result.applied_nothing = true;
      done(std::move(result));
    } else {
      done(std::unexpected(error));
    }
  });
}

// --- Server ---

base::Result<std::unique_ptr<Server>> Server::listen(asio::io_context& io, ServerOptions options,
                                                     SwitchHandler& handler) {
  auto impl = std::make_shared<Impl>(io, std::move(options), handler);
  if (const base::Status status = impl->open(); !status) {
    impl->stop();
    return std::unexpected(status.error());
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() {
  impl_->stop();
}

std::uint16_t Server::port() const {
  return impl_->port();
}

void Server::send(DatapathId datapath, Transaction transaction, std::function<void(TransactionResult)> done) {
  impl_->request(datapath, [&](Session& session) { return session.send(std::move(transaction)); }, std::move(done));
}

void Server::dump_flows(DatapathId datapath, const CookieFilter& only,
                        std::function<void(base::Result<std::vector<FlowStatistics>>)> done) {
  impl_->request(datapath, [&only](Session& session) { return session.dump_flows(only); }, std::move(done));
}

void Server::port_statistics(DatapathId datapath, std::function<void(base::Result<std::vector<PortStatistics>>)> done) {
  impl_->request(datapath, [](Session& session) { return session.port_statistics(); }, std::move(done));
}

void Server::table_statistics(DatapathId datapath,
                              std::function<void(base::Result<std::vector<TableStatistics>>)> done) {
  impl_->request(datapath, [](Session& session) { return session.table_statistics(); }, std::move(done));
}

base::Status Server::packet_out(DatapathId datapath, const PacketOut& packet) {
  Connection* connection = impl_->find(datapath);
  if (connection == nullptr) return std::unexpected(not_connected(datapath));
  const base::Status status = connection->session()->packet_out(packet);
  if (status) connection->schedule();
  return status;
}

void Server::disconnect(DatapathId datapath, const std::string& why) {
  if (Connection* connection = impl_->find(datapath)) connection->close(make_error(ErrorCode::kUnavailable, why));
}

const SwitchInfo* Server::find(DatapathId datapath) const {
  Connection* connection = impl_->find(datapath);
  return connection == nullptr ? nullptr : &connection->session()->info();
}

std::vector<DatapathId> Server::datapaths() const {
  return impl_->datapaths();
}

const DoorCounters& Server::door() const {
  return impl_->door();
}

SessionCounters Server::counters(DatapathId datapath) const {
  Connection* connection = impl_->find(datapath);
  return connection == nullptr ? SessionCounters{} : connection->session()->counters();
}

}  // namespace superspan::openflow
