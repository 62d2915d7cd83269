// SPDX-License-Identifier: Apache-2.0
// Walks every path and method of openapi.yaml against the server: a route without a row fails, and so does a row
// without a route.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "api/testing.h"

namespace superspan::api {
namespace {

using http::Method;
using testing::RunningController;

struct Row {
  Method method;
  std::string pattern;
  std::string target;  // the pattern with names filled in
  bool has_body = false;
};

const std::map<std::string, Method> kMethods = {
    {"get", Method::kGet}, {"put", Method::kPut}, {"post", Method::kPost}, {"delete", Method::kDelete}};

std::string filled(std::string pattern) {
  for (auto begin = pattern.find('{'); begin != std::string::npos; begin = pattern.find('{')) {
    pattern.replace(begin, pattern.find('}') - begin + 1, "x");
  }
  return pattern;
}

std::vector<Row> rows() {
  std::vector<Row> rows;
  const YAML::Node document = YAML::LoadFile("src/api/openapi.yaml");
  for (const auto& path : document["paths"]) {
    const auto pattern = path.first.as<std::string>();
    for (const auto& [name, method] : kMethods) {
      const YAML::Node operation = path.second[name];
      if (operation) rows.push_back({method, pattern, filled(pattern), operation["requestBody"].IsDefined()});
    }
  }
  return rows;
}

class Openapi : public ::testing::Test {
 protected:
  RunningController controller_;
};

TEST_F(Openapi, DescribesExactlyTheRoutesOfTheServer) {
  std::set<std::pair<std::string, std::string>> described;
  std::set<std::pair<std::string, std::string>> served;
  for (const auto& row : rows()) described.emplace(row.pattern, to_string(row.method));
  for (const auto& route : controller_.router().routes()) served.emplace(route.pattern, to_string(route.method));
  EXPECT_EQ(described, served);
  EXPECT_GE(described.size(), 20U);
}

// The names of the `in: query` parameters; those of an operation follow those of its path.
std::set<std::string> arguments_of(const YAML::Node& document, const YAML::Node& parameters) {
  constexpr std::string_view kComponents = "#/components/parameters/";
  std::set<std::string> names;
  for (YAML::Node each : parameters) {
    if (const YAML::Node reference = each["$ref"]) {
      each.reset(document["components"]["parameters"][reference.as<std::string>().substr(kComponents.size())]);
    }
    if (each["in"].as<std::string>() == "query") names.insert(each["name"].as<std::string>());
  }
  return names;
}

TEST_F(Openapi, DescribesExactlyTheArgumentsOfEachRoute) {
  const YAML::Node document = YAML::LoadFile("src/api/openapi.yaml");
  std::size_t all = 0;
  for (const auto& route : controller_.router().routes()) {
    std::string method = to_string(route.method);
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return std::tolower(c); });
    const YAML::Node path = document["paths"][route.pattern];
    auto described = arguments_of(document, path["parameters"]);
    described.merge(arguments_of(document, path[method]["parameters"]));
    EXPECT_EQ(described, std::set<std::string>(route.arguments.begin(), route.arguments.end()))
        << method << " " << route.pattern;
    all += described.size();
  }
  EXPECT_GE(all, 9U);
}

TEST_F(Openapi, AMisspeltArgumentDoesNothing) {
  const auto answer = controller_.ask(Method::kPost, "/v1/policies:apply?dryrun=true",
                                      R"([{"name": "web", "expression": "ip", "tools": ["ids1"]}])");
  EXPECT_EQ(answer.status, 400) << answer.text;
  EXPECT_TRUE(answer.text.contains("did you mean 'dry_run'?")) << answer.text;
  EXPECT_EQ(controller_.get("/v1/policies/web").status, 404);
  for (const auto& row : rows()) {
    const auto refused = controller_.ask(row.method, row.target + "?no-such-argument=1", row.has_body ? "{}" : "");
    EXPECT_EQ(refused.status, 400) << to_string(row.method) << " " << row.target;
  }
}

TEST_F(Openapi, WithoutATokenEveryRouteIs401) {
  for (const auto& row : rows()) {
    for (const char* token : {"", "wrong-token-wrong-token"}) {
      const auto response = controller_.client(token).request(row.method, row.target, row.has_body ? "{}" : "");
      ASSERT_TRUE(response) << row.pattern;
      EXPECT_EQ(response->status, 401) << to_string(row.method) << " " << row.pattern;
      EXPECT_EQ(response->content_type, "application/problem+json");
    }
  }
}

TEST_F(Openapi, AnotherMethodIs405AndSaysWhichAreAllowed) {
  std::map<std::string, std::set<Method>> allowed;
  for (const auto& row : rows()) allowed[row.target].insert(row.method);
  for (const auto& [target, methods] : allowed) {
    for (const auto& [name, method] : kMethods) {
      if (methods.contains(method)) continue;
      const auto response = controller_.client().request(method, target);
      ASSERT_TRUE(response);
      EXPECT_EQ(response->status, 405) << name << " " << target;
      EXPECT_NE(response->header("allow").value_or("").find(to_string(*methods.begin())), std::string::npos);
    }
  }
}

TEST_F(Openapi, AWrongBodyIs400WithAHint) {
  const std::vector<std::string> bodies = {"",
                                           "[",
                                           "[]",
                                           "null",
                                           "{",
                                           R"({"no-such-key": 1})",
                                           R"({"expression": {}, "endpoint": []})",
                                           "\xff\xfe",
                                           std::string(1024 * 1024, '['),
                                           std::string(100'000, ' ')};
  int tried = 0;
  for (const auto& row : rows()) {
    if (!row.has_body) continue;
    for (const auto& body : bodies) {
      const auto answer = controller_.ask(row.method, row.target, body);
      EXPECT_EQ(answer.status, 400) << row.pattern << " " << body.substr(0, 40) << " " << answer.text;
      EXPECT_FALSE(answer.body.at("detail").as_string().empty());
      ++tried;
    }
  }
  EXPECT_EQ(tried, 40);
}

TEST_F(Openapi, EveryGetAnswersJsonOrItsOwnType) {
  for (const auto& row : rows()) {
    if (row.method != Method::kGet || row.pattern == "/v1/events") continue;
    const auto response = controller_.client().request(Method::kGet, row.target);
    ASSERT_TRUE(response) << row.pattern;
    if (row.pattern.find('{') != std::string::npos) {
      EXPECT_EQ(response->status, 404) << row.pattern;
    } else {
      EXPECT_EQ(response->status, 200) << row.pattern << " " << response->body;
    }
  }
}

}  // namespace
}  // namespace superspan::api
