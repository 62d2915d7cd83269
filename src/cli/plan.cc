// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/commands.h"
#include "cli/policy_files.h"
#include "cli/print.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

const std::array kSwitchColumns = {Column{"SWITCH", "switch"}, Column{"FLOWS", "flows", Column::As::kNumber},
                                   Column{"NEW", "added", Column::As::kNumber},
                                   Column{"CHANGED", "changed", Column::As::kNumber},
                                   Column{"REMOVED", "removed", Column::As::kNumber}};
const std::array kTableColumns = {Column{"SWITCH", "switch"},
                                  Column{"TABLE", "table"},
                                  Column{"FLOWS", "flows", Column::As::kNumber},
                                  Column{"NEW", "added", Column::As::kNumber},
                                  Column{"CHANGED", "changed", Column::As::kNumber},
                                  Column{"REMOVED", "removed", Column::As::kNumber}};
const std::array kLinkColumns = {Column{"COPIES LEAVE", "from"}, Column{"TO", "to"}, Column{"POLICIES", "policies"}};

json::array list_of(const json::value& answer, std::string_view path) {
  const json::value* list = member(answer, path);
  return list != nullptr && list->is_array() ? list->get_array() : json::array{};
}

json::array tables_of(const json::array& switches) {
  json::array tables;
  for (const json::value& at : switches) {
    for (json::value& table : list_of(at, "tables")) {
      json::object row = table.is_object() ? table.get_object() : json::object{};
      row["switch"] = text_member(at, "switch");
      tables.push_back(std::move(row));
    }
  }
  return tables;
}

// Which part of each policy runs where.
void print_places(const json::value& answer, std::ostream& out) {
  out << "\n";
  for (const json::value& one : list_of(answer, "policies")) {
    const std::string residual = text_member(one, "policy.residual");
    out << fmt::format("{}: {}\n", printable(text_member(one, "name")),
                       residual.empty() ? "switches decide it"
                                        : "switches take what may match, nodes then keep: " + printable(residual));
    for (const json::value& text : list_of(one, "policy.overmatches")) {
      if (text.is_string()) out << "  tool ports also get " << printable(text.get_string()) << "\n";
    }
  }
}

base::Result<int> run(const Invocation& invocation) {
  const bool diff = invocation.arguments.given("diff");
  const auto answer = post_policy_files(invocation, "plan",
                                        std::string("/v1/policies:apply?dry_run=true") + (diff ? "&diff=true" : ""));
  if (!answer) return std::unexpected(answer.error());
  if (!wants_table(invocation, *answer)) return 0;
  print_effects(*answer, true, invocation.terminal);
  std::ostream& out = invocation.terminal.out;
  print_places(*answer, out);
  const bool color = invocation.terminal.color();
  const json::array switches = list_of(*answer, "plan.switches");
  out << "\n" << table(switches, kSwitchColumns, color);
  if (invocation.arguments.given("tables")) out << "\n" << table(tables_of(switches), kTableColumns, color);
  if (const json::array links = list_of(*answer, "plan.links"); !links.empty()) {
    out << "\n" << table(links, kLinkColumns, color);
  }
  if (const json::array lines = list_of(*answer, "diff"); !lines.empty()) out << "\n";
  for (const json::value& line : list_of(*answer, "diff")) {
    out << fmt::format("{} {} {}\n", text_member(line, "change"), printable(text_member(line, "switch")),
                       printable(text_member(line, "flow")));
  }
  for (const json::value& warning : list_of(*answer, "plan.warnings")) {
    invocation.terminal.err << fmt::format("warning: policy {}: {}\n", printable(text_member(warning, "policy")),
                                           printable(text_member(warning, "text")));
  }
  return 0;
}

}  // namespace

Command plan_command() {
  return {.name = "plan",
          .summary = "say what policies would need and change, before anything is installed",
          .description =
              "Reads policies as `superspan policy apply` does, has the controller check them together with "
              "those in force, and says what applying them would do: which part of each expression runs "
              "where, the flows of each switch, and the links that copies take. Nothing is changed. With "
              "--diff it lists every flow: + new, ~ with other actions, - removed; `policy apply` then does "
              "exactly that.\n",
          .positional = {},
          .options = {{.flags = "-f,--file",
                       .value = "FILE",
                       .help = "file or directory with policies; - is standard input",
                       .kind = Value::kFile},
                      {.flags = "-t,--tables", .value = "", .help = "the flows of each table, too"},
                      {.flags = "-d,--diff", .value = "", .help = "list the flows that come, change and go"}},
          .examples = {{"superspan plan -f web.yaml", "what would applying web.yaml do?"},
                       {"superspan plan -f web.yaml --diff", "with every flow"}},
          .run = run};
}

}  // namespace superspan::cli
