// SPDX-License-Identifier: Apache-2.0
#include "offline/policytest/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

namespace superspan::offline::policytest {
namespace {

std::size_t failed_of(const std::vector<Outcome>& outcomes) {
  return static_cast<std::size_t>(
      std::ranges::count_if(outcomes, [](const Outcome& outcome) { return !outcome.passed(); }));
}

std::string counted(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string failure(const Outcome& outcome) {
  std::string text = fmt::format("  line {}: {}\n", outcome.line, outcome.statement);
  if (outcome.expected != outcome.got) {
    text += fmt::format("    expected  {}\n    got       {}\n", outcome.expected, outcome.got);
  }
  for (const std::string& difference : outcome.differences) text += fmt::format("    engines   {}\n", difference);
  if (outcome.differences_count > outcome.differences.size()) {
    text +=
        fmt::format("    engines   {} more such differences\n", outcome.differences_count - outcome.differences.size());
  }
  return text;
}

}  // namespace

Summary summary_of(const std::vector<FileReport>& reports) {
  Summary summary;
  for (const FileReport& report : reports) {
    summary.checks += report.outcomes.size();
    summary.failed += failed_of(report.outcomes);
    summary.unusable_files += report.error ? 1 : 0;
  }
  return summary;
}

std::string to_text(const FileReport& report) {
  if (report.error) return base::render(*report.error) + "\n";
  const std::size_t failed = failed_of(report.outcomes);
  std::string text = fmt::format("{}: {}, {}\n", report.file, counted(report.outcomes.size(), "check"),
                                 failed == 0 ? "all as expected" : fmt::format("{} failed", failed));
  for (const Outcome& outcome : report.outcomes) {
    if (!outcome.passed()) text += failure(outcome);
  }
  return text;
}

std::string to_text(const Summary& summary, std::size_t files) {
  std::string text = fmt::format("{}, {}: ", counted(files, "file"), counted(summary.checks, "check"));
  if (summary.failed == 0 && summary.unusable_files == 0) return text + "all as expected\n";
  if (summary.failed > 0) text += fmt::format("{} failed", summary.failed);
  if (summary.unusable_files > 0) {
    text +=
        fmt::format("{}{} could not be run", summary.failed > 0 ? ", " : "", counted(summary.unusable_files, "file"));
  }
  return text + "\n";
}

boost::json::object to_json(const std::vector<FileReport>& reports) {
  boost::json::array files;
  for (const FileReport& report : reports) {
    boost::json::array checks;
    for (const Outcome& outcome : report.outcomes) {
      boost::json::array differences(outcome.differences.begin(), outcome.differences.end());
      checks.push_back({{"line", outcome.line},
                        {"statement", outcome.statement},
                        {"passed", outcome.passed()},
                        {"expected", outcome.expected},
                        {"got", outcome.got},
                        {"engine_differences", outcome.differences_count},
                        {"differences", std::move(differences)}});
    }
    boost::json::object file{{"file", report.file}, {"checks", std::move(checks)}};
    if (report.error) file["error"] = base::render(*report.error);
    files.push_back(std::move(file));
  }
  const Summary summary = summary_of(reports);
  return {{"checks", summary.checks},
          {"failed", summary.failed},
          {"unusable_files", summary.unusable_files},
          {"files", std::move(files)}};
}

}  // namespace superspan::offline::policytest
