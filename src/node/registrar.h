// SPDX-License-Identifier: Apache-2.0
// Tells the controller that this node is there: `PUT /v1/nodes/{name}` at the start, every two seconds, and at once
// when a policy has reached its limit. On a thread of its own, because the controller may be away or slow.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"
#include "http/endpoint.h"
#include "node/node.h"

namespace superspan::node {

struct RegistrarOptions {
  http::Endpoint controller;
  std::filesystem::path token_file;  // of the controller's token; read again for every heartbeat
  std::string ca_file;               // verifies an https controller; empty: the system's store
  std::string name;
  std::string endpoint;  // of the node's API
  std::string token;     // of the node's API
  std::string version;
  std::chrono::milliseconds interval{2000};
};

class Registrar {
 public:
  // `changed` is called on the registrar's thread when the controller becomes reachable (no error) or is lost.
  Registrar(RegistrarOptions options, const Node& node, std::function<void(const std::optional<base::Error>&)> changed);
  ~Registrar();
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;

  void start();
  void stop();
  // A heartbeat now. Any thread.
  void poke();

 private:
  void run();
  [[nodiscard]] base::Status beat();
  void tell(const base::Status& status);

  const RegistrarOptions options_;
  const Node& node_;
  const std::function<void(const std::optional<base::Error>&)> changed_;
  std::optional<std::string> told_;  // last message told; empty: reachable; nothing: not told yet
  std::mutex mutex_;                 // of the next two
  bool poked_ = false;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

// The body of a heartbeat.
[[nodiscard]] std::string heartbeat_json(const RegistrarOptions& options, const NodeReport& report);

}  // namespace superspan::node
