// SPDX-License-Identifier: Apache-2.0
// A whole controller with its API on a thread of its own, and a node that answers. Only for tests.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <mutex>
#include <thread>

#include "api/controller.h"
#include "api/routes.h"
#include "http/client.h"
#include "http/problem.h"

namespace superspan::api::testing {

inline const std::string kToken = "0123456789abcdef0123456789abcdef";

inline constexpr const char* kFabric = R"(
name: test
encapsulation: nsh
switches:
  - {name: filter1, datapath: "0000000000000001", profile: ovs, vlan_limit: 1}
  - {name: delivery1, datapath: "0000000000000002", profile: ovs, vlan_limit: 1}
taps:
  - {name: leaf1-spine1, switch: filter1, port: 1, description: "leaf1 uplink"}
  - {name: leaf1-spine2, switch: filter1, port: 2}
tools:
  - {name: ids1, switch: delivery1, port: 3}
nodes:
  - {name: node1, switch: delivery1, port: 4}
links:
  - {from: "filter1:49", to: "delivery1:1"}
)";

inline http::ServerOptions server_options() {
  http::ServerOptions options;
  options.endpoints = {*http::parse_endpoint("http://127.0.0.1:0")};
  options.tokens = {kToken};
  options.limits.requests_per_second = 1e6;
  options.limits.request_burst = 1e6;
  return options;
}

// An answer with its body as JSON (null if it is none).
struct Answer {
  int status = 0;
  boost::json::value body;
  std::string text;
};

// The value that a JSON pointer names, as text.
inline std::string text_at(const Answer& answer, const char* pointer) {
  boost::system::error_code error;
  const auto* value = answer.body.find_pointer(pointer, error);
  if (value == nullptr) return "(absent)";
  return value->is_string() ? std::string(value->get_string()) : boost::json::serialize(*value);
}

// Runs an io_context until it is destroyed; what lives on it is destroyed on its thread by `last`.
class IoThread {
 public:
  boost::asio::io_context io{1};
  void start() {
    thread_ = std::thread([this] { io.run(); });
  }
  void stop(const std::function<void()>& last) {
    if (!thread_.joinable()) return last();
    boost::asio::post(io, [&] {
      last();
      io.stop();
    });
    thread_.join();
  }

 private:
  std::thread thread_;
};

class RunningController {
 public:
  explicit RunningController(std::unique_ptr<store::Store> store = store::make_memory_store(),
                             http::ServerOptions options = server_options()) {
    auto topology = fabric::Topology::parse(kFabric, "test.yaml");
    if (!topology) throw std::runtime_error(base::render(topology.error()));
    auto controller = Controller::start(loop_.io, std::make_shared<const fabric::Topology>(std::move(*topology)),
                                        std::move(store), clock_, {std::nullopt, {}, "0.1.0", "", {}});
    if (!controller) throw std::runtime_error(base::render(controller.error()));
    controller_ = std::move(*controller);
    router_ = make_router({*controller_, [this] { return server_->statistics(); }});
    options.rate_classes = rate_classes();
    auto server =
        http::Server::listen(loop_.io, std::move(options), [this](http::Request request, http::Responder responder) {
          router_.handle(std::move(request), std::move(responder));
        });
    if (!server) throw std::runtime_error(base::render(server.error()));
    server_ = std::move(*server);
    endpoint_ = server_->endpoints().front();
    loop_.start();
  }
  ~RunningController() {
    loop_.stop([this] {
      server_.reset();
      controller_.reset();
    });
  }
  RunningController(const RunningController&) = delete;
  RunningController& operator=(const RunningController&) = delete;

  [[nodiscard]] const http::Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const http::Router& router() const { return router_; }
  [[nodiscard]] http::Client client(const std::string& token = kToken) const {
    return {endpoint_, {token, "", 60'000}};
  }

  Answer ask(http::Method method, const std::string& target, const std::string& body = {}) const {
    const auto response = client().request(method, target, body);
    if (!response) throw std::runtime_error(base::render(response.error()));
    boost::system::error_code ignored;
    return {response->status, boost::json::parse(response->body, ignored), response->body};
  }
  Answer get(const std::string& target) const { return ask(http::Method::kGet, target); }
  Answer put(const std::string& target, const std::string& body) const { return ask(http::Method::kPut, target, body); }
  Answer remove(const std::string& target) const { return ask(http::Method::kDelete, target); }

 private:
  base::SystemClock clock_;
  IoThread loop_;
  std::unique_ptr<Controller> controller_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  http::Endpoint endpoint_;
};

// The resources over HTTP, with a real engine whose switches never come.
class Api : public ::testing::Test {
 protected:
  RunningController controller_;
};

// The API of a node that takes every assignment.
class FakeNode {
 public:
  FakeNode() {
    router_.add_simple(http::Method::kPut, "/v1/assignment", [this](const http::Request& request) {
      const std::lock_guard lock(mutex_);
      auto body = boost::json::parse(request.body);
      if (forgetful_ && body.as_object().contains("as_in")) {
        return http::problem({base::ErrorCode::kConflict, "not in force here", "send all", "/as_in", std::nullopt});
      }
      assignments_.push_back(std::move(body));
      return http::Response{200, "application/json", "{}", {}};
    });
    auto server =
        http::Server::listen(loop_.io, server_options(), [this](http::Request request, http::Responder responder) {
          router_.handle(std::move(request), std::move(responder));
        });
    if (!server) throw std::runtime_error(base::render(server.error()));
    server_ = std::move(*server);
    endpoint_ = http::to_string(server_->endpoints().front());
    loop_.start();
  }
  ~FakeNode() {
    loop_.stop([this] { server_.reset(); });
  }
  FakeNode(const FakeNode&) = delete;
  FakeNode& operator=(const FakeNode&) = delete;

  // Says `applied` of the controller whose assignment came last.
  [[nodiscard]] std::string registration(std::int64_t applied, const std::string& more = "") {
    const std::lock_guard lock(mutex_);
    const auto controller = assignments_.empty() ? "" : boost::json::serialize(assignments_.back().at("controller"));
    const auto by = controller.empty() ? "" : R"(, "controller": )" + controller;
    return R"({"endpoint": ")" + endpoint_ + R"(", "token": ")" + kToken + R"(", "version": "0.1.0", "applied": )" +
           std::to_string(applied) + by + more + "}";
  }
  // As a node that was restarted: it knows nothing that a brief assignment refers to.
  void forget() {
    const std::lock_guard lock(mutex_);
    forgetful_ = true;
  }
  // The latest assignment; waits for one that names `policy` ("": any).
  boost::json::value assignment(const std::string& policy) {
    for (int tries = 0; tries < 500; ++tries) {
      {
        const std::lock_guard lock(mutex_);
        if (!assignments_.empty() &&
            (policy.empty() ||
             boost::json::serialize(assignments_.back()).find("\"" + policy + "\"") != std::string::npos)) {
          return assignments_.back();
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return nullptr;
  }

 private:
  IoThread loop_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  std::string endpoint_;
  std::mutex mutex_;
  std::vector<boost::json::value> assignments_;
  bool forgetful_ = false;
};

}  // namespace superspan::api::testing
