// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <utility>

#include "api/json_reader.h"
#include "api/respond.h"
#include "api/routes.h"
#include "http/problem.h"

namespace superspan::api {
namespace {

// Holds the whole backlog and what happens while a reader is slow for a moment.
constexpr std::size_t kQueueBytes = 4 * 1024 * 1024;

// Of a header that a client got from us; anything else in it counts as absent.
std::optional<std::uint64_t> last_event_id(const http::Request& request) {
  const auto text = request.header("last-event-id");
  std::uint64_t id = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), id);
  return error == std::errc{} && end == text->data() + text->size() ? std::optional(id) : std::nullopt;
}

void stream(EventLog& events, const http::Request& request, http::Responder responder) {
  std::optional<std::uint64_t> since = last_event_id(request);
  if (request.argument("since")) {
    const auto given = number_argument(request, "since", kJsonIntegerMax, 0);
    if (!given) return responder.reply(http::problem(given.error()));
    since = *given;
  }
  http::StreamHead head;
  head.content_type = "text/event-stream";
  head.queue_bytes = kQueueBytes;
  if (auto opened = responder.stream(std::move(head))) events.subscribe(std::move(opened), since);
}

}  // namespace

void add_events(http::Router& router, Controller& controller) {
  router.add(http::Method::kGet, "/v1/events",
             [&controller](const http::Request& request, http::Responder responder) {
               stream(controller.events(), request, std::move(responder));
             },
             {"since"});
}

}  // namespace superspan::api
