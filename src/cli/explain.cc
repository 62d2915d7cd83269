// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/object.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/inventory_file.h"
#include "cli/print.h"
#include "policy/compile.h"

namespace superspan::cli {
namespace {

const std::vector<std::string> kStages{"ast", "resolved", "predicate", "rules", "residual", "split"};

// With --stage one stage alone, else all of them under headings.
base::Result<int> run(const Invocation& invocation) {
  const std::string expression = fmt::format("{}", fmt::join(invocation.arguments.positionals(), " "));
  const auto names = inventory_names(invocation);
  if (!names) return std::unexpected(names.error());
  const auto asked = invocation.arguments.text("stage");
  boost::json::object results{{"expression", expression}};
  std::string text;
  for (const std::string& name : asked ? std::vector{*asked} : kStages) {
    const auto stage = policy::parse_stage(name);
    if (!stage) return std::unexpected(stage.error());
    const auto result = policy::explain(expression, *stage, {.names = *names});
    if (!result) return std::unexpected(result.error());
    results[name] = *result;
    const std::string lines = result->empty() || result->ends_with('\n') ? *result : *result + "\n";
    text += asked ? lines : fmt::format("{}{}:\n{}", text.empty() ? "" : "\n", name, lines);
  }
  if (wants_table(invocation, results)) invocation.terminal.out << text;
  return 0;
}

}  // namespace

Command explain_command() {
  return {.name = "explain",
          .summary = "show what an expression becomes, stage by stage",
          .description =
              "Compiles EXPR here, without a controller, and shows what becomes of it: its syntax tree (ast), names "
              "resolved (resolved), tests on header fields (predicate), what switches match (rules), what is left "
              "for a node (residual), and which test runs where and why (split). A wrong expression is shown with the "
              "place and what to write instead.",
          .positional = {.name = "EXPR", .help = "pcap-filter expression; several words are joined", .most = kAny},
          .options = {{.flags = "--stage",
                       .value = "STAGE",
                       .help = "only ast, resolved, predicate, rules, residual or split",
                       .kind = Value::kChoice,
                       .choices = kStages},
                      inventory_option()},
          .examples = {{"superspan explain tcp port 80", "show all stages"},
                       {"superspan explain 'vlan 11 and vlan 12' --stage residual", "what a switch cannot match"},
                       {"superspan explain 'tcp[tcpflags] & tcp-rst != 0 and len > 100' --stage split",
                        "which test runs where, and why"}},
          .run = run};
}

}  // namespace superspan::cli
