// SPDX-License-Identifier: Apache-2.0
#include "cli/capture_request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <random>

namespace superspan::cli {
namespace json = boost::json;
namespace {

std::string fresh_name() {
  std::random_device random;
  return fmt::format("capture-{:06x}", random() & 0xffffff);
}

std::string owner_of(const Terminal& terminal) {
  for (const char* variable : {"SUDO_USER", "USER", "LOGNAME"}) {
    if (auto value = terminal.environment(variable); value && !value->empty()) return *value;
  }
  return "";
}

json::array array_of(std::span<const std::string> names) {
  json::array array;
  for (const std::string& name : names) array.emplace_back(name);
  return array;
}

}  // namespace

base::Result<CaptureRequest> capture_request(const Invocation& invocation, std::span<const std::string> node_names) {
  const Arguments& arguments = invocation.arguments;
  CaptureRequest request;
  request.name = arguments.text("name").value_or("");
  if (request.name.empty()) request.name = fresh_name();
  request.expression = fmt::format("{}", fmt::join(arguments.positionals(), " "));
  request.taps = arguments.list("from");
  request.tools = arguments.list("to");
  request.target = arguments.text("write").value_or("");
  request.duration = arguments.duration("duration").value_or(kCaptureDuration);
  request.packets = arguments.count("count").value_or(0);
  request.snaplen = arguments.count("snaplen").value_or(0);
  request.owner = owner_of(invocation.terminal);
  request.reason = arguments.text("reason").value_or("");
  request.ticket = arguments.text("ticket").value_or("");
  const auto is_node = [&](const std::string& tool) { return std::ranges::find(node_names, tool) != node_names.end(); };
  request.stream = request.tools.empty() || std::ranges::any_of(request.tools, is_node);
  if (!request.stream && !request.target.empty()) {
    return base::fail(base::ErrorCode::kInvalid, "the packets go to tool ports only, so there is nothing to write",
                      "leave -w away, or add a node to --to (see `superspan nodes`)", "--write");
  }
  return request;
}

json::value policy_of(const CaptureRequest& request) {
  return json::object{
      {"name", request.name},
      {"expression", request.expression},
      {"taps", array_of(request.taps)},
      {"tools", array_of(request.tools)},
      {"record", false},
      {"stream", request.stream},
      {"limits", json::object{{"duration_s", request.duration.count()}, {"packets", request.packets}, {"bytes", 0}}},
      {"owner", request.owner},
      {"reason", request.reason},
      {"ticket", request.ticket},
      {"snaplen", request.snaplen}};
}

}  // namespace superspan::cli
