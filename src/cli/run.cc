// SPDX-License-Identifier: Apache-2.0
#include "cli/run.h"

#include <exception>
#include <ostream>

#include "cli/completion.h"
#include "cli/help.h"
#include "cli/parse.h"

namespace superspan::cli {
namespace {

int report(const base::Error& error, Terminal& terminal) {
  terminal.err << base::render(error) << "\n" << std::flush;
  return base::exit_code(error.code);
}

int dispatch(std::span<const std::string> words, Terminal& terminal, std::span<const Command> known) {
  if (!words.empty() && words.front() == "__complete") {
    for (const std::string& word : complete({words.begin() + 1, words.end()}, known, terminal)) {
      terminal.out << word << "\n";
    }
    return 0;
  }
  const auto parsed = parse(words, known);
  if (!parsed) return report(parsed.error(), terminal);
  if (parsed->help) {
    terminal.out << (parsed->command != nullptr ? command_help(*parsed->command) : overview(parsed->group, known));
    return 0;
  }
  const auto code = parsed->command->run({parsed->arguments, terminal, known});
  return code ? *code : report(code.error(), terminal);
}

}  // namespace

int run(std::span<const std::string> words, Terminal& terminal, std::span<const Command> known) {
  int code = 1;
  try {
    code = dispatch(words, terminal, known);
  } catch (const std::exception& error) {
    code = report({base::ErrorCode::kInternal, std::string("internal error: ") + error.what(),
                   "this is a bug; please report it with the command line", "superspan", std::nullopt},
                  terminal);
  }
  terminal.out.flush();
  return code;
}

}  // namespace superspan::cli
