// SPDX-License-Identifier: Apache-2.0
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <ostream>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/event_stream.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/tcpdump_sink.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

using std::chrono::steady_clock;

// The controller says every 10 s that it is there.
constexpr std::chrono::seconds kSilence{30};

// "2026-11-21T10:00:00Z  policy-active  web  filter1  text", without what is empty.
std::string line_of(const json::value& event) {
  std::string text;
  for (const char* key : {"time", "type", "policy", "place", "text"}) {
    const std::string part = text_member(event, key);
    if (!part.empty()) text += (text.empty() ? "" : "  ") + part;
  }
  return printable(text);
}

void print(const Invocation& invocation, const std::string& data) {
  std::error_code error;
  const json::value event = json::parse(data, error);
  std::ostream& out = invocation.terminal.out;
  const std::string format = invocation.arguments.text("output").value_or("table");
  if (error) {
    out << printable(data) << "\n";
  } else if (format == "json") {
    out << json::serialize(event) << "\n";
  } else if (format == "yaml") {
    out << "---\n" << to_yaml(event);
  } else {
    out << line_of(event) << "\n";
  }
  out.flush();
}

base::Result<int> run(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const InterruptScope interrupts;
  const bool follow = invocation.arguments.given("follow");
  EventStream events;
  bool left = false;    // nobody wants more
  bool silent = false;  // not even keep-alives
  auto heard = steady_clock::now();
  const auto status = controller->stream("/v1/events?since=0", [&](base::BytesView chunk) {
    if (!chunk.empty()) heard = steady_clock::now();
    for (const std::string& data : events.feed(chunk)) print(invocation, data);
    silent = steady_clock::now() - heard > kSilence;
    left = InterruptScope::count() > 0 || !invocation.terminal.out.good() || nobody_reads(invocation.terminal.out_fd);
    return !left && !silent && (follow || !events.past_is_over());
  });
  if (!status) return std::unexpected(status.error());
  if (left || (follow ? !silent : events.past_is_over())) return 0;
  return base::fail(base::ErrorCode::kTimeout, "the controller's events broke off",
                    "what is printed is not all; `superspan doctor` looks for the reason", controller->endpoint());
}

}  // namespace

Command events_command() {
  return {.name = "events",
          .summary = "what has happened: switches, links, nodes, policies",
          .description =
              "Prints what the controller remembers of events, oldest first, one a line; with --follow also "
              "what happens from now on, until Ctrl-C. As JSON: one object a line.",
          .positional = {},
          .options = {{.flags = "-f,--follow", .value = "", .help = "go on with what happens from now on"}},
          .examples = {{"superspan events", "print past events"},
                       {"superspan events --follow -o json | jq 'select(.type | startswith(\"switch\"))'",
                        "wait for events of switches"}},
          .run = run};
}

}  // namespace superspan::cli
