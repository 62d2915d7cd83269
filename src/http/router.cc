// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <algorithm>
#include <cassert>
#include <utility>

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

}  // namespace

void Router::add(Method method, std::string_view pattern, Handler handler) {
  assert(pattern.starts_with('/'));
  assert(std::ranges::none_of(routes_, [&](const Route& r) { return r.method == method && r.pattern == pattern; }));
  routes_.push_back({method, std::string(pattern), split(pattern), std::move(handler)});
}

void Router::add_simple(Method method, std::string_view pattern, SimpleHandler handler) {
  add(method, pattern, [handler = std::move(handler)](const Request& request, Responder responder) {
    responder.reply(handler(request));
  });
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
  for (std::size_t at = 0; at < path.size(); ++at) {
    const std::string_view name = best->segments[at];
    if (is_parameter(name)) request.parameters.emplace_back(name.substr(1, name.size() - 2), std::move(path[at]));
  }
  best->handler(std::move(request), std::move(responder));
}

std::vector<Router::RouteName> Router::routes() const {
  std::vector<RouteName> names;
  names.reserve(routes_.size());
  for (const auto& route : routes_) names.push_back({route.method, route.pattern});
  return names;
}

}  // namespace superspan::http
