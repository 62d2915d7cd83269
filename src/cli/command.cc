// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include "cli/units.h"

namespace superspan::cli {

bool Arguments::given(std::string_view option) const {
  return options_.contains(option);
}

std::optional<std::string> Arguments::text(std::string_view option) const {
  const auto found = options_.find(option);
  if (found == options_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::list(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::vector<std::string>{} : found->second;
}

std::optional<std::uint64_t> Arguments::count(std::string_view option) const {
  const auto value = text(option);
  if (!value) return std::nullopt;
  const auto parsed = parse_count(*value);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<std::chrono::seconds> Arguments::duration(std::string_view option) const {
  const auto value = text(option);
  if (!value) return std::nullopt;
  const auto parsed = parse_duration(*value);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

const std::vector<Option>& global_options() {
  static const std::vector<Option> options{
      {.flags = "--endpoint",
       .value = "URL",
       .help = "the controller: http://HOST:PORT, https://HOST:PORT or unix:/PATH"},
      {.flags = "--token-file",
       .value = "FILE",
       .help = "file that holds the controller's token",
       .kind = Value::kFile},
      {.flags = "--ca-file", .value = "FILE", .help = "certificates to trust for https (PEM)", .kind = Value::kFile},
      {.flags = "-o,--output",
       .value = "FORMAT",
       .help = "table, json or yaml",
       .kind = Value::kChoice,
       .choices = {"table", "json", "yaml"}},
      {.flags = "-h,--help", .value = "", .help = "show what the command does, with examples"},
  };
  return options;
}

std::vector<std::string> option_flags(const Option& option) {
  std::vector<std::string> flags;
  std::size_t begin = 0;
  while (begin <= option.flags.size()) {
    const std::size_t end = std::min(option.flags.find(',', begin), option.flags.size());
    flags.push_back(option.flags.substr(begin, end - begin));
    begin = end + 1;
  }
  return flags;
}

std::string option_name(const Option& option) {
  const std::string last = option_flags(option).back();
  return last.substr(last.find_first_not_of('-'));
}

}  // namespace superspan::cli
