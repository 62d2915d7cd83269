// SPDX-License-Identifier: Apache-2.0
// Listens for switches over TCP or TLS 1.3 and runs one Session each. Everything happens on the thread that runs the
// io_context: call all functions there; handlers and callbacks run there and never from inside a call into Server.
//
// With TLS both sides show a certificate of the given authority, and the switch's certificate must name the datapath it
// claims: a subject alternative name `URI:superspan:datapath:<16 hex digits>`, or the 16 hex digits as common name.
// A second connection that claims a connected datapath is refused, unless it shows the same certificate: then it
// replaces the first. (Without TLS it replaces a session that has been silent for two seconds.)
//
// What is no switch yet is limited for each address, and refusals are told at a limited rate: see doorman.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "openflow/doorman.h"
#include "openflow/flow.h"
#include "openflow/message.h"
#include "openflow/session.h"

namespace boost::asio {
class io_context;
}

namespace superspan::openflow {

struct TlsFiles {  // PEM
  std::string certificate;
  std::string key;
  std::string authority;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 6653;  // 0: any free one, see Server::port()
  std::optional<TlsFiles> tls;
  std::vector<DatapathId> allowed;  // empty: any datapath
  SessionOptions session;
  std::size_t connections = 1024;                           // switches, and what wants to become one
  base::Duration write_timeout = std::chrono::seconds(10);  // a peer that reads nothing for so long is disconnected
};

// What happens to switches, in order. A datapath is known from switch_connected to switch_disconnected.
class SwitchHandler {
 public:
  virtual ~SwitchHandler() = default;
  virtual void switch_connected(const SwitchInfo& info) = 0;
  virtual void switch_disconnected(DatapathId datapath, const base::Error& reason) = 0;
  virtual void port_changed(DatapathId, const PortChange&) {}
  virtual void packet_in(DatapathId, const PacketIn&) {}
  virtual void flow_removed(DatapathId, const FlowRemoved&) {}
  virtual void switch_error(DatapathId, const SwitchError&) {}
  // A connection that never became a switch: wrong version, certificate, datapath, a second session, garbage. Not
  // every one is told (doorman.h); Server::door() counts all.
  virtual void connection_refused(const std::string& /*peer*/, const base::Error& /*reason*/) {}
  // Connections wait because they cannot be accepted, usually for want of descriptors. Told at most once a minute.
  virtual void accept_failed(const base::Error& /*reason*/) {}
};

class Server {
 public:
  // Errors: kInvalid (address, TLS files), kUnavailable (port in use). `io` and `handler` must outlive the server.
  [[nodiscard]] static base::Result<std::unique_ptr<Server>> listen(boost::asio::io_context& io, ServerOptions options,
                                                                    SwitchHandler& handler);
  // Closes everything; callbacks that are still owed are not called.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;

  // Each callback is called exactly once, later; kNotFound if the datapath is not connected.
  void send(DatapathId datapath, Transaction transaction, std::function<void(TransactionResult)> done);
  // A switch with OpenFlow 1.0 sends all its flows, whatever the filter.
  void dump_flows(DatapathId datapath, const CookieFilter& only,
                  std::function<void(base::Result<std::vector<FlowStatistics>>)> done);
  void port_statistics(DatapathId datapath, std::function<void(base::Result<std::vector<PortStatistics>>)> done);
  void table_statistics(DatapathId datapath, std::function<void(base::Result<std::vector<TableStatistics>>)> done);
  [[nodiscard]] base::Status packet_out(DatapathId datapath, const PacketOut& packet);

  void disconnect(DatapathId datapath, const std::string& why);
  [[nodiscard]] const SwitchInfo* find(
      DatapathId datapath) const;                           // nullptr: not connected; valid until control returns
  [[nodiscard]] std::vector<DatapathId> datapaths() const;  // connected ones, sorted
  [[nodiscard]] SessionCounters counters(DatapathId datapath) const;  // zeros if not connected
  [[nodiscard]] const DoorCounters& door() const;

 private:
  class Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace superspan::openflow
