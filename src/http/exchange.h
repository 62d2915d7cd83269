// SPDX-License-Identifier: Apache-2.0
// The engine of both clients: one connection to one endpoint, one request at a time, on an io_context. Internal to
// http.
//
//   idle -> connecting -> sending + receiving -> idle (connection kept) | error
//
// A kept connection that the server closed meanwhile fails before the first byte of an answer; then the request is sent
// once more on a new connection. Requests that may not be carried out twice never use a kept one (client.h).
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/client.h"
#include "http/reader.h"
#include "http/transport.h"

namespace superspan::http {

class Exchange final : public std::enable_shared_from_this<Exchange> {
 public:
  struct Call {
    Method method = Method::kGet;
    std::string target;
    std::string body;
    std::function<void(base::Result<Response>)> done;
    // Set for streams: gets the body of a 2xx answer as it comes; false stops, which is a success.
    std::function<bool(base::BytesView)> on_chunk;
    Fields headers = {};
  };

  Exchange(boost::asio::io_context& io, Endpoint endpoint, ClientOptions options);

  // The engine must be idle: done of the last call was called, or there was none.
  void start(Call call);
  // Ends the call under way without calling anything, and drops the connection.
  void cancel();
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 private:
  void connect();
  void resolve();
  void try_address();
  void connected(Socket socket);
  void send();
  void write();
  void read();
  void got_bytes(std::size_t count);
  void deliver_chunk();
  void broken(const std::string& what);
  void on_timeout();
  void succeed();
  void finish(base::Result<Response> result);
  void drop_connection();
  [[nodiscard]] base::Error unreachable(const std::string& why) const;

  boost::asio::io_context& io_;
  const Endpoint endpoint_;
  const ClientOptions options_;
  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::resolver resolver_;
  std::deque<boost::asio::generic::stream_protocol::endpoint> addresses_;
  std::shared_ptr<Socket> connecting_;
  TlsContext tls_;
  std::shared_ptr<Transport> transport_;
  std::optional<ResponseReader> reader_;
  std::optional<Call> call_;
  std::optional<Response> head_;  // of a stream
  std::uint64_t turn_ = 0;        // grows with every call and every connection; late callbacks compare it
  std::array<char, 64 * 1024> chunk_;
  std::string in_;
  std::string out_;
  std::size_t written_ = 0;
  bool kept_ = false;      // the connection served an earlier call
  bool answered_ = false;  // some byte of the answer came
};

}  // namespace superspan::http
