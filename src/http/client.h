// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 clients: one that blocks (commands, threads of their own) and one that lives on an io_context. Both keep the
// connection for the next request. When a kept connection turns out to be closed, the request is sent once more on a
// new one; the server may have carried it out before it closed. So only GET, and PUT without a precondition (If-Match,
// If-None-Match), which say the same however often they are sent, use a kept connection; every other request opens a
// new one and is sent once.
//
// https verifies the server's certificate and name against `ca_file` (or the system's store); TLS 1.3 only.
// Results: kUnavailable if nobody listens or the connection broke, kTimeout, kLimit if the answer is larger than
// `body_bytes`. A response with status 4xx or 5xx is a Response; http::checked() turns it into its error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "http/endpoint.h"
#include "http/message.h"

namespace boost::asio {
class io_context;
}

namespace superspan::http {

struct ClientOptions {
  std::string token;                 // sent as bearer token; empty: none
  std::string ca_file;               // PEM; empty: the system's store
  std::int64_t timeout_ms = 30'000;  // connect + send + whole answer; for streams: until the head is there
  std::size_t body_bytes = 64 * 1024 * 1024;
};

// Not thread-safe; one request at a time.
class Client {
 public:
  Client(Endpoint endpoint, ClientOptions options);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // `target` is the path with an optional query, already encoded. A body is sent as application/json. `headers` come
  // on top; kInvalid if one has a line break.
  [[nodiscard]] base::Result<Response> request(Method method, std::string_view target, std::string body = {},
                                               Fields headers = {});

  // Reads a body as it comes. `on_chunk` gets each piece; it also gets an empty view at least every `tick_ms`, so that
  // a caller can look at its watch. It returns false to stop, which is a success. The Response returned has the status
  // and headers and, if it is not 2xx, the body; on_chunk sees bodies of 2xx only.
  // kUnavailable if the body was cut before its end.
  using OnChunk = std::function<bool(base::BytesView)>;
  [[nodiscard]] base::Result<Response> stream(std::string_view target, const OnChunk& on_chunk,
                                              std::int64_t tick_ms = 200);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// All members and callbacks on the io thread. Requests are sent one after the other in the order of the calls.
class AsyncClient {
 public:
  using Done = std::function<void(base::Result<Response>)>;
  AsyncClient(boost::asio::io_context& io, Endpoint endpoint, ClientOptions options);
  AsyncClient(AsyncClient&&) noexcept;
  AsyncClient& operator=(AsyncClient&&) noexcept;
  AsyncClient(const AsyncClient&) = delete;
  AsyncClient& operator=(const AsyncClient&) = delete;
  // Requests under way are dropped; their callbacks are not called.
  ~AsyncClient();

  // The timeout counts from the moment when the request's turn has come.
  void request(Method method, std::string_view target, std::string body, Done done);
  [[nodiscard]] const Endpoint& endpoint() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace superspan::http
