// SPDX-License-Identifier: Apache-2.0
#include "node/registrar.h"

#include <pthread.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "http/client.h"
#include "http/problem.h"
#include "http/token.h"
#include "node/status.h"

namespace superspan::node {

std::string heartbeat_json(const RegistrarOptions& options, const NodeReport& report) {
  boost::json::array ended;
  for (const std::string& policy : report.ended) ended.emplace_back(policy);
  return boost::json::serialize(boost::json::object{{"endpoint", options.endpoint},
                                                    {"token", options.token},
                                                    {"version", options.version},
                                                    {"controller", report.controller},
                                                    {"applied", report.applied},
                                                    {"ended", std::move(ended)},
                                                    {"counters", counters_json(report)}});
}

Registrar::Registrar(RegistrarOptions options, const Node& node,
                     std::function<void(const std::optional<base::Error>&)> changed)
    : options_(std::move(options)), node_(node), changed_(std::move(changed)) {}

Registrar::~Registrar() {
  stop();
}

void Registrar::start() {
  thread_ = std::thread([this] { run(); });
}

void Registrar::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Registrar::poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
  }
  wake_.notify_one();
}

void Registrar::run() {
  ::pthread_setname_np(::pthread_self(), "heartbeat");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    poked_ = false;
    lock.unlock();
    tell(beat());
    lock.lock();
    wake_.wait_for(lock, options_.interval, [this] { return stopping_ || poked_; });
  }
}

// A connection for each heartbeat: the controller may have been replaced by another process meanwhile.
base::Status Registrar::beat() {
  auto token = http::read_token(options_.token_file);
  if (!token) return std::unexpected(std::move(token.error()));
  http::ClientOptions client_options;
  client_options.token = std::move(*token);
  client_options.ca_file = options_.ca_file;
  client_options.timeout_ms = options_.interval.count();
  http::Client client(options_.controller, client_options);
  const auto response =
      http::checked(client.request(http::Method::kPut, "/v1/nodes/" + http::percent_encode(options_.name),
                                   heartbeat_json(options_, node_.report())));
  if (!response) return std::unexpected(response.error());
  return {};
}

void Registrar::tell(const base::Status& status) {
  const std::string message = status ? "" : status.error().message;
  if (told_ == message) return;
  told_ = message;
  changed_(status ? std::nullopt : std::optional(status.error()));
}

}  // namespace superspan::node
