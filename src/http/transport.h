// SPDX-License-Identifier: Apache-2.0
// A connected byte stream: TCP, unix socket or TLS over TCP behind one face, so that the HTTP code exists once.
// Internal to http. Everything happens on the io thread; callbacks are never called from inside the call that takes
// them.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/server.h"

namespace boost::asio::ssl {
class context;
}

namespace superspan::http {

using Socket = boost::asio::generic::stream_protocol::socket;

// An operation under way keeps the transport alive; close() ends it with operation_aborted.
class Transport {
 public:
  using Done = std::function<void(boost::system::error_code, std::size_t)>;
  virtual ~Transport() = default;
  virtual void handshake(std::function<void(boost::system::error_code)> done) = 0;  // before anything else
  // At least one byte, or an error (end of stream too). `into` must live until then. One read at a time.
  virtual void read_some(std::span<char> into, Done done) = 0;
  // At least one byte of `bytes`, which must live until then. One write at a time.
  virtual void write_some(std::string_view bytes, Done done) = 0;
  // No more bytes from us; the peer may still send (not for TLS, where it does nothing).
  virtual void shutdown_send() = 0;
  virtual void close() = 0;
};

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;
[[nodiscard]] base::Result<TlsContext> make_server_tls(const TlsFiles& files);
[[nodiscard]] base::Result<TlsContext> make_client_tls(const std::string& ca_file);

// Sets TCP_NODELAY where the socket is TCP.
[[nodiscard]] std::shared_ptr<Transport> make_plain_transport(Socket socket);
// A server if `verify_host` is empty, else a client that verifies the peer's certificate against that name or address.
[[nodiscard]] std::shared_ptr<Transport> make_tls_transport(Socket socket, const TlsContext& context,
                                                            const std::string& verify_host);

}  // namespace superspan::http
