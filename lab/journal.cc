// SPDX-License-Identifier: Apache-2.0
#include "lab/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace superspan::lab {
namespace {

using base::ErrorCode;
namespace json = boost::json;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t end = text.find(separator);
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

template <typename T>
T number(const std::string& text) {
  T value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> words_of(const json::value& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const json::value& word : list.get_array()) {
    if (word.is_string()) out.emplace_back(word.get_string());
  }
  return out;
}

void add_process(JournalContent& content, const std::vector<std::string>& fields) {
  const ProcessId id{number<pid_t>(fields[2]), number<unsigned long long>(fields[3])};
  if (id.pid <= 1) return;
  JournaledProcess process{fields[1], id, fields[4], fields[5], {}, {}};
  boost::system::error_code error;
  const json::value command = json::parse(fields[6], error);
  if (!error && command.is_array() && command.get_array().size() == 2) {
    process.arguments = words_of(command.get_array()[0]);
    process.environment = words_of(command.get_array()[1]);
  }
  content.processes.push_back(std::move(process));
}

void add_record(JournalContent& content, const std::vector<std::string>& fields) {
  const std::string& kind = fields[0];
  if (kind == "lab" && fields.size() == 2) content.topology = fields[1];
  if (kind == "namespace" && fields.size() == 4) {
    auto addresses = fields[3].empty() ? std::vector<std::string>() : split(fields[3], ' ');
    content.namespaces.push_back({fields[1], fields[2], std::move(addresses)});
  }
  if (kind == "device" && fields.size() == 2) content.devices.push_back(fields[1]);
  if (kind == "process" && fields.size() == 7) add_process(content, fields);
  if (kind == "endpoint" && fields.size() == 3) {
    content.endpoint = fields[1];
    content.token_file = fields[2];
  }
  if (kind == "next" && fields.size() == 2) content.next_steps.push_back(fields[1]);
  if (kind == "up") content.up = true;
}

}  // namespace

std::vector<JournaledProcess> JournalContent::current_processes() const {
  std::vector<JournaledProcess> out;
  for (const JournaledProcess& process : processes) {
    const auto earlier = std::ranges::find(out, process.name, &JournaledProcess::name);
    if (earlier == out.end()) {
      out.push_back(process);
    } else {
      *earlier = process;
    }
  }
  return out;
}

JournalContent parse_journal(std::string_view text) {
  JournalContent content;
  for (std::size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    add_record(content, split(text.substr(0, end), '\t'));
  }
  return content;
}

base::Result<JournalContent> read_journal(const std::filesystem::path& run_dir) {
  const auto path = run_dir / "journal";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return JournalContent();
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  return parse_journal(*text);
}

base::Result<Journal> Journal::create(const std::filesystem::path& run_dir) {
  std::error_code error;
  std::filesystem::create_directories(run_dir, error);
  if (!error) std::filesystem::permissions(run_dir, std::filesystem::perms::owner_all, error);
  if (error) {
    return base::fail(ErrorCode::kInternal, fmt::format("cannot make {}: {}", run_dir.string(), error.message()));
  }
  auto file = open_file(run_dir / "journal", O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
  if (!file) {
    if (!std::filesystem::exists(run_dir / "journal", error)) return std::unexpected(file.error());
    return base::fail(ErrorCode::kConflict, "a lab is already up, or was not taken down",
                      "run `superspan lab down` first");
  }
  return Journal(std::move(*file));
}

base::Result<Journal> Journal::open(const std::filesystem::path& run_dir) {
  auto file = open_file(run_dir / "journal", O_WRONLY | O_APPEND);
  if (!file) return base::fail(ErrorCode::kNotFound, "no lab is up", "run `superspan lab up` first");
  return Journal(std::move(*file));
}

base::Status Journal::append(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (!line.empty()) line += '\t';
    std::ranges::replace_copy_if(field, std::back_inserter(line), [](char c) { return c == '\t' || c == '\n'; }, ' ');
  }
  line += '\n';
  if (write(file_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return fail_errno("cannot write the journal of the lab");
  }
  return {};
}

base::Result<ProcessId> Journal::start(const DaemonSpec& spec) {
  const std::string command = json::serialize(json::value_from(std::pair(spec.arguments, spec.environment)));
  return start_daemon(spec, [&](ProcessId id) {
    return append({"process", spec.name, std::to_string(id.pid), std::to_string(id.start_ticks), spec.network_namespace,
                   spec.log.string(), command});
  });
}

}  // namespace superspan::lab
