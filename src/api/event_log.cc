// SPDX-License-Identifier: Apache-2.0
#include "api/event_log.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "api/policy_json.h"

namespace superspan::api {
namespace {

std::string sse_text(const EventRecord& event) {
  const boost::json::object data{{"id", event.id},         {"time", time_text(event.time)}, {"type", event.type},
                                 {"policy", event.policy}, {"place", event.place},          {"text", event.text}};
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.id, event.type, boost::json::serialize(data));
}

std::uint64_t first_id(base::WallTime now) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count());
}

}  // namespace

EventLog::EventLog(const base::Clock& clock, std::function<void(const EventRecord&)> on_event)
    : clock_(clock), on_event_(std::move(on_event)), next_id_(first_id(clock.wall()) + 1) {}

void EventLog::add(std::string type, std::string policy, std::string place, std::string text) {
  events_.push_back({next_id_++, clock_.wall(), std::move(type), std::move(policy), std::move(place), std::move(text)});
  ++count_;
  if (events_.size() > kEventsMax) events_.pop_front();
  if (on_event_) on_event_(events_.back());
  if (!listeners_.empty()) send_all(sse_text(events_.back()));
}

void EventLog::subscribe(std::shared_ptr<http::ResponseStream> stream, std::optional<std::uint64_t> since) {
  std::string backlog = ": superspan events\n\n";
  if (since) {
    const std::uint64_t oldest = events_.empty() ? next_id_ : events_.front().id;
    if (*since != 0 && *since + 1 < oldest) {
      backlog += sse_text({oldest - 1, clock_.wall(), "events-lost", "", "", "older events were forgotten"});
    }
    for (const auto& event : events_) {
      if (event.id > *since) backlog += sse_text(event);
    }
    backlog += ": now\n\n";
  }
  if (stream->write(std::move(backlog))) listeners_.push_back(std::move(stream));
}

void EventLog::keep_alive() {
  if (!listeners_.empty()) send_all(": still here\n\n");
}

void EventLog::send_all(const std::string& text) {
  std::erase_if(listeners_, [&](const std::shared_ptr<http::ResponseStream>& stream) {
    if (stream->write(text)) return false;
    stream->abort();
    return true;
  });
}

}  // namespace superspan::api
