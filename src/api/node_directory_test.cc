// SPDX-License-Identifier: Apache-2.0
#include "api/node_directory.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "http/problem.h"
#include "http/router.h"
#include "http/server.h"

namespace superspan::api {
namespace {

const std::string kToken = "0123456789abcdef0123456789abcdef";

// A node that answers when the test says so. All on one thread.
class Assignments : public ::testing::Test {
 protected:
  Assignments() {
    router_.add(http::Method::kPut, "/v1/assignment", [this](const http::Request& request, http::Responder responder) {
      const auto body = boost::json::parse(request.body).as_object();
      got_ += std::to_string(body.at("revision").as_int64());
      if (body.contains("as_in")) got_ += "(as in " + std::to_string(body.at("as_in").as_int64()) + ")";
      got_ += " ";
      waiting_ = std::move(responder);
    });
    http::ServerOptions options;
    options.endpoints = {*http::parse_endpoint("http://127.0.0.1:0")};
    options.tokens = {kToken};
    auto server = http::Server::listen(io_, options, [this](http::Request request, http::Responder responder) {
      router_.handle(std::move(request), std::move(responder));
    });
    server_ = std::move(*server);
    Registration registration;
    registration.endpoint = server_->endpoints().front();
    registration.token = kToken;
    EXPECT_TRUE(directory_.heard("node1", registration, 0)) << "it is new";
  }

  void assign(std::uint64_t revision) {
    fabric::AssignNode assignment;
    assignment.node = "node1";
    assignment.revision = revision;
    directory_.assign(assignment, [this, revision](const base::Status& status) {
      done_ += std::to_string(revision) + (status ? " ok, " : " refused, ");
    });
  }
  void node_gets() {
    for (int tries = 0; tries < 500 && !waiting_; ++tries) io_.run_one_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(waiting_);
  }
  void node_answers(http::Response response = {}) {
    const std::string before = done_;
    const std::string got = got_;
    std::exchange(waiting_, std::nullopt)->reply(std::move(response));
    for (int tries = 0; tries < 500 && done_ == before && got_ == got; ++tries) {
      io_.run_one_for(std::chrono::milliseconds(10));
    }
  }

  boost::asio::io_context io_{1};
  base::SystemClock clock_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  NodeDirectory directory_{io_, clock_, ""};
  std::optional<http::Responder> waiting_;
  std::string got_;
  std::string done_;
};

TEST_F(Assignments, OnlyTheNewestOfThoseThatWaitIsSent) {
  for (const std::uint64_t revision : {1, 2, 3, 4}) assign(revision);
  node_gets();
  EXPECT_EQ(got_, "1 ");
  node_answers();
  node_gets();
  EXPECT_EQ(got_, "1 4(as in 1) ");
  node_answers();
  EXPECT_EQ(done_, "1 ok, 4 ok, ");
  EXPECT_FALSE(directory_.find("node1")->sending);
}

TEST_F(Assignments, ANodeThatForgotGetsTheNewestInFull) {
  assign(1);
  node_gets();
  node_answers();
  assign(2);
  node_gets();
  assign(3);
  assign(4);
  node_answers(http::problem({base::ErrorCode::kConflict, "not in force here", "send all", "/as_in", std::nullopt}));
  node_gets();
  EXPECT_EQ(got_, "1 2(as in 1) 4 ");
  node_answers();
  EXPECT_EQ(done_, "1 ok, 4 ok, ");
}

TEST_F(Assignments, ARefusalDoesNotStopTheNextOne) {
  assign(1);
  node_gets();
  assign(2);
  node_answers(http::problem({base::ErrorCode::kInternal, "no room", "", "", std::nullopt}));
  node_gets();
  node_answers();
  EXPECT_EQ(done_, "1 refused, 2 ok, ");
}

TEST_F(Assignments, ANodeThatMovedStartsAnew) {
  assign(1);
  assign(2);
  Registration moved = directory_.find("node1")->registration;
  moved.token += "x";
  EXPECT_TRUE(directory_.heard("node1", moved, 0));
  EXPECT_FALSE(directory_.find("node1")->sending);
  EXPECT_FALSE(directory_.find("node1")->next);
}

}  // namespace
}  // namespace superspan::api
