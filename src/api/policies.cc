// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "api/json_reader.h"
#include "api/respond.h"
#include "api/routes.h"
#include "base/nearest.h"
#include "http/problem.h"

namespace superspan::api {
namespace {

namespace json = boost::json;
using base::ErrorCode;

constexpr std::uint64_t kWaitMaxMs = 5'000;

http::Response no_policy(std::string_view name) {
  return http::problem(
      {ErrorCode::kNotFound, fmt::format("no policy '{}'", name), "GET /v1/policies lists them", "", {}});
}

void check_names(const std::vector<std::string>& given, const std::vector<std::string>& known, const std::string& key,
                 const std::string& noun, std::vector<base::Error>& errors) {
  for (std::size_t index = 0; index < given.size(); ++index) {
    if (std::ranges::find(known, given[index]) != known.end()) continue;
    const std::string close = base::did_you_mean(given[index], known);
    errors.push_back({ErrorCode::kInvalid,
                      fmt::format("the fabric has no {} '{}'", noun, given[index]),
                      close.empty() ? fmt::format("GET /v1/{} lists them", key) : close,
                      fmt::format("/{}/{}", key, index),
                      {}});
  }
}

// Names that the fabric does not have; the engine would refuse them too, but without a pointer and a proposal.
std::vector<base::Error> unknown_names(const store::PolicyText& text, const fabric::Topology& topology) {
  std::vector<std::string> taps;
  for (const auto& tap : topology.taps()) taps.push_back(tap.name);
  std::vector<std::string> destinations;
  for (const auto& tool : topology.tools()) destinations.push_back(tool.name);
  for (const auto& node : topology.nodes()) destinations.push_back(node.name);
  std::vector<base::Error> errors;
  check_names(text.taps, taps, "taps", "tap", errors);
  check_names(text.tools, destinations, "tools", "tool or node", errors);
  return errors;
}

void put(Controller& controller, const http::Request& request, http::Responder responder) {
  const std::string name(request.parameter("name"));
  if (!is_policy_name(name)) {
    return responder.reply(
        http::problem({ErrorCode::kInvalid,
                       fmt::format("'{}' is no policy name", name),
                       "write a-z, 0-9, '.', '_' or '-', beginning with a letter or digit, at most 63 characters",
                       "/name",
                       {}}));
  }
  const auto wait = number_argument(request, "wait_ms", kWaitMaxMs, kWaitMaxMs);
  if (!wait) return responder.reply(http::problem(wait.error()));
  auto text = parse_policy(request.body, name);
  if (!text) return responder.reply(http::problem(text.error()));
  if (const auto errors = unknown_names(*text, controller.topology()); !errors.empty()) {
    return responder.reply(http::problem(errors));
  }
  // std::function copies; a Responder only moves.
  auto held = std::make_shared<http::Responder>(std::move(responder));
  controller.put_policy(name, std::move(*text), std::chrono::milliseconds(*wait),
                        [held](const base::Result<Controller::PutResult>& result) {
                          if (!result) return held->reply(http::problem(result.error()));
                          const int status = !result->in_force ? 202 : result->created ? 201 : 200;
                          held->reply(json_response(policy_json(result->policy), status));
                        });
}

void remove(Controller& controller, const http::Request& request, http::Responder responder) {
  const auto wait = number_argument(request, "wait_ms", kWaitMaxMs, kWaitMaxMs);
  if (!wait) return responder.reply(http::problem(wait.error()));
  auto held = std::make_shared<http::Responder>(std::move(responder));
  controller.remove_policy(std::string(request.parameter("name")), std::chrono::milliseconds(*wait),
                           [held](const base::Result<bool>& gone) {
                             if (!gone) return held->reply(http::problem(gone.error()));
                             held->reply({*gone ? 204 : 202, "application/json", *gone ? "" : "{}\n", {}});
                           });
}

http::Response list(const Controller& controller) {
  json::array policies;
  for (const auto& policy : controller.policies()) policies.push_back(policy_json(policy));
  return json_response(json::object{{"policies", std::move(policies)}, {"epoch", controller.epoch()}});
}

}  // namespace

void add_policies(http::Router& router, Controller& controller) {
  router.add_simple(http::Method::kGet, "/v1/policies",
                    [&controller](const http::Request&) { return list(controller); });
  router.add_simple(http::Method::kGet, "/v1/policies/{name}", [&controller](const http::Request& request) {
    const auto policy = controller.policy(std::string(request.parameter("name")));
    return policy ? json_response(policy_json(*policy)) : no_policy(request.parameter("name"));
  });
  router.add(http::Method::kPut, "/v1/policies/{name}",
             [&controller](const http::Request& request, http::Responder responder) {
               put(controller, request, std::move(responder));
             });
  router.add(http::Method::kDelete, "/v1/policies/{name}",
             [&controller](const http::Request& request, http::Responder responder) {
               remove(controller, request, std::move(responder));
             });
}

}  // namespace superspan::api
