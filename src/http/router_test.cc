// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <gtest/gtest.h>

#include "http/test_server.h"

namespace superspan::http {
namespace {

Router named_routes() {
  Router router;
  for (const char* pattern :
       {"/", "/v1/policies", "/v1/policies/{name}", "/v1/policies/all", "/v1/{kind}/{name}/stats"}) {
    router.add_simple(Method::kGet, pattern, [pattern](const Request& request) {
      std::string body = pattern;
      for (const auto& [name, value] : request.parameters) body += " " + name + "=" + value;
      return Response{200, "text/plain", body, {}};
    });
  }
  return router;
}

TEST(Router, PicksTheMostLiteralRoute) {
  test::RunningServer server(named_routes());
  auto client = server.client();
  const std::vector<std::pair<std::string, std::string>> table = {
      {"/", "/"},
      {"/v1/policies", "/v1/policies"},
      {"/v1/policies/web", "/v1/policies/{name} name=web"},
      {"/v1/policies/all", "/v1/policies/all"},
      {"/v1/policies/a%20b", "/v1/policies/{name} name=a b"},
      {"/v1/policies/web/stats", "/v1/{kind}/{name}/stats kind=policies name=web"},
  };
  for (const auto& [path, answer] : table) EXPECT_EQ(client.request(Method::kGet, path)->body, answer);
  for (const char* path : {"/v1", "/v1/policies/", "//", "/v1/policies/web/stats/more", "/v2/policies"}) {
    EXPECT_EQ(client.request(Method::kGet, path)->status, 404) << path;
  }
}

TEST(Router, AnArgumentThatTheRouteDoesNotKnowIsRefused) {
  Router router;
  router.add_simple(
      Method::kPost, "/apply",
      [](const Request& request) {
        return Response{
            200, "text/plain", "dry_run=" + std::string(request.argument("dry_run").value_or("absent")), {}};
      },
      {"dry_run", "wait_ms"});
  router.add_simple(Method::kGet, "/plain", [](const Request&) { return Response{}; });
  test::RunningServer server(std::move(router));
  auto client = server.client();
  EXPECT_EQ(client.request(Method::kPost, "/apply?wait_ms=1&dry_run=true")->body, "dry_run=true");
  struct Row {
    Method method;
    const char* target;
    const char* message;
    const char* hint;
  };
  for (const Row& row : std::vector<Row>{
           {Method::kPost, "/apply?dryrun=true", "the resource has no argument 'dryrun'", "did you mean 'dry_run'?"},
           {Method::kPost, "/apply?dry_run=true&Colour=red", "the resource has no argument 'Colour'",
            "it knows dry_run, wait_ms"},
           {Method::kPost, "/apply?dry_run=true&dry_run=false", "the argument 'dry_run' stands twice", "give it once"},
           {Method::kGet, "/plain?x=1", "the resource has no argument 'x'", "it takes none"}}) {
    const auto refused = client.request(row.method, row.target);
    EXPECT_EQ(refused->status, 400) << row.target;
    EXPECT_EQ(error_of(*refused).message, row.message);
    EXPECT_EQ(error_of(*refused).hint, row.hint);
  }
}

TEST(Router, ListsItsRoutes) {
  EXPECT_EQ(named_routes().routes().size(), 5U);
  EXPECT_EQ(named_routes().routes()[1], (Router::RouteName{Method::kGet, "/v1/policies", {}}));
}

}  // namespace
}  // namespace superspan::http
