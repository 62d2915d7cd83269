// SPDX-License-Identifier: Apache-2.0
// The server on the loopback interface against switches made of a socket and hand-written replies.
#include "openflow/server.h"

#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fstream>

#include "base/testing/no_descriptors.h"
#include "base/testing/sanitizers.h"
#include "openflow/session_script.h"

namespace superspan::openflow {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

// Answers the handshake and barriers of OpenFlow 1.0, and nothing else.
class SmallSwitch {
 public:
  SmallSwitch(boost::asio::io_context& io, std::uint16_t port, DatapathId datapath) : socket_(io), datapath_(datapath) {
    fake_.version = 1;
    boost::system::error_code error;
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port}, error);
    if (!error) say("hello 1");
  }
  // Reads what is there; false when the server has closed the connection.
  bool serve() {
    boost::system::error_code error;
    while (socket_.available(error) > 0 && !error) {
      base::Bytes bytes(socket_.available());
      bytes.resize(socket_.read_some(boost::asio::buffer(bytes), error));
      input_.insert(input_.end(), bytes.begin(), bytes.end());
    }
    while (const auto header = peek_header(input_)) {
      if (input_.size() < header->length_bytes) break;
      answer(*header);
      input_.erase(input_.begin(), input_.begin() + header->length_bytes);
    }
    std::byte probe{};
    socket_.non_blocking(true, error);
    const bool at_end = socket_.receive(boost::asio::buffer(&probe, 1), tcp::socket::message_peek, error) == 0 &&
                        error != boost::asio::error::would_block;
    return !at_end;
  }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  bool answers_barriers = true;

 private:
  void say(const std::string& line) {
    const base::Bytes bytes = fake_.say(line, [this](const std::string&) { return xid_; });
    boost::system::error_code ignored;
    socket_.non_blocking(false, ignored);
    boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), ignored);
  }
  void answer(const Header& header) {
    xid_ = header.xid;
    switch (header.type) {
      case 2:
        return say("echo_reply");
      case 5:
        return say("features " + std::to_string(datapath_));
      case 7:
        return say("config 0");
      case 16:
        return say("description Fake");
      case 4:
        return say("error OFPBRC_BAD_VENDOR to request");
      case 18:
        if (answers_barriers) say("barrier");
        return;
      default:
        return;
    }
  }

  tcp::socket socket_;
  FakeSwitch fake_;
  DatapathId datapath_;
  base::Bytes input_;
  Xid xid_ = 0;
};

class ServerTest : public testing::Test, public SwitchHandler {
 protected:
  void listen(ServerOptions options = {}) {
    options.port = 0;
    auto result = Server::listen(io_, std::move(options), *this);
    ASSERT_TRUE(result) << render(result.error());
    server_ = std::move(*result);
  }
  std::unique_ptr<SmallSwitch> dial(DatapathId datapath) {
    return std::make_unique<SmallSwitch>(client_io_, server_->port(), datapath);
  }
  bool wait(const std::function<bool()>& condition, std::vector<SmallSwitch*> serving, base::Duration limit = 5s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition() && std::chrono::steady_clock::now() < end) {
      io_.run_one_for(5ms);
      for (SmallSwitch* peer : serving) peer->serve();
    }
    return condition();
  }
  void switch_connected(const SwitchInfo& info) override {
    log_.push_back("connected " + std::to_string(info.datapath));
    if (on_connected_) on_connected_();
  }
  void switch_disconnected(DatapathId datapath, const base::Error& reason) override {
    log_.push_back("disconnected " + std::to_string(datapath) + ": " + reason.message);
  }
  void connection_refused(const std::string&, const base::Error& reason) override {
    log_.push_back("refused: " + reason.message);
  }
  void accept_failed(const base::Error& reason) override { log_.push_back(reason.message); }
  static Transaction flows(std::size_t count) {
    Transaction transaction;
    for (std::size_t index = 0; index < count; ++index) {
      Flow flow;
      flow.key.match.in_port = static_cast<PortNumber>(1 + index % 60000);
      flow.key.priority = static_cast<std::uint16_t>(index / 60000);
      transaction.flows.push_back({FlowCommand::kAdd, std::move(flow)});
    }
    return transaction;
  }

  boost::asio::io_context io_;
  boost::asio::io_context client_io_;
  std::unique_ptr<Server> server_;
  std::vector<std::string> log_;
  std::function<void()> on_connected_;
};

using Log = std::vector<std::string>;

TEST_F(ServerTest, ASwitchComesWorksAndGoes) {
  listen();
  auto peer = dial(7);
  ASSERT_TRUE(wait([&] { return !log_.empty(); }, {peer.get()}));
  EXPECT_EQ(server_->datapaths(), std::vector<DatapathId>{7});
  ASSERT_NE(server_->find(7), nullptr);
  EXPECT_EQ(server_->find(7)->hardware, "Fake");
  std::optional<TransactionResult> result;
  server_->send(7, flows(1000), [&](TransactionResult value) { result = std::move(value); });
  ASSERT_TRUE(wait([&] { return result.has_value(); }, {peer.get()}));
  EXPECT_TRUE(result->ok());
  EXPECT_EQ(server_->counters(7).flow_mods_sent, 1000U);
  peer->close();
  ASSERT_TRUE(wait([&] { return log_.size() == 2; }, {}));
  EXPECT_EQ(log_, (Log{"connected 7", "disconnected 7: the switch closed the connection: End of file"}));
  EXPECT_EQ(server_->find(7), nullptr);
}

TEST_F(ServerTest, WhatIsOwedIsAnsweredWhenTheSwitchGoesAway) {
  listen();
  auto peer = dial(7);
  peer->answers_barriers = false;
  ASSERT_TRUE(wait([&] { return !log_.empty(); }, {peer.get()}));
  std::optional<TransactionResult> result;
  std::optional<base::Result<std::vector<FlowStatistics>>> dumped;
  server_->send(7, flows(1), [&](TransactionResult value) { result = std::move(value); });
  server_->dump_flows(7, {}, [&](auto value) { dumped = std::move(value); });
  EXPECT_FALSE(result || dumped) << "never from inside the call";
  wait([] { return false; }, {peer.get()}, 100ms);
  peer->close();
  ASSERT_TRUE(wait([&] { return result && dumped; }, {}));
  EXPECT_FALSE(result->ok());
  EXPECT_FALSE(dumped->has_value());
}

TEST_F(ServerTest, ARequestToNobodyIsNotFound) {
  listen();
  std::optional<TransactionResult> result;
  server_->send(9, flows(1), [&](TransactionResult value) { result = std::move(value); });
  EXPECT_FALSE(result) << "never from inside the call";
  ASSERT_TRUE(wait([&] { return result.has_value(); }, {}));
  EXPECT_EQ(result->error->code, base::ErrorCode::kNotFound);
  EXPECT_EQ(result->error->message, "switch 0000000000000009 is not connected");
  EXPECT_TRUE(result->applied_nothing);
}

TEST_F(ServerTest, ASecondSessionOfALivingSwitchIsRefused) {
  listen();
  auto first = dial(7);
  ASSERT_TRUE(wait([&] { return !log_.empty(); }, {first.get()}));
  auto second = dial(7);
  ASSERT_TRUE(wait([&] { return log_.size() == 2; }, {first.get(), second.get()}));
  EXPECT_TRUE(log_[1].starts_with("refused: datapath 0000000000000007 is already connected from 127.0.0.1:"));
  EXPECT_TRUE(wait([&] { return !second->serve(); }, {first.get()})) << "its socket is closed";
}

TEST_F(ServerTest, ASwitchThatComesBackReplacesItsSilentSession) {
  ServerOptions options;
  options.session.echo_misses = 30;
  listen(std::move(options));
  auto first = dial(7);
  ASSERT_TRUE(wait([&] { return !log_.empty(); }, {first.get()}));
  wait([] { return false; }, {}, 2200ms);
  auto second = dial(7);
  ASSERT_TRUE(wait([&] { return log_.size() == 3; }, {second.get()}));
  EXPECT_EQ(log_, (Log{"connected 7", "disconnected 7: replaced by a new connection", "connected 7"}));
}

TEST_F(ServerTest, APeerThatDoesNotReadIsDisconnected) {
  ServerOptions options;
  options.write_timeout = 300ms;
  listen(std::move(options));
  auto peer = dial(7);
  ASSERT_TRUE(wait([&] { return !log_.empty(); }, {peer.get()}));
  std::optional<TransactionResult> result;
  server_->send(7, flows(100'000), [&](TransactionResult value) { result = std::move(value); });
  ASSERT_TRUE(wait([&] { return result.has_value(); }, {}));
  EXPECT_EQ(result->error->message, "the switch does not read");
  EXPECT_EQ(log_.back(), "disconnected 7: the switch does not read");
}

TEST_F(ServerTest, ThereIsALimitOfConnections) {
  ServerOptions options;
  options.connections = 1;
  listen(std::move(options));
  auto first = dial(7);
  ASSERT_TRUE(wait([&] { return !log_.empty(); }, {first.get()}));
  auto second = dial(8);
  ASSERT_TRUE(wait([&] { return log_.size() == 2; }, {first.get(), second.get()}));
  EXPECT_EQ(log_[1], "refused: too many connections: 1");
  first->close();
  ASSERT_TRUE(wait([&] { return log_.size() == 3; }, {}));
  wait([] { return false; }, {}, 100ms);
  auto third = dial(9);
  ASSERT_TRUE(wait([&] { return log_.size() == 4; }, {third.get()}));
  EXPECT_EQ(log_[3], "connected 9");
}

TEST_F(ServerTest, WithoutDescriptorsItTellsOnceAndTakesTheSwitchLater) {
  if (base::testing::kAddressSanitizer) GTEST_SKIP() << "UBSan needs a descriptor to look at an object";
  listen();
  tcp::socket waiting(client_io_);
  waiting.open(tcp::v4());
  {
    const base::testing::NoDescriptors none;
    waiting.connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()});
    wait([] { return false; }, {}, 300ms);
  }
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_TRUE(log_[0].starts_with("cannot accept connections: ")) << log_[0];
  auto peer = dial(7);
  ASSERT_TRUE(wait([&] { return log_.size() == 2; }, {peer.get()}));
  EXPECT_EQ(log_[1], "connected 7");
}

// Sockets that only connect: half of them say nothing, half say nonsense.
TEST_F(ServerTest, AFloodFromOneAddressLeavesRoomForSwitchesAndIsToldOnce) {
  listen();
  std::vector<tcp::socket> flood;
  for (int number = 0; number < 500; ++number) {
    tcp::socket& socket = flood.emplace_back(client_io_);
    // 127.0.0.2 floods, the switch comes from 127.0.0.1.
    socket.open(tcp::v4());
    socket.bind({boost::asio::ip::make_address("127.0.0.2"), 0});
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), server_->port()});
    boost::system::error_code ignored;
    if (number % 2 == 0) boost::asio::write(socket, boost::asio::buffer("GET / HTTP/1.1"), ignored);
    io_.poll();
  }
  ASSERT_TRUE(wait([&] { return server_->door().accepted == 500; }, {}));
  auto peer = dial(7);
  ASSERT_TRUE(wait([&] { return !log_.empty() && log_.back() == "connected 7"; }, {peer.get()}));
  const DoorCounters& door = server_->door();
  EXPECT_GE(door.refused, 500 - kHandshakesPerAddress);
  EXPECT_GT(door.refused_per_address, 0U);
  EXPECT_EQ(door.refused_full, 0U);
  EXPECT_LE(log_.size(), 4U) << "one line for each kind of refusal, and the switch";
  EXPECT_EQ(door.refused_untold + log_.size() - 1, door.refused);
}

TEST_F(ServerTest, AHundredSwitchesBehindOneAddressAllComeIn) {
  listen();
  std::vector<std::unique_ptr<SmallSwitch>> peers;
  std::vector<SmallSwitch*> serving;
  for (DatapathId datapath = 1; datapath <= 100; ++datapath) {
    serving.push_back(peers.emplace_back(dial(datapath)).get());
    if (datapath % 50 == 0) wait([&] { return log_.size() == datapath; }, serving);
  }
  EXPECT_EQ(server_->datapaths().size(), 100U);
  EXPECT_EQ(server_->door().refused, 0U);
}

TEST_F(ServerTest, ItMayBeDestroyedFromItsOwnHandler) {
  listen();
  auto peer = dial(7);
  on_connected_ = [this] { server_.reset(); };
  ASSERT_TRUE(wait([&] { return server_ == nullptr; }, {peer.get()}));
  wait([] { return false; }, {peer.get()}, 50ms);
  EXPECT_EQ(log_, Log{"connected 7"});
}

TEST_F(ServerTest, AHandlerMaySendAndDisconnect) {
  listen();
  auto peer = dial(7);
  std::optional<TransactionResult> result;
  on_connected_ = [&] {
    server_->send(7, flows(1), [&](TransactionResult value) {
      result = std::move(value);
      server_->disconnect(7, "enough");
    });
  };
  ASSERT_TRUE(wait([&] { return log_.size() == 2; }, {peer.get()}));
  EXPECT_TRUE(result && result->ok());
  EXPECT_EQ(log_[1], "disconnected 7: enough");
}

TEST_F(ServerTest, WrongOptionsAreErrorsWithAReason) {
  const auto refused = [&](ServerOptions options) {
    const auto server = Server::listen(io_, std::move(options), *this);
    return server ? std::string() : server.error().message;
  };
  ServerOptions options;
  options.port = 0;
  options.address = "here";
  EXPECT_EQ(refused(options), "'here' is not an IP address");
  options.address = "127.0.0.1";
  options.tls = TlsFiles{"/nonexistent.pem", "/nonexistent.key", "/nonexistent-ca.pem"};
  EXPECT_TRUE(refused(options).starts_with("cannot use the TLS authority: ")) << refused(options);
  listen();
  options.tls.reset();
  options.port = server_->port();
  EXPECT_TRUE(refused(options).starts_with("cannot listen on 127.0.0.1:")) << refused(options);
}

}  // namespace
}  // namespace superspan::openflow
