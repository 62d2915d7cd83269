// SPDX-License-Identifier: Apache-2.0
// One client of the server: reads a request, hands it to the handler, writes the answer, and again. Internal to http.
//
//   handshake -> reading -> answering -> reading ... -> lingering -> closed
//                        -> streaming -> closed
//
// lingering: the answer is out and nothing more will be read into a request, but closing at once would make the kernel
// reset the connection and destroy the answer if the client is still sending; so bytes are read and dropped for a
// while.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "http/reader.h"
#include "http/server.h"
#include "http/transport.h"

namespace superspan::http {

class Connection;
class ServerStream;

// Refilled continuously, so that a steady client below the rate is never refused.
class TokenBucket {
 public:
  TokenBucket(double per_second, double burst) : per_second_(per_second), burst_(burst), level_(burst) {}
  [[nodiscard]] bool take(base::SteadyTime now);

 private:
  double per_second_;
  double burst_;
  double level_;
  base::SteadyTime last_;
};

// What the connections of one server share. Only the io thread touches it, except for the atomics.
struct ServerCore {
  boost::asio::io_context& io;
  ServerOptions options;
  Handler handler;
  // [class][token]; the last class is that of all other requests.
  std::vector<std::vector<TokenBucket>> buckets;
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::map<std::string, std::size_t> strangers;  // connections of an address that never showed a token
  bool closing = false;

  std::atomic<std::uint64_t> open_connections = 0;
  std::atomic<std::uint64_t> open_streams = 0;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> unauthorized = 0;
  std::atomic<std::uint64_t> rate_limited = 0;
  std::atomic<std::uint64_t> malformed = 0;
  std::atomic<std::uint64_t> timed_out = 0;
  std::atomic<std::uint64_t> refused_connections = 0;
};

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  // `address`: whose share of strangers it takes until it shows a token; empty: nobody's.
  Connection(std::shared_ptr<ServerCore> core, std::shared_ptr<Transport> transport, std::string address);

  void start();
  void close();

  // From the Responder, any thread.
  void post_reply(Response response);
  void post_stream_start(std::shared_ptr<ServerStream> stream, StreamHead head);
  void post_pump();
  void post_abort();
  [[nodiscard]] ServerCore& core() { return *core_; }

 private:
  enum class Phase { kReading, kAnswering, kStreaming, kLingering };
  void read();
  void on_read(boost::system::error_code error, std::size_t count);
  void got_bytes(std::size_t count);
  void parse();
  void refuse(const Progress& progress);
  [[nodiscard]] bool admitted();
  [[nodiscard]] std::size_t rate_class() const;
  void dispatch();
  void send_response(const Response& response);
  void send_problem(int status, base::ErrorCode code, std::string message, std::string hint, Fields headers = {});
  void start_stream(const std::shared_ptr<ServerStream>& stream, const StreamHead& head);
  void pump();
  // Writes all of out_, then calls `then`. Any error closes.
  void write_out(void (Connection::*then)());
  void after_response();
  void after_pump();
  void linger();
  void arm(std::int64_t timeout_ms);
  [[nodiscard]] std::int64_t request_timeout_ms() const;
  void no_stranger();
  void on_timeout();

  std::shared_ptr<ServerCore> core_;
  std::shared_ptr<Transport> transport_;
  std::string address_;
  boost::asio::steady_timer timer_;
  std::uint64_t timer_turn_ = 0;  // a wait that was replaced must not fire
  std::array<char, 16 * 1024> chunk_;
  std::string in_;           // received, not parsed yet
  std::string out_;          // being written
  std::size_t written_ = 0;  // of out_
  std::optional<RequestReader> reader_;
  std::shared_ptr<ServerStream> stream_;
  std::int64_t stall_timeout_ms_ = 0;
  std::size_t lingered_bytes_ = 0;
  Phase phase_ = Phase::kReading;
  bool stranger_ = true;  // never showed a token
  bool reading_ = false;
  bool started_ = false;     // some byte of the current request is there
  bool admitted_ = false;    // the current request has a good token and its share of the rate
  bool continued_ = false;   // 100 Continue is sent for the current request
  bool keep_alive_ = false;  // after the current request
  bool chunked_ = true;      // the current client understands chunked bodies
  bool writing_ = false;
  bool closed_ = false;
};

}  // namespace superspan::http
