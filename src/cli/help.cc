// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace superspan::cli {
namespace {

// From this column on stand the explanations of options.
constexpr std::size_t kHelpColumn = 28;

constexpr std::array<ExitCode, 7> kExitCodes{
    {{0, "success"},
     {1, "failed: a limit of the fabric is reached, a disk is full, or a defect"},
     {2, "wrong usage or bad input"},
     {3, "not found"},
     {4, "conflict: it exists already or has changed"},
     {5, "denied"},
     {6, "timeout, or the other side is not reachable"}}};

std::string entry(const std::string& left, const std::string& right) {
  if (left.size() + 2 < kHelpColumn) return fmt::format("{:<{}}{}\n", left, kHelpColumn, right);
  return fmt::format("{}\n{:{}}{}\n", left, "", kHelpColumn, right);
}

std::string option_entry(const Option& option) {
  const std::vector<std::string> flags = option_flags(option);
  std::string left = flags.front().starts_with("--") ? "      " : "  ";
  for (std::size_t index = 0; index < flags.size(); ++index) left += (index > 0 ? ", " : "") + flags[index];
  if (!option.value.empty()) left += " " + option.value + (option.repeated ? ",..." : "");
  return entry(left, option.help);
}

std::string options_help(std::string_view title, std::span<const Option> options) {
  if (options.empty()) return "";
  std::string text = fmt::format("\n{}:\n", title);
  for (const Option& option : options) text += option_entry(option);
  return text;
}

std::string exit_code_line() {
  std::string text = "\nexit codes:\n";
  for (const ExitCode& exit : kExitCodes) text += fmt::format("  {}  {}\n", exit.code, exit.meaning);
  return text;
}

}  // namespace

std::span<const ExitCode> exit_codes() {
  return kExitCodes;
}

std::string wrap(std::string_view text, std::size_t width) {
  std::string result;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool verbatim = line.starts_with(' ');
    if ((verbatim || line.empty()) && column > 0) result += '\n';
    if (verbatim || line.empty()) {
      result += fmt::format("{}\n", line);
      column = 0;
      continue;
    }
    while (!line.empty()) {
      const std::size_t length = std::min(line.find(' '), line.size());
      if (column > 0 && column + 1 + length > width) {
        result += '\n';
        column = 0;
      }
      if (column > 0) result += ' ';
      column += length + (column > 0 ? 1 : 0);
      result += line.substr(0, length);
      line.remove_prefix(std::min(length + 1, line.size()));
    }
  }
  if (column > 0) result += '\n';
  return result;
}

std::string usage_line(const Command& command) {
  std::string text = fmt::format("superspan {} [OPTION...]", command.name);
  const Positional& positional = command.positional;
  if (positional.name.empty()) return text;
  const std::string word = positional.name + (positional.most > 1 ? "..." : "");
  return text + " " + (positional.least == 0 ? "[" + word + "]" : word);
}

std::string command_help(const Command& command) {
  std::string text = fmt::format("usage: {}\n\n{}", usage_line(command), wrap(command.description));
  if (!command.positional.name.empty()) {
    text += "\narguments:\n";
    text += entry("  " + command.positional.name + (command.positional.most > 1 ? "..." : ""), command.positional.help);
  }
  text += options_help("options", command.options);
  text += options_help("options of every command", global_options());
  text += "\nexamples:\n";
  for (const Example& example : command.examples) {
    text += fmt::format("  {}\n      {}\n", example.command, example.effect);
  }
  return text + exit_code_line();
}

std::string overview(std::string_view group, std::span<const Command> commands) {
  std::string text;
  if (group.empty()) {
    text =
        "superspan - tcpdump for a whole datacenter\n\nusage: superspan COMMAND [OPTION...] "
        "[ARGUMENT...]\n\ncommands:\n";
  } else {
    text = fmt::format("usage: superspan {} COMMAND [OPTION...] [ARGUMENT...]\n\ncommands:\n", group);
  }
  for (const Command& command : commands) {
    const bool shown = group.empty() || command.name.starts_with(std::string(group) + " ");
    if (shown) text += entry("  " + command.name, command.summary);
  }
  text += options_help("options of every command", global_options());
  if (group.empty()) {
    text +=
        "\nfirst steps:\n"
        "  superspan lab up                          build a network of namespaces with taps and a fabric\n"
        "  superspan capture udp port 53             show DNS packets, wherever they pass\n"
        "  superspan capture tcp port 80 -w web.pcapng -c 1000\n"
        "  superspan doctor                          what works on this machine, and what to do about the rest\n";
  }
  text += fmt::format("\n`superspan {}{}COMMAND --help` explains a command with examples.\n", group,
                      group.empty() ? "" : " ");
  return text;
}

}  // namespace superspan::cli
