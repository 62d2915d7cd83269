// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "api/json_reader.h"
#include "api/policy_statistics.h"
#include "api/preconditions.h"
#include "api/respond.h"
#include "api/routes.h"
#include "base/nearest.h"
#include "http/problem.h"

namespace superspan::api {
namespace {

namespace json = boost::json;
using base::ErrorCode;
using Applying = std::expected<Controller::Applied, Controller::Refusals>;

constexpr std::uint64_t kWaitMaxMs = 5'000;

http::Response no_policy(std::string_view name) {
  return http::problem(
      {ErrorCode::kNotFound, fmt::format("no policy '{}'", name), "GET /v1/policies lists them", "", {}});
}

http::Response policy_response(const PolicyDocument& policy, int status = 200) {
  http::Response response = json_response(policy_json(policy), status);
  response.headers.emplace_back("ETag", entity_tag(policy.stored));
  return response;
}

struct KnownNames {
  explicit KnownNames(const fabric::Topology& topology) {
    for (const auto& tap : topology.taps()) taps.push_back(tap.name);
    for (const auto& tool : topology.tools()) destinations.push_back(tool.name);
    for (const auto& node : topology.nodes()) destinations.push_back(node.name);
  }
  std::vector<std::string> taps;
  std::vector<std::string> destinations;
};

void check_names(const std::vector<std::string>& given, const std::vector<std::string>& known, const std::string& key,
                 const std::string& noun, const std::string& pointer, std::vector<base::Error>& errors) {
  for (std::size_t index = 0; index < given.size(); ++index) {
    if (std::ranges::find(known, given[index]) != known.end()) continue;
    const std::string close = base::did_you_mean(given[index], known);
    errors.push_back({ErrorCode::kInvalid,
                      fmt::format("the fabric has no {} '{}'", noun, given[index]),
                      close.empty() ? fmt::format("GET /v1/{} lists them", key) : close,
                      fmt::format("{}/{}/{}", pointer, key, index),
                      {}});
  }
}

// Names that the fabric does not have; the engine would refuse them too, but without a pointer and a proposal.
void check_names(const store::PolicyText& text, const KnownNames& known, const std::string& pointer,
                 std::vector<base::Error>& errors) {
  check_names(text.taps, known.taps, "taps", "tap", pointer, errors);
  check_names(text.tools, known.destinations, "tools", "tool or node", pointer, errors);
}

// --- one ---

http::Response put_answer(const Applying& result) {
  if (!result) {
    std::vector<base::Error> errors;
    for (const auto& refused : result.error()) errors.push_back(refused.error);
    return refusal(errors);
  }
  const auto& put = result->policies.front();
  const bool created = put.effect == PolicyBook::Effect::kCreated;
  return policy_response(put.policy, !put.in_force ? 202 : created ? 201 : 200);
}

void put(Controller& controller, const http::Request& request, http::Responder responder) {
  const std::string name(request.parameter("name"));
  if (!is_policy_name(name)) return responder.reply(http::problem(wrong_name(name, "/name")));
  const auto wait = number_argument(request, "wait_ms", kWaitMaxMs, kWaitMaxMs);
  if (!wait) return responder.reply(http::problem(wait.error()));
  const auto precondition = precondition_of(request);
  if (!precondition) return responder.reply(http::problem(precondition.error()));
  auto text = parse_policy(request.body, name);
  if (!text) return responder.reply(http::problem(text.error()));
  std::vector<base::Error> errors;
  check_names(*text, KnownNames(controller.topology()), "", errors);
  if (!errors.empty()) return responder.reply(http::problem(errors));
  // std::function copies; a Responder only moves.
  auto held = std::make_shared<http::Responder>(std::move(responder));
  controller.apply({{name, std::move(*text), *precondition}}, {std::chrono::milliseconds(*wait), false},
                   [held](const Applying& result) { held->reply(put_answer(result)); });
}

http::Response removal_answer(const Controller::Removed& removed) {
  const bool confirmed = removed.done && removed.held_by.empty();
  const json::array unconfirmed(removed.held_by.begin(), removed.held_by.end());
  return json_response({{"confirmed", confirmed},
                        {"unconfirmed", unconfirmed},
                        {"hops", hops_json(removed.counters.hops)},
                        {"complete", removed.counters.complete}},
                       confirmed ? 200 : 202);
}

void remove(Controller& controller, const http::Request& request, http::Responder responder) {
  const auto wait = number_argument(request, "wait_ms", kWaitMaxMs, kWaitMaxMs);
  if (!wait) return responder.reply(http::problem(wait.error()));
  const auto precondition = precondition_of(request);
  if (!precondition) return responder.reply(http::problem(precondition.error()));
  auto held = std::make_shared<http::Responder>(std::move(responder));
  controller.remove_policy(std::string(request.parameter("name")), *precondition, std::chrono::milliseconds(*wait),
                           [held](const base::Result<Controller::Removed>& removed) {
                             if (!removed) return held->reply(refusal({removed.error()}));
                             held->reply(removal_answer(*removed));
                           });
}

// --- many ---

const char* to_text(PolicyBook::Effect effect) {
  switch (effect) {
    case PolicyBook::Effect::kCreated:
      return "created";
    case PolicyBook::Effect::kChanged:
      return "changed";
    case PolicyBook::Effect::kUnchanged:
      return "unchanged";
  }
  return "";
}

json::object table_json(const fabric::Plan::Table& table) {
  return {{"flows", table.flows}, {"added", table.added}, {"changed", table.changed}, {"removed", table.removed}};
}

json::object plan_json(const fabric::Plan& plan) {
  json::array switches;
  for (const auto& hop : plan.hops) {
    json::object one = table_json(hop.sum());
    one["switch"] = hop.at;
    json::array tables;
    for (const auto& table : hop.tables) {
      tables.push_back(table_json(table));
      tables.back().get_object()["table"] = table.table;
    }
    one["tables"] = std::move(tables);
    switches.push_back(std::move(one));
  }
  json::array links;
  for (const auto& link : plan.links) {
    links.push_back(
        {{"from", link.from}, {"to", link.to}, {"policies", json::array(link.policies.begin(), link.policies.end())}});
  }
  json::array warnings;
  for (const auto& [policy, text] : plan.warnings) warnings.push_back({{"policy", policy}, {"text", text}});
  return {{"switches", std::move(switches)}, {"links", std::move(links)}, {"warnings", std::move(warnings)}};
}

// "+ table=1,..." new, "~" with other actions than now, "-" no more.
json::array diff_json(const fabric::Plan& plan, const fabric::Engine& engine) {
  json::array lines;
  for (const auto& hop : plan.hops) {
    std::set<openflow::FlowKey> held;
    const auto& switches = engine.topology().switches();
    const auto at = std::ranges::find(switches, hop.at, &fabric::Switch::name);
    for (const auto& flow : engine.desired(at->datapath)) held.insert(flow.key);
    for (const auto& mod : hop.mods) {
      const bool adds = mod.command == openflow::FlowCommand::kAdd;
      const char* sign = !adds ? "-" : held.contains(mod.flow.key) ? "~" : "+";
      lines.push_back({{"switch", hop.at}, {"change", sign}, {"flow", openflow::to_string(mod.flow)}});
    }
  }
  return lines;
}

http::Response apply_answer(const Applying& result, const fabric::Engine* diff_of) {
  if (!result) {
    std::vector<base::Error> errors;
    for (const auto& [draft, error] : result.error()) {
      errors.push_back(error);
      if (draft) errors.back().place = fmt::format("/policies/{}{}", *draft, error.place);
    }
    return http::problem(errors);
  }
  json::array policies;
  bool in_force = true;
  for (const auto& put : result->policies) {
    in_force = in_force && put.in_force;
    policies.push_back(
        {{"name", put.policy.stored.name}, {"effect", to_text(put.effect)}, {"policy", policy_json(put.policy)}});
  }
  json::object body{{"epoch", result->epoch}, {"policies", std::move(policies)}};
  if (result->plan) body["plan"] = plan_json(*result->plan);
  if (result->plan && diff_of != nullptr) body["diff"] = diff_json(*result->plan, *diff_of);
  return json_response(body, in_force || result->plan ? 200 : 202);
}

void apply(Controller& controller, const http::Request& request, http::Responder responder) {
  const auto wait = number_argument(request, "wait_ms", kWaitMaxMs, kWaitMaxMs);
  if (!wait) return responder.reply(http::problem(wait.error()));
  const auto dry_run = flag_argument(request, "dry_run");
  if (!dry_run) return responder.reply(http::problem(dry_run.error()));
  const auto diff = flag_argument(request, "diff");
  if (!diff) return responder.reply(http::problem(diff.error()));
  auto policies = parse_policies(request.body);
  if (!policies) return responder.reply(http::problem(policies.error()));
  const KnownNames known(controller.topology());
  std::vector<base::Error> errors;
  std::vector<Controller::Draft> drafts;
  for (auto& policy : *policies) {
    check_names(policy.text, known, fmt::format("/policies/{}", drafts.size()), errors);
    drafts.push_back({std::move(policy.name), std::move(policy.text), {}});
  }
  if (!errors.empty()) return responder.reply(http::problem(errors));
  auto held = std::make_shared<http::Responder>(std::move(responder));
  controller.apply(std::move(drafts), {std::chrono::milliseconds(*wait), *dry_run},
                   [held, diff_of = *diff ? &controller.engine() : nullptr](const Applying& result) {
                     held->reply(apply_answer(result, diff_of));
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
  router.add(http::Method::kPost, "/v1/policies:apply",
             [&controller](const http::Request& request, http::Responder responder) {
               apply(controller, request, std::move(responder));
             },
             {"wait_ms", "dry_run", "diff"});
  router.add_simple(http::Method::kGet, "/v1/policies/{name}", [&controller](const http::Request& request) {
    const auto policy = controller.policy(std::string(request.parameter("name")));
    return policy ? policy_response(*policy) : no_policy(request.parameter("name"));
  });
  router.add(http::Method::kPut, "/v1/policies/{name}",
             [&controller](const http::Request& request, http::Responder responder) {
               put(controller, request, std::move(responder));
             },
             {"wait_ms"});
  router.add(http::Method::kDelete, "/v1/policies/{name}",
             [&controller](const http::Request& request, http::Responder responder) {
               remove(controller, request, std::move(responder));
             },
             {"wait_ms"});
}

}  // namespace superspan::api
