// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <optional>
#include <ostream>
#include <set>

#include "cli/commands.h"
#include "cli/controller.h"
#include "cli/print.h"

namespace superspan::cli {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kBashScript =
    R"(# bash completion for superspan; load it with: source <(superspan completion bash)
_superspan() {
  local current=${COMP_WORDS[COMP_CWORD]} words
  [ "$current" = "=" ] && current=
  words=$("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
  if [ "$words" = "<file>" ]; then
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "${current##*,}")
    case $current in
      *,*) COMPREPLY=("${COMPREPLY[@]/#/${current%,*},}") ;;
    esac
  fi
}
complete -F _superspan superspan
)";

Words names_from(Terminal& terminal, std::initializer_list<const char*> targets) {
  Words names;
  const Arguments none;
  auto controller = Controller::connect({none, terminal});
  if (!controller) return names;
  for (const char* target : targets) {
    const auto answer = controller->get(target);
    const auto rows = answer ? rows_of(*answer) : std::unexpected(answer.error());
    if (!rows) continue;
    for (const boost::json::value& row : *rows) names.push_back(text_member(row, "name"));
  }
  return names;
}

Words values(Value kind, const Words& choices, Terminal& terminal) {
  switch (kind) {
    case Value::kChoice:
      return choices;
    case Value::kFile:
      return {"<file>"};
    case Value::kPolicy:
      return names_from(terminal, {"/v1/policies"});
    case Value::kTap:
      return names_from(terminal, {"/v1/taps"});
    case Value::kTool:
      return names_from(terminal, {"/v1/tools", "/v1/nodes"});
    case Value::kSwitch:
      return names_from(terminal, {"/v1/switches"});
    case Value::kDuration:
      return {"10s", "1m", "15m", "1h"};
    case Value::kText:
    case Value::kCount:
    case Value::kSnaplen:
      break;
  }
  return {};
}

const Option* option_of(const std::string& flag, const Command* command) {
  const auto has_flag = [&](const Option& option) {
    const Words flags = option_flags(option);
    return std::ranges::find(flags, flag) != flags.end();
  };
  if (command != nullptr) {
    const auto own = std::ranges::find_if(command->options, has_flag);
    if (own != command->options.end()) return &*own;
  }
  const auto global = std::ranges::find_if(global_options(), has_flag);
  return global == global_options().end() ? nullptr : &*global;
}

// What stands before the word to complete: the command's words, and the option that waits for its value.
struct Before {
  std::string path;
  const Command* command = nullptr;
  const Option* waiting = nullptr;
};

Before read_before(std::span<const std::string> words, std::span<const Command> commands) {
  Before before;
  for (const std::string& word : words) {
    if (before.waiting != nullptr) {
      before.waiting = nullptr;
    } else if (word.starts_with('-')) {
      const Option* option = option_of(word, before.command);
      if (option != nullptr && !option->value.empty()) before.waiting = option;
    } else if (before.command == nullptr) {
      before.path += (before.path.empty() ? "" : " ") + word;
      const auto found = std::ranges::find(commands, before.path, &Command::name);
      if (found != commands.end()) before.command = &*found;
    }
  }
  return before;
}

Words flags_of(const Command* command) {
  Words flags;
  const auto add = [&](std::span<const Option> options) {
    for (const Option& option : options) std::ranges::copy(option_flags(option), std::back_inserter(flags));
  };
  if (command != nullptr) add(command->options);
  add(global_options());
  return flags;
}

Words next_words(const std::string& path, std::span<const Command> commands) {
  std::set<std::string> words;
  const std::string begin = path.empty() ? "" : path + " ";
  for (const Command& command : commands) {
    if (!command.name.starts_with(begin)) continue;
    const std::string rest = command.name.substr(begin.size());
    words.insert(rest.substr(0, rest.find(' ')));
  }
  return {words.begin(), words.end()};
}

base::Result<int> run(const Invocation& invocation) {
  invocation.terminal.out << bash_script();
  return 0;
}

}  // namespace

std::string bash_script() {
  return kBashScript;
}

Words complete(Words words, std::span<const Command> commands, Terminal& terminal) {
  // bash makes `--name=value` three words.
  if (words.empty()) words.emplace_back();
  if (words.back() == "=") words.back().clear();
  std::erase(words, "=");
  const std::string current = words.back();
  words.pop_back();
  const Before before = read_before(words, commands);
  if (before.waiting != nullptr) return values(before.waiting->kind, before.waiting->choices, terminal);
  if (current.starts_with('-')) return flags_of(before.command);
  if (before.command == nullptr) return next_words(before.path, commands);
  return values(before.command->positional.kind, before.command->positional.choices, terminal);
}

Command completion_command() {
  return {.name = "completion",
          .summary = "print the script that completes commands in bash",
          .description =
              "Prints a script for the shell. Once it is loaded, Tab completes commands, options, and the "
              "names of policies, taps, tools and switches.",
          .positional = {.name = "SHELL", .help = "bash", .kind = Value::kChoice, .choices = {"bash"}},
          .options = {},
          .examples = {{"source <(superspan completion bash)", "complete in this shell"},
                       {"superspan completion bash > /etc/bash_completion.d/superspan", "complete in every new shell"}},
          .run = run};
}

}  // namespace superspan::cli
