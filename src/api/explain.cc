// SPDX-License-Identifier: Apache-2.0
#include <expected>
#include <memory>
#include <utility>

#include "api/json_reader.h"
#include "api/respond.h"
#include "api/routes.h"
#include "http/problem.h"
#include "policy/compile.h"

namespace superspan::api {
namespace {

constexpr std::size_t kExpressionBytes = 65'536;

struct Question {
  std::string expression;
  std::string stage_name;
  policy::Stage stage = policy::Stage::kRules;
};

std::expected<Question, std::vector<base::Error>> parse_question(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::unexpected(std::vector{object.error()});
  std::vector<base::Error> errors;
  JsonReader reader(*object, "", errors);
  Question question;
  reader.require("expression");
  question.expression = reader.text("expression", kExpressionBytes);
  question.stage_name = reader.text("stage", 64);
  reader.finish();
  if (!errors.empty()) return std::unexpected(std::move(errors));
  if (question.stage_name.empty()) question.stage_name = "rules";
  const auto stage = policy::parse_stage(question.stage_name);
  if (stage) {
    question.stage = *stage;
    return question;
  }
  errors.push_back(stage.error());
  errors.back().code = base::ErrorCode::kInvalid;
  errors.back().place = "/stage";
  return std::unexpected(std::move(errors));
}

http::Response answer(const Question& question, const policy::CompileOptions& options) {
  auto text = policy::explain(question.expression, question.stage, options);
  if (!text) {
    text.error().place = "/expression";
    return http::problem(text.error());
  }
  return json_response(
      boost::json::object{{"expression", question.expression}, {"stage", question.stage_name}, {"text", *text}});
}

void explain(Controller& controller, const http::Request& request, http::Responder responder) {
  auto question = parse_question(request.body);
  if (!question) return responder.reply(http::problem(question.error()));
  struct Work {
    Question question;
    http::Response response;
    http::Responder responder;
  };
  auto work = std::make_shared<Work>(Work{std::move(*question), {}, std::move(responder)});
  const auto queued = controller.run_aside(
      [work, options = controller.compile_options()] { work->response = answer(work->question, options); },
      [work] { work->responder.reply(std::move(work->response)); });
  if (!queued) work->responder.reply(http::problem(queued.error()));
}

}  // namespace

void add_explain(http::Router& router, Controller& controller) {
  router.add(http::Method::kPost, "/v1/explain",
             [&controller](const http::Request& request, http::Responder responder) {
               explain(controller, request, std::move(responder));
             });
}

}  // namespace superspan::api
