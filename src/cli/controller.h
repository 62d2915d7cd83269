// SPDX-License-Identifier: Apache-2.0
// The controller's REST API as the commands use it: JSON in, JSON out, errors as they would be had they happened here.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "http/client.h"

namespace superspan::cli {

class Controller {
 public:
  // Finds endpoint and token (discovery.h); the connection is made with the first request. kNotFound or kDenied if
  // there is no token.
  [[nodiscard]] static base::Result<Controller> connect(const Invocation& invocation);

  // `target` is an encoded path with query: "/v1/taps". The value is null if the answer has no body.
  [[nodiscard]] base::Result<boost::json::value> get(std::string_view target);
  [[nodiscard]] base::Result<boost::json::value> put(std::string_view target, const boost::json::value& body);
  // A PUT that only makes something: kConflict (place: "If-None-Match") if it is there already.
  [[nodiscard]] base::Result<boost::json::value> create(std::string_view target, const boost::json::value& body);
  // All errors that the controller names; at least one.
  using Errors = std::vector<base::Error>;
  [[nodiscard]] std::expected<boost::json::value, Errors> post_all(std::string_view target,
                                                                   const boost::json::value& body);
  [[nodiscard]] base::Result<boost::json::value> post(std::string_view target, const boost::json::value& body);
  // What became of a policy that was deleted. Either way it is gone from the controller.
  struct Removal {
    bool confirmed = true;                 // by all switches and nodes; false: it may still be copied
    std::vector<std::string> unconfirmed;  // switches and nodes; may be empty also when something has not confirmed it
    boost::json::value counters;           // `hops` as in its statistics, and whether they are `complete`
  };
  // DELETE of a policy. With an entity tag only while it has that: kConflict (place: "If-Match") if it is another one.
  [[nodiscard]] base::Result<Removal> remove_policy(std::string_view name, const std::string& entity_tag = "");
  [[nodiscard]] base::Status remove(std::string_view target);
  // See http::Client::stream; a status that is not 2xx is an error.
  [[nodiscard]] base::Status stream(std::string_view target, const http::Client::OnChunk& on_chunk);

  // The same one over a connection of its own.
  [[nodiscard]] Controller over_own_connection() const { return {where_, options_}; }
  // And each request fails after `timeout`.
  [[nodiscard]] Controller with_timeout(std::chrono::milliseconds timeout) const;

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] const std::string& ca_file() const { return options_.ca_file; }

 private:
  Controller(const http::Endpoint& endpoint, http::ClientOptions options);
  std::expected<boost::json::value, Errors> send_all(http::Method method, std::string_view target,
                                                     const std::string& body, const http::Fields& headers);
  base::Result<boost::json::value> send(http::Method method, std::string_view target, const std::string& body,
                                        const http::Fields& headers = {});
  [[nodiscard]] base::Error unreachable(base::Error error) const;

  http::Endpoint where_;
  http::ClientOptions options_;
  http::Client client_;
  std::string endpoint_;
};

// The error for a policy whose removal not everything has confirmed: kUnavailable, with the switches and nodes that are
// known.
[[nodiscard]] base::Status not_confirmed(std::string_view policy, const std::vector<std::string>& places);
// "/v1/policies/NAME" with the name encoded.
[[nodiscard]] std::string policy_target(std::string_view name, std::string_view rest = "");

}  // namespace superspan::cli
