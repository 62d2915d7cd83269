// SPDX-License-Identifier: Apache-2.0
// A server on a thread of its own and a client that may send any bytes. Only for tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <future>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "http/client.h"
#include "http/problem.h"
#include "http/router.h"
#include "http/server.h"

namespace superspan::http::test {

using base::testing::TemporaryFolder;

inline const std::string kToken = "0123456789abcdef0123456789abcdef";
inline const std::string kAuthorization = "Authorization: Bearer " + kToken + "\r\n";

inline ServerOptions options_for(const std::string& endpoint) {
  ServerOptions options;
  options.endpoints = {*parse_endpoint(endpoint)};
  options.tokens = {kToken};
  options.limits.requests_per_second = 1e6;
  options.limits.request_burst = 1e6;
  return options;
}

// Listens in the constructor; closes and joins in the destructor.
class RunningServer {
 public:
  explicit RunningServer(Router router, ServerOptions options = options_for("http://127.0.0.1:0"))
      : router_(std::move(router)) {
    auto server = Server::listen(io_, std::move(options), [this](Request request, Responder responder) {
      router_.handle(std::move(request), std::move(responder));
    });
    if (!server) throw std::runtime_error(base::render(server.error()));
    server_ = std::move(*server);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~RunningServer() {
    boost::asio::post(io_, [this] { server_.reset(); });
    guard_.reset();
    thread_.join();
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  [[nodiscard]] const Endpoint& endpoint() const { return server_->endpoints().front(); }
  [[nodiscard]] ServerStatistics statistics() const { return server_->statistics(); }
  [[nodiscard]] Client client(ClientOptions options = {kToken, "", 5'000}) const {
    return {endpoint(), std::move(options)};
  }
  [[nodiscard]] boost::asio::io_context& io() { return io_; }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  Router router_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

// Sends bytes as they are and reads what comes.
class RawClient {
 public:
  explicit RawClient(const Endpoint& endpoint) : socket_(io_) {
    socket_.connect({boost::asio::ip::make_address(endpoint.host), endpoint.port});
  }
  // Errors are ignored: a server may close before it has read everything.
  void send(std::string_view bytes) {
    boost::system::error_code ignored;
    boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), ignored);
  }
  // Until the server closes.
  std::string read_all() {
    std::string text;
    boost::system::error_code error;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(text), error);
    return text;
  }
  // Until `mark` is there, or the server closes.
  std::string read_until(std::string_view mark) {
    boost::system::error_code error;
    std::array<char, 4096> chunk{};
    while (received_.find(mark) == std::string::npos) {
      const auto count = socket_.read_some(boost::asio::buffer(chunk), error);
      if (error) break;
      received_.append(chunk.data(), count);
    }
    return received_;
  }
  std::string ask(std::string_view bytes) {
    send(bytes);
    return read_all();
  }

 private:
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

}  // namespace superspan::http::test
