// SPDX-License-Identifier: Apache-2.0
#include "node/api.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <utility>

#include "http/problem.h"
#include "node/status.h"

namespace superspan::node {
namespace {

http::Response json(const boost::json::object& object) {
  http::Response response;
  response.body = boost::json::serialize(object);
  return response;
}

// std::function wants copyable callables, and a Responder cannot be copied.
using SharedResponder = std::shared_ptr<http::Responder>;

void put_assignment(Node& node, ControlLoop& control, const http::Request& request, http::Responder responder,
                    const std::function<void(const Assignment&, const base::Status&)>& applied) {
  const std::shared_ptr<const Assignment> in_force = node.assignment();
  auto assignment = parse_assignment(request.body, in_force.get());
  if (!assignment) return responder.reply(http::problem(assignment.error()));
  const SharedResponder answer = std::make_shared<http::Responder>(std::move(responder));
  control.post([&node, applied, answer, assignment = std::move(*assignment)] {
    const base::Status status = node.apply(assignment);
    answer->reply(status ? json({{"applied", assignment.revision}}) : http::problem(status.error()));
    applied(assignment, status);
  });
}

void get_stream(Node& node, const http::Request& request, http::Responder responder) {
  const std::string policy(request.parameter("policy"));
  if (auto status = node.streams().can_attach(policy); !status) return responder.reply(http::problem(status.error()));
  http::StreamHead head;
  head.content_type = "application/x-pcapng";
  head.queue_bytes = kStreamQueueBytes;
  std::shared_ptr<http::ResponseStream> stream = responder.stream(std::move(head));
  if (!stream) return;
  if (!node.streams().attach(policy, stream)) stream->abort();  // ended, or taken, since we asked
}

http::Response get_health(const Node& node) {
  const NodeReport report = node.report();
  boost::json::array problems;
  for (const RecordThread::Problem& problem : report.problems) {
    problems.push_back({{"policy", problem.policy}, {"detail", problem.error.message}, {"hint", problem.error.hint}});
  }
  return json({{"status", problems.empty() ? "ok" : "degraded"},
               {"applied", report.applied},
               {"epoch", report.epoch},
               {"problems", std::move(problems)}});
}

}  // namespace

http::Router make_api(Node& node, ControlLoop& control,
                      std::function<void(const Assignment&, const base::Status&)> applied) {
  http::Router router;
  router.add(http::Method::kPut, "/v1/assignment",
             [&node, &control, applied = std::move(applied)](const http::Request& request, http::Responder responder) {
               put_assignment(node, control, request, std::move(responder), applied);
             });
  router.add(http::Method::kGet, "/v1/streams/{policy}",
             [&node](const http::Request& request, http::Responder responder) {
               get_stream(node, request, std::move(responder));
             });
  router.add_simple(http::Method::kGet, "/v1/counters",
                    [&node](const http::Request&) { return json(counters_json(node.report())); });
  router.add_simple(http::Method::kGet, "/v1/health", [&node](const http::Request&) { return get_health(node); });
  return router;
}

}  // namespace superspan::node
