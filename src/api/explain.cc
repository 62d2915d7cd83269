// SPDX-License-Identifier: Apache-2.0
#include "api/json_reader.h"
#include "api/respond.h"
#include "api/routes.h"
#include "http/problem.h"
#include "policy/compile.h"

namespace superspan::api {
namespace {

constexpr std::size_t kExpressionBytes = 65'536;

http::Response explain(const http::Request& request, const policy::CompileOptions& options) {
  const auto object = parse_object(request.body);
  if (!object) return http::problem(object.error());
  std::vector<base::Error> errors;
  JsonReader reader(*object, "", errors);
  reader.require("expression");
  const std::string expression = reader.text("expression", kExpressionBytes);
  std::string name = reader.text("stage", 64);
  reader.finish();
  if (!errors.empty()) return http::problem(errors);
  if (name.empty()) name = "rules";
  const auto stage = policy::parse_stage(name);
  if (!stage) {
    base::Error error = stage.error();
    error.code = base::ErrorCode::kInvalid;
    error.place = "/stage";
    return http::problem(error);
  }
  auto text = policy::explain(expression, *stage, options);
  if (!text) {
    text.error().place = "/expression";
    return http::problem(text.error());
  }
  return json_response(boost::json::object{{"expression", expression}, {"stage", name}, {"text", *text}});
}

}  // namespace

void add_explain(http::Router& router, Controller& controller) {
  // As a policy of this fabric would be compiled.
  router.add_simple(http::Method::kPost, "/v1/explain",
                    [options = fabric::compile_options(controller.topology())](const http::Request& request) {
                      return explain(request, options);
                    });
}

}  // namespace superspan::api
