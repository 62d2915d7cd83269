// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "cli/interrupt.h"
#include "cli/inventory_file.h"
#include "cli/print.h"
#include "offline/commands.h"
#include "offline/policytest/report.h"

namespace superspan::offline {
namespace {

namespace fs = std::filesystem;
using policytest::FileReport;

constexpr std::string_view kEnding = ".policytest";

bool stopped() {
  return cli::InterruptScope::count() > 0;
}

// The files that are meant: those named, and in folders, at any depth, those that end in .policytest, by name.
base::Result<std::vector<std::string>> files_of(const std::vector<std::string>& names) {
  std::vector<std::string> files;
  for (const std::string& name : names) {
    std::error_code error;
    if (!fs::is_directory(name, error)) {
      files.push_back(name);
      continue;
    }
    std::vector<std::string> found;
    for (auto entry = fs::recursive_directory_iterator(name, error); !error && entry != fs::end(entry);
         entry.increment(error)) {
      if (entry->path().native().ends_with(kEnding)) found.push_back(entry->path());
    }
    if (error) return base::fail(base::ErrorCode::kDenied, "cannot read it: " + error.message(), "", name);
    if (found.empty()) {
      return base::fail(base::ErrorCode::kInvalid, fmt::format("no file in this folder ends in {}", kEnding),
                        "name the files, or another folder", name);
    }
    std::ranges::sort(found);
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

base::Result<std::string> text_of(const std::string& file) {
  auto source = FileSource::open(file, stopped);
  if (!source)
    return std::unexpected(
        base::Error{source.error().code, source.error().message, "name a .policytest file or a folder", file, {}});
  std::string text;
  std::array<std::byte, 65'536> chunk{};
  while (text.size() <= policytest::kFileBytesMax) {
    const auto count = source->read(chunk);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) break;
    for (const std::byte byte : std::span(chunk).first(*count)) text.push_back(static_cast<char>(byte));
  }
  return text;
}

std::string shown(const std::string& file) {
  return file == "-" ? "standard input" : file;
}

base::Result<std::vector<policytest::Outcome>> outcomes_of(const std::string& file,
                                                           const std::shared_ptr<const policy::Names>& names) {
  const auto text = text_of(file);
  if (!text) return std::unexpected(text.error());
  const auto test = policytest::parse(*text, shown(file), names);
  if (!test) return std::unexpected(test.error());
  const auto open = [&](const std::string& path) -> base::Result<std::unique_ptr<ByteSource>> {
    auto source = FileSource::open(fs::path(file).parent_path() / path, stopped);
    if (!source) return std::unexpected(source.error());
    return std::make_unique<FileSource>(std::move(*source));
  };
  return policytest::run(*test, shown(file), open);
}

base::Result<int> run(const cli::Invocation& invocation) {
  const cli::InterruptScope interrupts;
  const auto files = files_of(invocation.arguments.positionals());
  if (!files) return std::unexpected(files.error());
  const auto names = cli::inventory_names(invocation);
  if (!names) return std::unexpected(names.error());
  std::vector<FileReport> reports;
  for (const std::string& file : *files) {
    if (stopped()) return base::fail(base::ErrorCode::kInternal, "stopped before the last file");
    auto outcomes = outcomes_of(file, *names);
    reports.push_back({.file = shown(file), .outcomes = {}, .error = {}});
    if (outcomes) {
      reports.back().outcomes = std::move(*outcomes);
    } else {
      reports.back().error = outcomes.error();
    }
  }
  const policytest::Summary summary = policytest::summary_of(reports);
  if (cli::wants_table(invocation, policytest::to_json(reports))) {
    for (const FileReport& report : reports) {
      (report.error ? invocation.terminal.err : invocation.terminal.out) << policytest::to_text(report) << std::flush;
    }
    invocation.terminal.out << policytest::to_text(summary, reports.size());
  }
  if (summary.unusable_files > 0) return base::exit_code(base::ErrorCode::kInvalid);
  return summary.failed > 0 ? 1 : 0;
}

}  // namespace

cli::Command test_command() {
  return {
      .name = "test",
      .summary = "check what policies do to packets, from text files",
      .description =
          "Runs policy tests: files that hold policies, packets in words or in captures, and what is expected. Every "
          "packet goes through the reference evaluator, libpcap and a simulated switch, which must agree with each "
          "other and with the file. No controller and no switch is needed. The format is described in "
          "docs/formats/policytest.md; a small file:\n"
          "\n"
          "  policy web: tcp port 443 or tcp port 80\n"
          "  policy dns: udp port 53\n"
          "  packet 10.0.0.1:1000 > 10.0.0.2:443 tcp         => web\n"
          "  packet vlan 12, 10.0.0.1 > 10.0.0.2:53 udp      => none\n"
          "  pcap captures/dns.pcap                          => dns 12 of 40\n"
          "\n"
          "The exit code is 0 if all is as expected, 1 if a check failed, 2 if a file cannot be understood or read.",
      .positional = {.name = "FILE",
                     .help = "policy tests, or folders of files that end in .policytest; - is standard input",
                     .kind = cli::Value::kFile,
                     .most = cli::kAny},
      .options = {cli::inventory_option()},
      .examples = {{"superspan test web.policytest", "run one file"},
                   {"superspan test policies/", "run all files of a folder and of those in it"},
                   {"superspan test policies/ -o json | jq .failed", "how many checks failed"}},
      .run = run};
}

}  // namespace superspan::offline
