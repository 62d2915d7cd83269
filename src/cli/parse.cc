// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/nearest.h"
#include "cli/units.h"

namespace superspan::cli {
namespace {

using Words = std::vector<std::string>;

std::unexpected<base::Error> usage(std::string message, std::string hint, std::string_view command) {
  return base::fail(base::ErrorCode::kInvalid, std::move(message), std::move(hint),
                    command.empty() ? "superspan" : fmt::format("superspan {}", command));
}

bool has(const Words& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

std::string see_help(std::string_view command) {
  return command.empty() ? "see `superspan --help`" : fmt::format("see `superspan {} --help`", command);
}

// The words that name a command and everything else.
struct Split {
  Words path;
  Words rest;
};

bool takes_next_word(const std::string& word) {
  return std::ranges::any_of(
      global_options(), [&](const Option& option) { return !option.value.empty() && has(option_flags(option), word); });
}

bool is_group(std::string_view word, std::span<const Command> commands) {
  return std::ranges::any_of(commands, [&](const Command& c) { return c.name.starts_with(std::string(word) + " "); });
}

// A command's name is its first word, or its first two if the first names a group; options may stand before it.
Split split(std::span<const std::string> words, std::span<const Command> commands) {
  Split result;
  std::size_t wanted = 1;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (result.path.size() == wanted || words[at] == "--") {
      result.rest.insert(result.rest.end(), words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
      break;
    }
    if (words[at].starts_with('-')) {
      result.rest.push_back(words[at]);
      if (takes_next_word(words[at]) && at + 1 < words.size()) result.rest.push_back(words[++at]);
      continue;
    }
    result.path.push_back(words[at]);
    if (result.path.size() == 1 && is_group(words[at], commands)) wanted = 2;
  }
  return result;
}

bool asks_for_help(const Words& rest) {
  for (const std::string& word : rest) {
    if (word == "--") return false;
    if (word == "-h" || word == "--help") return true;
  }
  return false;
}

std::vector<Option> all_options(const Command& command) {
  std::vector<Option> options = command.options;
  options.insert(options.end(), global_options().begin(), global_options().end());
  return options;
}

base::Status check_value(Value kind, const std::vector<std::string>& choices, const std::string& what,
                         const std::string& value, const Command& command) {
  base::Status status;
  if (kind == Value::kCount || kind == Value::kSnaplen) {
    auto parsed = parse_count(value);
    if (parsed && kind == Value::kSnaplen && *parsed > kSnaplenMax) {
      parsed = base::fail(base::ErrorCode::kInvalid, fmt::format("'{}' is too large", value),
                          fmt::format("write a whole number from 1 to {}", kSnaplenMax));
    }
    if (!parsed) status = std::unexpected(parsed.error());
  } else if (kind == Value::kDuration) {
    if (auto parsed = parse_duration(value); !parsed) status = std::unexpected(parsed.error());
  } else if (kind == Value::kChoice && !has(choices, value)) {
    status = base::fail(base::ErrorCode::kInvalid, fmt::format("'{}' is not known", value),
                        fmt::format("one of: {}", fmt::join(choices, ", ")));
  } else if (value.empty()) {
    status = base::fail(base::ErrorCode::kInvalid, "the value is empty", see_help(command.name));
  }
  if (status) return status;
  return usage(fmt::format("{}: {}", what, status.error().message), status.error().hint, command.name);
}

base::Status check_options(const std::vector<Option>& options, const Arguments& arguments, const Command& command) {
  for (const Option& option : options) {
    const std::string flag = option_flags(option).back();
    const Words values = arguments.list(option_name(option));
    if (!option.repeated && values.size() > 1) {
      return usage(fmt::format("{} is given twice", flag), "give it once", command.name);
    }
    for (const std::string& value : values) {
      if (option.value.empty()) continue;
      if (auto status = check_value(option.kind, option.choices, flag, value, command); !status) return status;
    }
  }
  return {};
}

base::Status check_positionals(const Words& values, const Command& command) {
  const Positional& positional = command.positional;
  if (positional.name.empty()) {
    if (values.empty()) return {};
    return usage(fmt::format("unexpected argument '{}'", values.front()), see_help(command.name), command.name);
  }
  if (values.size() < positional.least) {
    return usage(fmt::format("{} is missing", positional.name),
                 fmt::format("for example: {}", command.examples.front().command), command.name);
  }
  if (values.size() > positional.most) {
    return usage(fmt::format("unexpected argument '{}'", values[positional.most]), see_help(command.name),
                 command.name);
  }
  for (const std::string& value : values) {
    // '' is an expression: every packet.
    if (positional.kind == Value::kText && value.empty()) continue;
    auto status = check_value(positional.kind, positional.choices, positional.name, value, command);
    if (!status) return status;
  }
  return {};
}

base::Status check_extras(const Words& extras, const std::vector<Option>& options, const Command& command) {
  for (const std::string& extra : extras) {
    if (extra == "--") continue;
    Words known;
    for (const Option& option : options) std::ranges::copy(option_flags(option), std::back_inserter(known));
    const std::string word = extra.substr(0, extra.find('='));
    std::string hint = base::did_you_mean(word, known);
    return usage(fmt::format("unknown option '{}'", word), hint.empty() ? see_help(command.name) : hint, command.name);
  }
  return {};
}

// CLI11 names an option with all its flags and counts values; people want the flag and the remedy.
std::string plain_words(const CLI::Error& error) {
  std::string text = error.what();
  const std::string flag = text.substr(0, text.find_first_of(": "));
  const std::string name = flag.substr(flag.rfind(',') + 1);
  if (text.contains("required")) return fmt::format("{} needs a value", name);
  return text;
}

// CLI11 would take `--diff=no` as given.
base::Status check_switches(const Words& rest, const std::vector<Option>& options, const Command& command) {
  for (const std::string& word : rest) {
    if (word == "--") break;
    const std::string flag = word.substr(0, word.find('='));
    const auto is_switch = [&](const Option& option) {
      return option.value.empty() && has(option_flags(option), flag);
    };
    if (flag == word || !std::ranges::any_of(options, is_switch)) continue;
    return usage(fmt::format("{} takes no value", flag), see_help(command.name), command.name);
  }
  return {};
}

base::Result<Arguments> parse_arguments(Words rest, const Command& command) {
  const std::vector<Option> options = all_options(command);
  if (auto status = check_switches(rest, options, command); !status) return std::unexpected(status.error());
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<Words> values(options.size());
  Words positionals;
  Arguments arguments;
  try {
    std::vector<CLI::Option*> parsed;
    for (std::size_t index = 0; index < options.size(); ++index) {
      const Option& option = options[index];
      if (option.value.empty()) {
        parsed.push_back(app.add_flag(option.flags));
      } else {
        parsed.push_back(app.add_option(option.flags, values[index])->expected(1)->take_all()->allow_extra_args(false));
      }
      if (option.repeated) parsed.back()->delimiter(',');
    }
    app.add_option("positionals", positionals);
    std::ranges::reverse(rest);
    app.parse(rest);
    for (std::size_t index = 0; index < options.size(); ++index) {
      if (parsed[index]->count() > 0) arguments.set(option_name(options[index]), values[index]);
    }
  } catch (const CLI::Error& error) {
    return usage(plain_words(error), see_help(command.name), command.name);
  }
  arguments.set_positionals(positionals);
  if (auto status = check_extras(app.remaining(), options, command); !status) return std::unexpected(status.error());
  if (auto status = check_options(options, arguments, command); !status) return std::unexpected(status.error());
  if (auto status = check_positionals(positionals, command); !status) return std::unexpected(status.error());
  return arguments;
}

// The words that may follow `group`; "" for the first word of a command.
Words children(std::string_view group, std::span<const Command> commands) {
  Words names;
  for (const Command& command : commands) {
    const std::size_t space = command.name.find(' ');
    const std::string first = command.name.substr(0, space);
    const std::string next = group.empty() ? first : command.name.substr(std::min(space, command.name.size() - 1) + 1);
    if ((group.empty() || first == group) && !has(names, next)) names.push_back(next);
  }
  return names;
}

std::unexpected<base::Error> unknown_command(const Words& path, std::span<const Command> commands) {
  const std::string group = path.size() == 2 ? path[0] : "";
  const Words known = children(group, commands);
  std::string hint = base::did_you_mean(path.back(), known);
  if (hint.empty()) hint = group.empty() ? see_help("") : fmt::format("one of: {}", fmt::join(known, ", "));
  return usage(fmt::format("unknown command '{}'", path.back()), hint, group);
}

base::Result<Parsed> without_command(Split parts, std::span<const Command> commands) {
  const bool group = parts.path.size() == 1 && is_group(parts.path[0], commands);
  if (!parts.path.empty() && !group) return unknown_command(parts.path, commands);
  Parsed parsed{.command = nullptr, .group = group ? parts.path[0] : "", .help = true, .arguments = {}};
  if (asks_for_help(parts.rest) || (!group && parts.rest.empty())) return parsed;
  if (group) {
    return usage("the command is not complete",
                 fmt::format("add one of: {}", fmt::join(children(parsed.group, commands), ", ")), parsed.group);
  }
  if (parts.rest.front() == "--version") return parse(Words{"version"}, commands);
  return usage("no command is given", see_help(""), "");
}

}  // namespace

base::Result<Parsed> parse(std::span<const std::string> words, std::span<const Command> commands) {
  Split parts = split(words, commands);
  if (!parts.path.empty() && parts.path.front() == "help") {
    const Words asked = parts.rest;
    parts = split(asked, commands);
    parts.rest.emplace_back("--help");
  }
  const std::string name = fmt::format("{}", fmt::join(parts.path, " "));
  const auto found = std::ranges::find(commands, name, &Command::name);
  if (found == commands.end()) return without_command(std::move(parts), commands);
  Parsed parsed{.command = &*found, .group = "", .help = asks_for_help(parts.rest), .arguments = {}};
  if (parsed.help) return parsed;
  auto arguments = parse_arguments(std::move(parts.rest), *found);
  if (!arguments) return std::unexpected(arguments.error());
  parsed.arguments = std::move(*arguments);
  return parsed;
}

}  // namespace superspan::cli
