// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <ostream>

#include "base/text.h"
#include "cli/controller.h"
#include "cli/documents.h"
#include "cli/policy_view.h"
#include "cli/print.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

namespace fs = std::filesystem;

base::Result<std::string> read_text(const std::string& file, Terminal& terminal) {
  if (file == "-") return base::read_text(terminal.in, kPolicyFileBytesMax);
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return base::fail(base::ErrorCode::kNotFound, fmt::format("cannot read {}", file),
                      "name a file or a directory, or - for standard input", "--file");
  }
  return base::read_text(stream, kPolicyFileBytesMax);
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

// Splits "/policies/3/expression" of what was sent; nothing if it is about no single document.
struct Pointer {
  const PolicyDocument* document;
  std::string inside;  // "/expression"
};
std::optional<Pointer> parse_pointer(std::string_view pointer, std::span<const PolicyDocument> documents) {
  constexpr std::string_view kList = "/policies/";
  if (!pointer.starts_with(kList)) return std::nullopt;
  pointer.remove_prefix(kList.size());
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(pointer.data(), pointer.data() + pointer.size(), index);
  if (error != std::errc{} || index >= documents.size()) return std::nullopt;
  return Pointer{&documents[index], std::string(end, pointer.data() + pointer.size())};
}

// The controller names the wrong value by its JSON pointer; people want the line of the file.
base::Error placed(base::Error error, std::span<const PolicyDocument> documents) {
  const auto pointer = parse_pointer(error.place, documents);
  if (!pointer) return error;
  const auto found = pointer->document->places.find(pointer->inside);
  error.place = found != pointer->document->places.end() ? found->second : pointer->document->place;
  if (error.mark) error.place += ": expression";
  return error;
}

// Prints all but the last, which is returned; the first one decides the exit code.
base::Error report(const Controller::Errors& errors, std::span<const PolicyDocument> documents, Terminal& terminal) {
  for (std::size_t index = 0; index + 1 < errors.size(); ++index) {
    terminal.err << base::render(placed(errors[index], documents)) << "\n";
  }
  base::Error last = placed(errors.back(), documents);
  last.code = errors.front().code;
  return last;
}

}  // namespace

base::Result<json::value> post_policy_files(const Invocation& invocation, const std::string& command,
                                            const std::string& target) {
  const std::string file = invocation.arguments.text("file").value_or("");
  if (file.empty()) {
    return base::fail(base::ErrorCode::kInvalid, "--file is missing",
                      fmt::format("for example: superspan {} -f web.yaml", command), "superspan " + command);
  }
  const auto documents = read_documents(file, invocation.terminal);
  if (!documents) return std::unexpected(documents.error());
  auto controller = Controller::connect(invocation);
  if (!controller) return std::unexpected(controller.error());
  json::array policies;
  for (const PolicyDocument& document : *documents) policies.push_back(document.policy);
  const auto answer = controller->post_all(target, json::object{{"policies", std::move(policies)}});
  if (!answer) return std::unexpected(report(answer.error(), *documents, invocation.terminal));
  return *answer;
}

void print_effects(const json::value& answer, bool dry_run, Terminal& terminal) {
  const json::value* list = member(answer, "policies");
  if (list == nullptr || !list->is_array()) return;
  const json::array& policies = list->get_array();
  std::map<std::string, std::size_t> counts;
  for (const json::value& policy : policies) {
    const std::string effect = text_member(policy, "effect");
    ++counts[effect];
    terminal.out << fmt::format("policy {} {}{}\n", printable(text_member(policy, "name")), dry_run ? "would be " : "",
                                effect);
    const json::value* shown = member(policy, "policy");
    if (shown != nullptr && !dry_run) print_policy_notes(*shown, false, terminal);
  }
  if (policies.size() < 2) return;
  terminal.out << fmt::format("{} policies: {} created, {} changed, {} unchanged{}\n", policies.size(),
                              counts["created"], counts["changed"], counts["unchanged"],
                              dry_run ? " (nothing was done)" : "");
}

}  // namespace superspan::cli
