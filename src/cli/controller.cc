// SPDX-License-Identifier: Apache-2.0
#include "cli/controller.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <thread>

#include "cli/discovery.h"
#include "cli/print.h"
#include "http/problem.h"
#include "http/token.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

constexpr int kTooMany = 429;
constexpr int kAttempts = 100;
constexpr std::chrono::milliseconds kPause{100};

bool asks_for_patience(const http::Response& answer) {
  return answer.status == kTooMany || (answer.status == 503 && answer.header("retry-after"));
}

// The API says "?switch" and "GET /v1/tools lists them"; here that is an option and a command.
base::Error in_our_words(base::Error error) {
  if (error.place.starts_with('?')) error.place = "--" + error.place.substr(1);
  constexpr std::string_view kRequest = "GET /v1/";
  const std::size_t begin = error.hint.find(kRequest);
  if (begin == std::string::npos) return error;
  const std::size_t name = begin + kRequest.size();
  const std::size_t end = std::min(error.hint.find_first_of(" ,;", name), error.hint.size());
  const std::string resource = error.hint.substr(name, end - name);
  const std::string command = resource == "policies" ? "policy list" : resource;
  error.hint.replace(begin, end - begin, fmt::format("`superspan {}`", command));
  return error;
}

}  // namespace

base::Result<Controller> Controller::connect(const Invocation& invocation) {
  auto found = discover(invocation);
  if (!found) return std::unexpected(found.error());
  const std::string endpoint = http::to_string(found->endpoint);
  std::error_code ignored;
  if (!std::filesystem::exists(found->token_file, ignored)) {
    return base::fail(
        base::ErrorCode::kUnavailable,
        fmt::format("no controller is known: {} (the token for {}) does not exist", found->token_file.string(),
                    endpoint),
        "start superspand or `superspan lab up`, or name the controller with --endpoint and --token-file; "
        "`superspan doctor` looks closer");
  }
  auto token = http::read_token(found->token_file);
  if (!token) return std::unexpected(token.error());
  return Controller(found->endpoint, {.token = *token, .ca_file = invocation.arguments.text("ca-file").value_or("")});
}

Controller::Controller(const http::Endpoint& endpoint, http::ClientOptions options)
    : where_(endpoint), options_(std::move(options)), client_(where_, options_), endpoint_(http::to_string(endpoint)) {}

Controller Controller::with_timeout(std::chrono::milliseconds timeout) const {
  http::ClientOptions options = options_;
  options.timeout_ms = timeout.count();
  return {where_, std::move(options)};
}

base::Error Controller::unreachable(base::Error error) const {
  const bool away = error.code == base::ErrorCode::kUnavailable || error.code == base::ErrorCode::kTimeout;
  if (!away) return error;
  error.hint += (error.hint.empty() ? "" : "; ") + std::string("`superspan doctor` looks for the reason");
  if (error.place.empty() && !error.message.contains(endpoint_)) error.place = endpoint_;
  return error;
}

std::expected<json::value, Controller::Errors> Controller::send_all(http::Method method, std::string_view target,
                                                                    const std::string& body,
                                                                    const http::Fields& headers) {
  auto answer = client_.request(method, target, body, headers);
  // Many requests in a row are more than the controller lets through at once.
  for (int attempt = 0; answer && asks_for_patience(*answer) && attempt < kAttempts; ++attempt) {
    std::this_thread::sleep_for(kPause);
    answer = client_.request(method, target, body, headers);
  }
  if (!answer) return std::unexpected(Errors{unreachable(answer.error())});
  if (!answer->ok()) {
    Errors errors = http::errors_of(*answer);
    for (base::Error& error : errors) error = in_our_words(std::move(error));
    return std::unexpected(std::move(errors));
  }
  if (answer->body.empty()) return json::value(nullptr);
  std::error_code error;
  json::value value = json::parse(answer->body, error);
  if (!error) return value;
  return std::unexpected(Errors{{base::ErrorCode::kInternal, fmt::format("the answer to {} is not JSON", target),
                                 "is this really a superspan controller?", endpoint_, std::nullopt}});
}

base::Result<json::value> Controller::send(http::Method method, std::string_view target, const std::string& body,
                                           const http::Fields& headers) {
  auto answer = send_all(method, target, body, headers);
  if (!answer) return std::unexpected(std::move(answer.error().front()));
  return std::move(*answer);
}

base::Result<json::value> Controller::get(std::string_view target) {
  return send(http::Method::kGet, target, {});
}

base::Result<json::value> Controller::put(std::string_view target, const json::value& body) {
  return send(http::Method::kPut, target, json::serialize(body));
}

base::Result<json::value> Controller::create(std::string_view target, const json::value& body) {
  return send(http::Method::kPut, target, json::serialize(body), {{"If-None-Match", "*"}});
}

std::expected<json::value, Controller::Errors> Controller::post_all(std::string_view target, const json::value& body) {
  return send_all(http::Method::kPost, target, json::serialize(body), {});
}

base::Result<json::value> Controller::post(std::string_view target, const json::value& body) {
  return send(http::Method::kPost, target, json::serialize(body));
}

base::Status Controller::remove(std::string_view target) {
  auto answer = send(http::Method::kDelete, target, {});
  if (!answer) return std::unexpected(answer.error());
  return {};
}

base::Result<Controller::Removal> Controller::remove_policy(std::string_view name, const std::string& entity_tag) {
  const http::Fields only = entity_tag.empty() ? http::Fields{} : http::Fields{{"If-Match", entity_tag}};
  const auto answer = send(http::Method::kDelete, policy_target(name), {}, only);
  if (!answer) return std::unexpected(answer.error());
  const json::value* confirmed = member(*answer, "confirmed");
  Removal removal{.confirmed = confirmed != nullptr && *confirmed == true, .unconfirmed = {}, .counters = *answer};
  const json::value* list = member(*answer, "unconfirmed");
  if (list == nullptr || !list->is_array()) return removal;
  for (const json::value& one : list->get_array()) {
    if (one.is_string()) removal.unconfirmed.emplace_back(one.get_string());
  }
  return removal;
}

base::Status not_confirmed(std::string_view policy, const std::vector<std::string>& places) {
  std::string names;
  for (const std::string& name : places) names += (names.empty() ? "" : ", ") + printable(name);
  return base::fail(base::ErrorCode::kUnavailable,
                    fmt::format("policy {} is deleted, but {}", printable(policy),
                                names.empty() ? "not every switch and node has confirmed it yet"
                                              : "may still be in force at " + names),
                    "a switch or node that does not answer goes on until it has heard of it; `superspan switches` and "
                    "`superspan nodes` say which");
}

base::Status Controller::stream(std::string_view target, const http::Client::OnChunk& on_chunk) {
  auto answer = client_.stream(target, on_chunk);
  if (!answer) return std::unexpected(unreachable(answer.error()));
  if (const auto response = http::checked(std::move(answer)); !response) {
    return std::unexpected(in_our_words(response.error()));
  }
  return {};
}

std::string policy_target(std::string_view name, std::string_view rest) {
  return fmt::format("/v1/policies/{}{}", http::percent_encode(name), rest);
}

}  // namespace superspan::cli
