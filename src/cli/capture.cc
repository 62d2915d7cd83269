// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <chrono>
#include <ostream>

#include "base/nearest.h"
#include "cli/capture_request.h"
#include "cli/capture_run.h"
#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/interrupt.h"
#include "cli/packet_sink.h"
#include "cli/policy_view.h"
#include "cli/print.h"
#include "cli/units.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

base::Result<std::vector<std::string>> names_of(Controller& controller, std::string_view target) {
  const auto answer = controller.get(target);
  if (!answer) return std::unexpected(answer.error());
  const auto rows = rows_of(*answer);
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> names;
  for (const json::value& row : *rows) names.push_back(text_member(row, "name"));
  return names;
}

// A capture removes its policy at the end, so it must not be somebody else's. Looked at early, so that no file is
// touched in vain; create() makes sure.
base::Status must_be_new(Controller& controller, const std::string& name) {
  const auto answer = controller.get(policy_target(name));
  if (!answer && answer.error().code == base::ErrorCode::kNotFound) return {};
  if (!answer) return std::unexpected(answer.error());
  return base::fail(base::ErrorCode::kConflict, fmt::format("a policy '{}' exists already", name),
                    "choose another --name, or leave it away", "--name");
}

// Taps, tools and nodes are looked up before a file is touched for nothing.
base::Status must_exist(const std::vector<std::string>& given, const std::vector<std::string>& known,
                        std::string_view noun, std::string_view lists, const std::string& option) {
  const auto unknown = std::ranges::find_if(
      given, [&known](const std::string& name) { return std::ranges::find(known, name) == known.end(); });
  if (unknown == given.end()) return {};
  const std::string close = base::did_you_mean(*unknown, known);
  return base::fail(base::ErrorCode::kNotFound, fmt::format("the fabric has no {} '{}'", noun, *unknown),
                    close.empty() ? fmt::format("{} them", lists) : close, option);
}

base::Status taps_must_exist(Controller& controller, const std::vector<std::string>& taps) {
  if (taps.empty()) return {};
  const auto known = names_of(controller, "/v1/taps");
  if (!known) return std::unexpected(known.error());
  return must_exist(taps, *known, "tap", "`superspan taps` lists", "--from");
}

base::Status tools_must_exist(Controller& controller, const std::vector<std::string>& tools,
                              const std::vector<std::string>& nodes) {
  if (tools.empty()) return {};
  auto known = names_of(controller, "/v1/tools");
  if (!known) return std::unexpected(known.error());
  known->insert(known->end(), nodes.begin(), nodes.end());
  return must_exist(tools, *known, "tool or node", "`superspan tools` and `superspan nodes` list", "--to");
}

std::string announcement(const CaptureRequest& request) {
  return fmt::format("capturing as {} on {}, for {} at most; Ctrl-C ends it", request.name,
                     request.taps.empty() ? "any tap" : fmt::format("{}", fmt::join(request.taps, ", ")),
                     format_duration(request.duration));
}

// The controller names the member of the policy that is wrong; here that is an option.
std::string option_of(const std::string& pointer) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kOptions{
      {{"/expression", "expression"},
       {"/taps", "--from"},
       {"/tools", "--to"},
       {"/limits/duration_s", "--duration"},
       {"/limits/packets", "--count"},
       {"/snaplen", "--snaplen"},
       {"/name", "--name"},
       {"If-None-Match", "--name"},
       {"/reason", "--reason"},
       {"/ticket", "--ticket"}}};
  for (const auto& [member, option] : kOptions) {
    if (pointer.starts_with(member)) return std::string(option);
  }
  return pointer;
}

// `--from a b` leaves b in the expression, where it is no good.
void add_list_hint(const CaptureRun& run, base::Error& error) {
  if (!error.mark || (run.request.taps.empty() && run.request.tools.empty())) return;
  const std::string& text = error.mark->text;
  const std::size_t space = text.find_last_of(" \t", error.mark->begin);
  const std::size_t begin = space == std::string::npos ? 0 : space + 1;
  const std::string word = text.substr(begin, text.find_first_of(" \t", begin) - begin);
  for (const std::string_view kind : {"taps", "tools", "nodes"}) {
    const auto names = names_of(run.controller, fmt::format("/v1/{}", kind));
    if (!names || std::ranges::find(*names, word) == names->end()) continue;
    const bool tap = kind == "taps";
    const auto& given = tap ? run.request.taps : run.request.tools;
    error.hint = fmt::format("several {} are written with commas: {} {}{}{}", kind, tap ? "--from" : "--to",
                             fmt::join(given, ","), given.empty() ? "" : ",", word);
  }
}

constexpr std::chrono::milliseconds kAnswerWithin{5000};

base::Status create(CaptureRun& run) {
  // Not longer than the policy lives: what it waits for is told only while it lives.
  const auto wait = std::min(std::chrono::milliseconds(run.request.duration) / 2, kAnswerWithin);
  const std::string target = policy_target(run.request.name, fmt::format("?wait_ms={}", wait.count()));
  const auto policy = run.controller.create(target, policy_of(run.request));
  if (policy) {
    run.entity_tag = entity_tag_of(*policy);
    run.note(*policy);
    print_policy_notes(*policy, !run.request.stream, run.terminal);
    if (run.terminal.err_is_tty) run.terminal.err << announcement(run.request) << "\n" << std::flush;
    return {};
  }
  // Without an answer it may be in force all the same.
  const bool unknown =
      policy.error().code == base::ErrorCode::kTimeout || policy.error().code == base::ErrorCode::kUnavailable;
  base::Error error = policy.error();
  if (unknown) {
    const std::string remains = run.reclaim();
    error.hint += (error.hint.empty() || remains.empty() ? "" : "; ") + remains;
  }
  error.place = option_of(error.place);
  if (error.place == "expression") add_list_hint(run, error);
  return std::unexpected(error);
}

// False: other changes were in the way of the last look at the switches.
bool is_complete(const json::value& counters) {
  const json::value* complete = member(counters, "complete");
  return complete != nullptr && *complete == true;
}

base::Status follow(CaptureRun& run, PacketSink* sink) {
  CaptureTotals totals;
  base::Status status = sink != nullptr ? follow_stream(run, *sink, totals) : watch_counters(run, totals);
  const bool wanted = InterruptScope::count() == 0 && (sink == nullptr || !sink->reader_gone());
  if (sink != nullptr) {
    if (auto closed = sink->close(); status && !closed) status = closed;
  }
  auto removed = run.remove_policy();
  if (sink == nullptr && run.last_counters) totals = delivered(*run.last_counters);
  if (removed && run.unconfirmed) removed = not_confirmed(run.request.name, *run.unconfirmed);
  const bool all = sink != nullptr || !run.last_counters || is_complete(*run.last_counters);
  run.terminal.err << fmt::format("{}{} packets, {} bytes, {} dropped\n", all ? "" : "at least ", totals.packets,
                                  totals.bytes, totals.dropped);
  if (wanted && totals.packets == 0) status = run.in_vain(std::move(status));
  if (status) return removed;
  if (!removed) run.terminal.err << base::render(removed.error()) << "\n";
  return status;
}

base::Result<int> run(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const InterruptScope interrupts;
  std::vector<std::string> nodes;
  if (invocation.arguments.given("to")) {
    auto names = names_of(*controller, "/v1/nodes");
    if (!names) return std::unexpected(names.error());
    nodes = std::move(*names);
  }
  const auto taps = taps_must_exist(*controller, invocation.arguments.list("from"));
  if (!taps) return std::unexpected(taps.error());
  const auto tools = tools_must_exist(*controller, invocation.arguments.list("to"), nodes);
  if (!tools) return std::unexpected(tools.error());
  const auto request = capture_request(invocation, nodes);
  if (!request) return std::unexpected(request.error());
  if (invocation.arguments.given("name")) {
    if (auto status = must_be_new(*controller, request->name); !status) return std::unexpected(status.error());
  }
  std::unique_ptr<PacketSink> sink;
  if (request->stream) {
    auto opened = open_sink(request->target, invocation.terminal);
    if (!opened) return std::unexpected(opened.error());
    sink = std::move(*opened);
  }
  CaptureRun capture{.request = *request, .controller = *controller, .terminal = invocation.terminal};
  if (auto status = create(capture); !status) return std::unexpected(status.error());
  if (auto status = follow(capture, sink.get()); !status) return std::unexpected(status.error());
  return 0;
}

std::vector<Option> options() {
  return {
      {.flags = "--from",
       .value = "TAP",
       .help = "only packets of these taps: a,b or --from a --from b (default: any tap)",
       .kind = Value::kTap,
       .repeated = true},
      {.flags = "--to",
       .value = "TOOL",
       .help = "tool ports or nodes that get the packets: a,b or --to a --to b (default: a node)",
       .kind = Value::kTool,
       .repeated = true},
      {.flags = "-w,--write",
       .value = "FILE",
       .help = "write pcapng into FILE; - is standard output",
       .kind = Value::kFile},
      {.flags = "-c,--count",
       .value = "N",
       .help = "end after N packets; tool ports get more, as their counters are read each second",
       .kind = Value::kCount},
      {.flags = "--duration",
       .value = "TIME",
       .help = "end after 10s, 5m, 2h (default: 15m)",
       .kind = Value::kDuration},
      {.flags = "-s,--snaplen",
       .value = "N",
       .help = "keep the first N bytes of each packet, at most 262144",
       .kind = Value::kSnaplen},
      {.flags = "--name", .value = "NAME", .help = "name of the policy (default: capture- and a random number)"},
      {.flags = "--reason", .value = "TEXT", .help = "why; written into the policy and the capture"},
      {.flags = "--ticket", .value = "TEXT", .help = "ticket that asked for it; written as well"},
  };
}

}  // namespace

Command capture_command() {
  return {
      .name = "capture",
      .summary = "copy packets out of the network, as tcpdump would see them",
      .description =
          "Finds every tap that EXPR's packets pass, copies exactly those packets through the fabric to a node, and "
          "streams them here: as lines on a terminal, else as pcapng. The capture ends after -c packets, after "
          "--duration, or on Ctrl-C, and always takes its policy away again, also when the reader of a pipe leaves.\n"
          "\n"
          "EXPR is a pcap-filter expression, quoted or not. At the end, packets, bytes and drops are told on standard "
          "error.",
      .positional = {.name = "EXPR", .help = "pcap-filter expression; several words are joined", .most = kAny},
      .options = options(),
      .examples =
          {
              {"superspan capture udp port 53", "show DNS packets of all taps, one a line, until Ctrl-C"},
              {"superspan capture 'udp port 53' -c 10 -w - | tshark -r -",
               "the first ten of them, dissected by tshark"},
              {"superspan capture tcp port 443 and host 10.1.3.2 --from leaf1-spine1,leaf1-spine2 -c 1000 -w "
               "web.pcapng",
               "the first 1000 HTTPS packets of a host on two taps, into a file; fewer if Ctrl-C ends it"},
              {"superspan capture vlan 100 --to t1 --duration 1h --ticket OPS-17",
               "send a VLAN to a tool port for an hour and watch the counters"},
          },
      .run = run};
}

}  // namespace superspan::cli
