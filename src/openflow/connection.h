// SPDX-License-Identifier: Apache-2.0
// One accepted connection: socket, TLS if wanted, and the Session that it feeds. For server.cc.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "openflow/server.h"
#include "openflow/session.h"
#include "openflow/tls.h"

namespace superspan::openflow {

class Connection;

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void on_event(Connection& connection, Event event) = 0;
  virtual void on_end(Connection& connection,
                      const base::Error& reason) = 0;  // last; no session ever started or it ended
};

// Lives while operations of the io_context hold it; after detach() it no longer calls its owner.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Tcp = boost::asio::ip::tcp;
  using Callback = std::variant<std::function<void(TransactionResult)>,
                                std::function<void(base::Result<std::vector<FlowStatistics>>)>,
                                std::function<void(base::Result<std::vector<PortStatistics>>)>,
                                std::function<void(base::Result<std::vector<TableStatistics>>)>>;

  // `tls` may be null; it, `options` and `owner` must outlive the connection or be detached from it.
  Connection(Tcp::socket socket, boost::asio::ssl::context* tls, const ServerOptions& options, ConnectionOwner& owner);

  void start();
  void tick();
  // Ends it: what the session still has to say is written, then the socket closes.
  void close(base::Error reason);
  // Closes the socket now and forgets the owner.
  void detach();
  // Hands events to the owner and output to the socket, soon, from the io_context.
  void schedule();
  // The same now; only from handlers of the io_context.
  void pump();

  [[nodiscard]] bool finished() const { return !socket_.is_open(); }
  [[nodiscard]] Session* session() { return session_.get(); }
  [[nodiscard]] const PeerIdentity& identity() const { return identity_; }
  [[nodiscard]] const std::string& peer() const { return peer_; }  // "10.0.0.1:53412"
  // The same without the port; of IPv6 only the network (64 bits), since a peer has all addresses of it.
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] base::SteadyTime last_heard() const { return last_heard_; }

  bool admitted = false;  // the owner took its datapath
  std::map<RequestId, Callback> callbacks;

 private:
  void begin_session();
  void read();
  void write();
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  void on_written(const boost::system::error_code& error);
  void end(const base::Error& reason);
  void close_socket();

  Tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<Tcp::socket&>> tls_;
  const ServerOptions* options_;
  ConnectionOwner* owner_;
  base::SystemClock clock_;
  std::string peer_;
  std::string address_;
  PeerIdentity identity_;
  std::unique_ptr<Session> session_;
  base::Bytes input_;
  base::Bytes output_;
  bool writing_ = false;
  bool scheduled_ = false;
  std::optional<base::Error> closing_;
  base::SteadyTime started_;
  base::SteadyTime last_heard_;
  base::SteadyTime write_started_;
};

}  // namespace superspan::openflow
