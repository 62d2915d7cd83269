// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/nearest.h"
#include "http/problem.h"

namespace superspan::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  return std::ranges::equal(pattern, path, [](const std::string& wanted, const std::string& given) {
    return is_parameter(wanted) ? !given.empty() : wanted == given;
  });
}

Response not_found(const std::string& path) {
  return problem({base::ErrorCode::kNotFound, "no resource '" + path + "'", "see src/api/openapi.yaml for what exists",
                  "", std::nullopt});
}

Response wrong_method(const std::string& method, const std::string& allowed) {
  Response response = problem(
      405, {base::ErrorCode::kInvalid, "the resource has no method " + method, "use " + allowed, "", std::nullopt});
  response.headers.emplace_back("Allow", allowed);
  return response;
}

base::Status check_arguments(const Fields& query, const std::vector<std::string>& known) {
  for (auto argument = query.begin(); argument != query.end(); ++argument) {
    const std::string& name = argument->first;
    if (std::ranges::find(known, name) == known.end()) {
      std::string hint = base::did_you_mean(name, known);
      if (hint.empty()) {
        hint = known.empty() ? "it takes none" : fmt::format("it knows {}", fmt::join(known, ", "));
      }
      return base::fail(base::ErrorCode::kInvalid, fmt::format("the resource has no argument '{}'", name), hint, name);
    }
    if (std::find_if(query.begin(), argument, [&](const auto& earlier) { return earlier.first == name; }) != argument) {
      return base::fail(base::ErrorCode::kInvalid, fmt::format("the argument '{}' stands twice", name), "give it once",
                        name);
    }
  }
  return {};
}

}  // namespace

void Router::add(Method method, std::string_view pattern, Handler handler, std::vector<std::string> arguments) {
  assert(pattern.starts_with('/'));
  assert(std::ranges::none_of(routes_, [&](const Route& r) { return r.method == method && r.pattern == pattern; }));
  routes_.push_back({method, std::string(pattern), split(pattern), std::move(handler), std::move(arguments)});
}

void Router::add_simple(Method method, std::string_view pattern, SimpleHandler handler,
                        std::vector<std::string> arguments) {
  add(
      method, pattern,
      [handler = std::move(handler)](const Request& request, Responder responder) {
        responder.reply(handler(request));
      },
      std::move(arguments));
}

// At the first segment where they differ in kind, the literal one wins.
bool Router::better(const Route& left, const Route& right) const {
  for (std::size_t at = 0; at < left.segments.size(); ++at) {
    const bool left_literal = !is_parameter(left.segments[at]);
    if (left_literal != !is_parameter(right.segments[at])) return left_literal;
  }
  return false;
}

void Router::handle(Request request, Responder responder) const {
  std::vector<std::string> path = split(request.path);
  for (auto& segment : path) {
    auto decoded = percent_decode(segment);
    if (!decoded) return responder.reply(problem(decoded.error()));
    segment = std::move(*decoded);
  }
  const Route* best = nullptr;
  std::string allowed;
  for (const Route& route : routes_) {
    if (!matches(route.segments, path)) continue;
    if (route.method != request.method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(route.method));
    } else if (best == nullptr || better(route, *best)) {
      best = &route;
    }
  }
  if (best == nullptr) {
    return responder.reply(allowed.empty() ? not_found(request.path) : wrong_method(request.method_name, allowed));
  }
  if (auto known = check_arguments(request.query, best->arguments); !known) {
    return responder.reply(problem(known.error()));
  }
  for (std::size_t at = 0; at < path.size(); ++at) {
    const std::string_view name = best->segments[at];
    if (is_parameter(name)) request.parameters.emplace_back(name.substr(1, name.size() - 2), std::move(path[at]));
  }
  best->handler(std::move(request), std::move(responder));
}

std::vector<Router::RouteName> Router::routes() const {
  std::vector<RouteName> names;
  names.reserve(routes_.size());
  for (const auto& route : routes_) names.push_back({route.method, route.pattern, route.arguments});
  return names;
}

}  // namespace superspan::http
