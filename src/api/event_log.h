// SPDX-License-Identifier: Apache-2.0
// What has happened lately, and those who listen. Ids grow, also over restarts (they begin at the wall clock's
// microseconds), so that a client can resume behind the last one that it saw. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/stream.h"

namespace superspan::api {

inline constexpr std::size_t kEventsMax = 4096;

struct EventRecord {
  std::uint64_t id = 0;
  base::WallTime time;
  std::string type;    // "policy-active"
  std::string policy;  // name, or empty
  std::string place;   // switch or node, or empty
  std::string text;
};

class EventLog {
 public:
  // `on_event` is told of each event, for the process's own log; may be empty.
  EventLog(const base::Clock& clock, std::function<void(const EventRecord&)> on_event);

  void add(std::string type, std::string policy = {}, std::string place = {}, std::string text = {});

  // Sends what came after `since` and the comment "now" (nothing: neither), then every new event. A listener whose
  // queue is full is cut off; it can resume.
  void subscribe(std::shared_ptr<http::ResponseStream> stream, std::optional<std::uint64_t> since);
  // A comment line to every listener, so that dead connections are noticed. The caller decides how often.
  void keep_alive();

  [[nodiscard]] const std::deque<EventRecord>& events() const { return events_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }  // ever
  [[nodiscard]] std::size_t listeners() const { return listeners_.size(); }

 private:
  void send_all(const std::string& text);
  const base::Clock& clock_;
  std::function<void(const EventRecord&)> on_event_;
  std::deque<EventRecord> events_;
  std::vector<std::shared_ptr<http::ResponseStream>> listeners_;
  std::uint64_t next_id_;
  std::uint64_t count_ = 0;
};

}  // namespace superspan::api
