// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 server (RFC 9112) on an io_context that exactly one thread runs. Keep-alive and pipelining; TCP on loopback,
// TLS 1.3 anywhere, unix sockets (mode 0600). It refuses to listen wider than loopback without TLS.
//
// Every request must carry `Authorization: Bearer TOKEN`; without it the answer is 401 before any handler runs.
// Handlers run on the io thread and must not block. They answer through the Responder, at once or later, from any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/endpoint.h"
#include "http/message.h"
#include "http/stream.h"

namespace boost::asio {
class io_context;
}

namespace superspan::http {

struct Limits {
  std::size_t header_bytes = 8 * 1024;       // more: 431
  std::size_t body_bytes = 1024 * 1024;      // more: 413
  std::size_t connections = 4096;            // more: 503 and closed
  std::size_t strangers_per_address = 256;   // connections that never showed a token; unix sockets are free. More: 503
  std::size_t streams = 256;                 // open streaming responses; more: 503
  double requests_per_second = 50;           // per token (and RateClass), refilled continuously; more: 429
  double request_burst = 100;                // per token
  std::int64_t stranger_timeout_ms = 5'000;  // from the connection to the end of the first header with a token
  std::int64_t request_timeout_ms = 30'000;  // first byte to last byte of a request, idle keep-alive, stalled write
};

// Requests with a rate of their own, so that busy clients with the same token cannot starve them (nor they the others).
struct RateClass {
  Method method = Method::kGet;
  std::string path_prefix;  // of the target as sent
  double requests_per_second = 50;
  double request_burst = 100;
};

// PEM files.
struct TlsFiles {
  std::string certificate;  // chain, leaf first
  std::string key;
};

struct ServerOptions {
  std::vector<Endpoint> endpoints;  // at least one
  std::vector<std::string> tokens;  // any of them opens the server; at least one
  std::optional<TlsFiles> tls;      // needed by kHttps endpoints
  Limits limits;
  std::vector<RateClass> rate_classes{};  // the first that fits a request; none: the rate of `limits`
  // Told, at most once a minute, when connections cannot be accepted, usually for want of descriptors. On the io
  // thread.
  std::function<void(const base::Error&)> on_trouble{};
};

// The one way to answer a request. Movable, thread-safe to use from any one thread at a time. Dropping it without an
// answer sends 500.
class Responder {
 public:
  class Impl;
  explicit Responder(std::shared_ptr<Impl> impl);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder();

  // At most one of these, once. A client that went away meanwhile is no error.
  void reply(Response response);
  // Sends the head at once; the body follows chunk by chunk. Null if too many streams are open (503 is sent then).
  [[nodiscard]] std::shared_ptr<ResponseStream> stream(StreamHead head);

 private:
  std::shared_ptr<Impl> impl_;
};

using Handler = std::function<void(Request, Responder)>;

struct ServerStatistics {
  std::uint64_t connections = 0;  // open now
  std::uint64_t streams = 0;      // open now
  std::uint64_t requests = 0;     // ever; the rest as well
  std::uint64_t unauthorized = 0;
  std::uint64_t rate_limited = 0;
  std::uint64_t malformed = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t refused_connections = 0;
};

class Server {
 public:
  // Listens when it returns. kInvalid for options that make no sense or are unsafe, kConflict if the address is in use.
  [[nodiscard]] static base::Result<std::unique_ptr<Server>> listen(boost::asio::io_context& io, ServerOptions options,
                                                                    Handler handler);
  // On the io thread, or when nobody runs the io_context any more. Closes every connection, removes the unix sockets.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // As asked for, with the ports that the kernel chose.
  [[nodiscard]] const std::vector<Endpoint>& endpoints() const;
  [[nodiscard]] ServerStatistics statistics() const;  // any thread

 private:
  class Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace superspan::http
