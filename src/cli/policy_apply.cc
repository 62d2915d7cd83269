// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <ostream>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/documents.h"
#include "cli/policy_view.h"
#include "cli/print.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

namespace fs = std::filesystem;

base::Result<std::string> read_text(const std::string& file, Terminal& terminal) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(terminal.in), {});
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return base::fail(base::ErrorCode::kNotFound, fmt::format("cannot read {}", file),
                      "name a file or a directory, or - for standard input", "--file");
  }
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

// The file itself, or the policy files of a directory (not of those below it) in the order of their names.
base::Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code error;
  if (path == "-" || !fs::is_directory(path, error)) return std::vector{path};
  std::vector<std::string> files;
  for (fs::directory_iterator at(path, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string suffix = at->is_directory() ? "" : at->path().extension().string();
    if (suffix == ".yaml" || suffix == ".yml" || suffix == ".json") files.push_back(at->path());
  }
  if (error) {
    return base::fail(base::ErrorCode::kDenied, fmt::format("cannot read the directory {}: {}", path, error.message()),
                      "check its owner and mode", "--file");
  }
  if (files.empty()) {
    return base::fail(base::ErrorCode::kNotFound, fmt::format("no policy file is in the directory {}", path),
                      "their names end in .yaml, .yml or .json", "--file");
  }
  std::ranges::sort(files);
  return files;
}

base::Result<std::vector<PolicyDocument>> read_documents(const std::string& path, Terminal& terminal) {
  const auto files = files_of(path);
  if (!files) return std::unexpected(files.error());
  std::vector<PolicyDocument> all;
  for (const std::string& file : *files) {
    const auto text = read_text(file, terminal);
    if (!text) return std::unexpected(text.error());
    auto documents = read_policies(*text, file == "-" ? "standard input" : file, all);
    if (!documents) return std::unexpected(documents.error());
    std::ranges::move(*documents, std::back_inserter(all));
  }
  return all;
}

// The controller names the wrong value by its JSON pointer or, for an expression, by a mark in it.
base::Error placed(base::Error error, const PolicyDocument& document) {
  const std::string pointer = error.mark && !error.place.starts_with('/') ? "/expression" : error.place;
  const auto found = document.places.find(pointer);
  error.place = found != document.places.end() ? found->second : document.place;
  if (error.mark) error.place += ": expression";
  return error;
}

using Revisions = std::map<std::string, std::uint64_t>;

base::Result<Revisions> revisions(Controller& controller) {
  const auto answer = controller.get("/v1/policies");
  if (!answer) return std::unexpected(answer.error());
  const auto rows = rows_of(*answer);
  if (!rows) return std::unexpected(rows.error());
  Revisions known;
  for (const json::value& row : *rows) known[text_member(row, "name")] = count_member(row, "revision");
  return known;
}

std::string effect(const Revisions& before, const std::string& name, const json::value& after) {
  const auto known = before.find(name);
  if (known == before.end()) return "created";
  return known->second == count_member(after, "revision") ? "unchanged" : "changed";
}

base::Result<int> run(const Invocation& invocation) {
  const std::string file = invocation.arguments.text("file").value_or("");
  if (file.empty()) {
    return base::fail(base::ErrorCode::kInvalid, "--file is missing", "for example: superspan policy apply -f web.yaml",
                      "superspan policy apply");
  }
  const auto documents = read_documents(file, invocation.terminal);
  if (!documents) return std::unexpected(documents.error());
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  const auto before = revisions(*controller);
  if (!before) return std::unexpected(before.error());
  json::array applied;
  const bool lines = invocation.arguments.text("output").value_or("table") == "table";
  for (const PolicyDocument& document : *documents) {
    auto policy = controller->put(policy_target(document.name), document.policy);
    if (!policy) return std::unexpected(placed(policy.error(), document));
    if (lines) {
      invocation.terminal.out << fmt::format("policy {} {}\n", printable(document.name),
                                             effect(*before, document.name, *policy));
    }
    print_policy_notes(*policy, false, invocation.terminal);
    applied.push_back(std::move(*policy));
  }
  if (!lines) static_cast<void>(wants_table(invocation, applied));
  return 0;
}

}  // namespace

Command policy_apply_command() {
  return {.name = "policy apply",
          .summary = "create or change policies from a file",
          .description =
              "Reads policies from a YAML or JSON file, one or many ('---' between them, or a list), or from all files "
              "*.yaml, *.yml and *.json of a directory, checks all of them, and then makes the controller have them "
              "so. Policies that are not in the file stay as they are. "
              "Applying the same file again changes nothing.\n"
              "\n"
              "  name: web                   # a-z 0-9 . _ -, required\n"
              "  expression: tcp port 443    # pcap-filter, required\n"
              "  taps: [leaf1-spine1]        # default: any tap\n"
              "  tools: [t1, node1]          # tool ports and nodes; default: one node\n"
              "  record: true                # nodes write files\n"
              "  stream: false               # nodes keep packets for a live stream\n"
              "  limits: {duration_s: 900, packets: 0, bytes: 0}   # 0: none\n"
              "  owner: alice\n"
              "  reason: slow checkout\n"
              "  ticket: OPS-17\n"
              "  snaplen: 0                  # bytes kept of each packet; 0: all\n",
          .positional = {},
          .options = {{.flags = "-f,--file",
                       .value = "FILE",
                       .help = "file or directory with policies; - is standard input",
                       .kind = Value::kFile}},
          .examples = {{"superspan policy apply -f web.yaml", "create or change the policies of web.yaml"},
                       {"superspan policy show web -o yaml | sed s/443/8443/ | superspan policy apply -f -",
                        "change the port of a policy"},
                       {"echo '{\"name\": \"dns\", \"expression\": \"udp port 53\"}' | superspan policy apply -f -",
                        "create a policy from JSON"}},
          .run = run};
}

}  // namespace superspan::cli
