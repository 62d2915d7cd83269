// SPDX-License-Identifier: Apache-2.0
// From (method, path) to a handler. A pattern is a path whose segments are literal or `{name}`; a literal segment wins
// over a {name}. Unknown path: 404, known path with another method: 405 with `Allow`, both as problem+json.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace superspan::http {

// A handler that has its answer at once.
using SimpleHandler = std::function<Response(const Request&)>;

class Router {
 public:
  // `pattern` begins with '/'. Adding the same (method, pattern) twice is a bug (asserted). `arguments` are the names
  // that the query may have, each once; any other is answered with 400, for what it asked for would not be done.
  void add(Method method, std::string_view pattern, Handler handler, std::vector<std::string> arguments = {});
  void add_simple(Method method, std::string_view pattern, SimpleHandler handler,
                  std::vector<std::string> arguments = {});

  // Fills request.parameters and calls the handler of the route.
  void handle(Request request, Responder responder) const;

  struct RouteName {
    Method method;
    std::string pattern;
    std::vector<std::string> arguments;
    friend bool operator==(const RouteName&, const RouteName&) = default;
  };
  // In the order added.
  [[nodiscard]] std::vector<RouteName> routes() const;

 private:
  struct Route {
    Method method;
    std::string pattern;
    std::vector<std::string> segments;
    Handler handler;
    std::vector<std::string> arguments;
  };
  [[nodiscard]] bool better(const Route& left, const Route& right) const;
  std::vector<Route> routes_;
};

}  // namespace superspan::http
