// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/discovery.h"
#include "cli/machine.h"
#include "cli/print.h"
#include "http/token.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

Check failed(std::string name, const base::Error& error, const std::string& remedy) {
  return {std::move(name), Verdict::kFail, error.message, error.hint.empty() ? remedy : error.hint};
}

Check check_token(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    return {"token", Verdict::kFail, fmt::format("{} does not exist", file.string()),
            "start superspand or `superspan lab up`, or name it with --token-file"};
  }
  const auto token = http::read_token(file);
  if (token) return {"token", Verdict::kOk, file.string(), ""};
  return failed("token", token.error(), fmt::format("chmod 600 {}", file.string()));
}

Check judge_health(const json::value& health, const std::string& endpoint) {
  const std::string detail =
      fmt::format("{}, version {}, {} of {} switches and {} of {} nodes are there", endpoint,
                  text_member(health, "version"), count_member(health, "switches_synced"),
                  count_member(health, "switches"), count_member(health, "nodes_up"), count_member(health, "nodes"));
  if (text_member(health, "status") != "degraded") return {"controller", Verdict::kOk, detail, ""};
  return {"controller", Verdict::kWarn, detail,
          "see `superspan switches`, `superspan nodes`, and `superspan policy list` for failed policies"};
}

Check check_answer(const Invocation& invocation) {
  auto controller = Controller::connect(invocation);
  if (!controller) return failed("controller", controller.error(), "start superspand");
  const auto health = controller->get("/v1/health");
  if (health) return judge_health(*health, controller->endpoint());
  Check check = failed("controller", health.error(), "");
  // Not the usual hint, which would send the reader here.
  check.remedy = health.error().code == base::ErrorCode::kDenied
                     ? "the token is not this controller's; name the right one with --token-file"
                     : "start superspand or `superspan lab up`, or name the controller with --endpoint";
  check.detail = fmt::format("{}: {}", controller->endpoint(), check.detail);
  return check;
}

std::vector<Check> check_controller(const Invocation& invocation) {
  const auto found = discover(invocation);
  if (!found) return {failed("endpoint", found.error(), "")};
  std::vector<Check> checks{
      {"endpoint", Verdict::kOk, fmt::format("{} ({})", http::to_string(found->endpoint), found->endpoint_from), ""},
      check_token(found->token_file)};
  if (checks.back().verdict == Verdict::kOk) checks.push_back(check_answer(invocation));
  return checks;
}

std::string lines(std::span<const Check> checks, bool color) {
  std::string text;
  for (const Check& check : checks) {
    const char* paint = check.verdict == Verdict::kOk     ? "\x1b[32m"
                        : check.verdict == Verdict::kWarn ? "\x1b[33m"
                                                          : "\x1b[31m";
    text += fmt::format("{}{:<4}{}  {:<12}  {}\n", color ? paint : "", to_string(check.verdict), color ? "\x1b[0m" : "",
                        check.name, printable(check.detail));
    if (!check.remedy.empty()) text += fmt::format("{:20}-> {}\n", "", check.remedy);
  }
  return text;
}

base::Result<int> run(const Invocation& invocation) {
  std::vector<Check> checks = judge(look_at_machine());
  std::ranges::copy(check_controller(invocation), std::back_inserter(checks));
  json::array rows;
  for (const Check& check : checks) {
    rows.push_back(json::object{{"check", check.name},
                                {"verdict", to_string(check.verdict)},
                                {"detail", check.detail},
                                {"remedy", check.remedy}});
  }
  if (wants_table(invocation, rows)) invocation.terminal.out << lines(checks, invocation.terminal.color());
  const bool broken = std::ranges::any_of(checks, [](const Check& c) { return c.verdict == Verdict::kFail; });
  return broken ? 1 : 0;
}

}  // namespace

Command doctor_command() {
  return {.name = "doctor",
          .summary = "what works on this machine, and what to do about the rest",
          .description =
              "Looks at the kernel, Open vSwitch, DPDK drivers, AF_XDP, the clock, the token and the controller. Each "
              "line begins with ok, warn (something works less well, or only not here) or fail, and a remedy follows. "
              "Changes nothing. The exit code is 1 if something fails.",
          .positional = {},
          .options = {},
          .examples = {{"superspan doctor", "check everything"},
                       {"superspan doctor -o json | jq -r '.[] | select(.verdict != \"ok\") | .remedy'",
                        "print the remedies only"}},
          .run = run};
}

}  // namespace superspan::cli
