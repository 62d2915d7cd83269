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
      {"/v1/policies/web?x=1", "/v1/policies/{name} name=web"},
  };
  for (const auto& [path, answer] : table) EXPECT_EQ(client.request(Method::kGet, path)->body, answer);
  for (const char* path : {"/v1", "/v1/policies/", "//", "/v1/policies/web/stats/more", "/v2/policies"}) {
    EXPECT_EQ(client.request(Method::kGet, path)->status, 404) << path;
  }
}

TEST(Router, ListsItsRoutes) {
  EXPECT_EQ(named_routes().routes().size(), 5U);
  EXPECT_EQ(named_routes().routes()[1], (Router::RouteName{Method::kGet, "/v1/policies"}));
}

}  // namespace
}  // namespace superspan::http
