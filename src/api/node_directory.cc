// SPDX-License-Identifier: Apache-2.0
#include "api/node_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "api/json_reader.h"
#include "http/problem.h"

namespace superspan::api {
namespace {

namespace json = boost::json;

constexpr std::size_t kTokenBytesMin = 16;
constexpr std::size_t kTokenBytesMax = 512;
constexpr std::size_t kControllerBytesMax = 63;
constexpr std::size_t kNamesMax = 4096;
// A heartbeat may have been written just before the node applied the latest assignment.
constexpr auto kHeartbeatLag = std::chrono::seconds(1);

json::object tap_json(const fabric::AssignedTap& tap) {
  return {{"id", tap.id}, {"name", tap.name}, {"description", tap.description}};
}

json::object policy_json(const fabric::Policy& policy) {
  return {{"name", policy.name},
          {"number", policy.number},
          {"service_path", fabric::service_path(policy.slot.name_space)},
          {"bit", policy.slot.bit},
          {"from_epoch", policy.from_epoch},
          {"expression", policy.compiled->expression},
          {"residual", policy.compiled->residual ? policy.compiled->residual->expression : ""},
          {"record", policy.record},
          {"stream", policy.stream},
          {"snaplen", policy.snaplen},
          {"limits", {{"packets", policy.limits.packets}, {"bytes", policy.limits.bytes}}},
          {"owner", policy.owner},
          {"reason", policy.reason},
          {"ticket", policy.ticket},
          {"created", policy.created}};
}

std::string random_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

NodeDirectory::NodeDirectory(boost::asio::io_context& io, const base::Clock& clock, std::string ca_file)
    : io_(io), clock_(clock), ca_file_(std::move(ca_file)), controller_(random_name()) {}

std::expected<Registration, std::vector<base::Error>> parse_registration(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(std::vector{object.error()});
  std::vector<base::Error> errors;
  JsonReader reader(*object, "", errors);
  Registration registration;
  reader.require("endpoint");
  reader.require("token");
  const std::string endpoint = reader.text("endpoint", 1024);
  registration.token = reader.text("token", kTokenBytesMax);
  registration.version = reader.text("version", 256);
  registration.controller = reader.text("controller", kControllerBytesMax);
  registration.applied = reader.number("applied", kJsonIntegerMax);
  registration.ended = reader.names("ended", kNamesMax);
  if (const auto* counters = reader.object("counters")) registration.counters = *counters;
  reader.finish();
  if (errors.empty() && registration.token.size() < kTokenBytesMin) {
    reader.fail("token", "the token is too short", fmt::format("at least {} characters", kTokenBytesMin));
  }
  if (errors.empty()) {
    auto parsed = http::parse_endpoint(endpoint);
    if (parsed) {
      registration.endpoint = std::move(*parsed);
    } else {
      reader.fail("endpoint", parsed.error().message, parsed.error().hint);
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return registration;
}

json::object assignment_json(const fabric::AssignNode& assignment, const std::string& controller,
                             const fabric::AssignNode* confirmed) {
  json::object body{{"controller", controller}, {"revision", assignment.revision}, {"epoch", assignment.epoch}};
  if (confirmed != nullptr) body["as_in"] = confirmed->revision;
  if (confirmed == nullptr || confirmed->taps != assignment.taps) {
    json::array taps;
    for (const auto& tap : assignment.taps) taps.push_back(tap_json(tap));
    body["taps"] = std::move(taps);
  }
  json::array policies;
  for (const auto& policy : assignment.policies) {
    const auto same = [&policy](const auto& other) { return same_for_nodes(*other, *policy); };
    const bool known = confirmed != nullptr && std::ranges::any_of(confirmed->policies, same);
    policies.push_back(known ? json::object{{"number", policy->number}} : policy_json(*policy));
  }
  body["policies"] = std::move(policies);
  return body;
}

bool NodeDirectory::heard(const std::string& name, Registration registration, std::uint64_t applied) {
  const auto now = clock_.steady();
  Entry& entry = entries_[name];
  const bool moved = !entry.client || entry.registration.endpoint != registration.endpoint ||
                     entry.registration.token != registration.token;
  if (moved) {
    http::ClientOptions options;
    options.token = registration.token;
    options.ca_file = ca_file_;
    options.timeout_ms = kAssignmentTimeoutMs;
    entry.client = std::make_shared<http::AsyncClient>(io_, registration.endpoint, options);
    entry.sending = false;
    entry.next.reset();
    entry.confirmed.reset();
  }
  const bool settled = !entry.sending && now - entry.settled > kHeartbeatLag;
  const bool resend = moved || !entry.up || (settled && registration.applied != applied);
  entry.up = true;
  entry.heard = now;
  if (const auto* policies = registration.counters.if_contains("policies"); policies && policies->is_object()) {
    for (const auto& [policy, counters] : policies->get_object()) {
      if (counters.is_object()) entry.policies[policy] = counters;
    }
  }
  entry.registration = std::move(registration);
  return resend;
}

std::vector<std::string> NodeDirectory::silent() {
  std::vector<std::string> names;
  for (auto& [name, entry] : entries_) {
    if (!entry.up || clock_.steady() - entry.heard <= kHeartbeatInterval * kHeartbeatMisses) continue;
    entry.up = false;
    names.push_back(name);
  }
  return names;
}

void NodeDirectory::assign(const fabric::AssignNode& assignment, std::function<void(base::Status)> done) {
  const auto found = entries_.find(assignment.node);
  if (found == entries_.end()) {
    return done(base::fail(base::ErrorCode::kUnavailable, "the node has not registered"));
  }
  Entry& entry = found->second;
  Assigning one{std::make_shared<const fabric::AssignNode>(assignment), std::move(done)};
  if (entry.sending) {
    entry.next = std::move(one);
  } else {
    send(entry, std::move(one));
  }
}

void NodeDirectory::send(Entry& entry, Assigning one) {
  entry.sending = true;
  const auto confirmed = entry.confirmed;
  std::string body = json::serialize(assignment_json(*one.assignment, controller_, confirmed.get()));
  // A client that is replaced (the node moved) never calls back, so what is under way stays right.
  entry.client->request(
      http::Method::kPut, "/v1/assignment", std::move(body),
      [this, one = std::move(one), brief = confirmed != nullptr](base::Result<http::Response> response) mutable {
        Entry& node = entries_[one.assignment->node];
        const auto checked = http::checked(std::move(response));
        if (checked) node.confirmed = one.assignment;
        const bool forgotten = !checked && brief && checked.error().code == base::ErrorCode::kConflict;
        if (forgotten) {
          node.confirmed.reset();
          if (!node.next) return send(node, std::move(one));
        }
        node.sending = false;
        node.settled = clock_.steady();
        if (node.next) send(node, *std::exchange(node.next, std::nullopt));
        if (!forgotten) one.done(checked ? base::Status{} : base::Status(std::unexpected(checked.error())));
      });
}

const NodeDirectory::Entry* NodeDirectory::find(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<std::string> NodeDirectory::problems(const std::string& name) const {
  const Entry* const entry = find(name);
  const json::value* const told = entry == nullptr ? nullptr : entry->registration.counters.if_contains("problems");
  std::vector<std::string> problems;
  if (told == nullptr || !told->is_array()) return problems;
  for (const json::value& problem : told->get_array()) {
    if (problem.is_string()) problems.emplace_back(problem.get_string());
  }
  std::ranges::sort(problems);
  return problems;
}

const json::object* NodeDirectory::policy_counters(const Entry& entry, const std::string& policy,
                                                   std::uint32_t number) {
  const auto* counters = entry.policies.if_contains(policy);
  if (counters == nullptr || !counters->is_object()) return nullptr;
  const auto& object = counters->get_object();
  const auto* told = object.if_contains("number");
  if (number != 0 && told != nullptr && told->is_int64() && told->get_int64() != std::int64_t{number}) return nullptr;
  return &object;
}

void NodeDirectory::forget_unknown_policies(const std::string& name,
                                            const std::function<bool(const std::string& policy)>& known) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  json::object& policies = found->second.policies;
  for (auto at = policies.begin(); at != policies.end();) {
    at = known(std::string(at->key())) ? at + 1 : policies.erase(at);
  }
}

void NodeDirectory::forget_policy(const std::string& policy) {
  for (auto& [name, entry] : entries_) entry.policies.erase(policy);
}

}  // namespace superspan::api
