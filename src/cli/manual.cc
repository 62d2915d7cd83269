// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/help.h"

namespace superspan::cli {
namespace {

constexpr std::array<Variable, 5> kVariables{
    {{"SUPERSPAN_ENDPOINT", "the controller, where --endpoint is not given"},
     {"SUPERSPAN_TOKEN_FILE", "file with its token, where --token-file is not given"},
     {"SUPERSPAN_ROOT", "a folder in front of /run/superspan/lab and /var/lib/superspan, for tests"},
     {"NO_COLOR", "no colours when it is set"},
     {"USER, SUDO_USER", "owner of the policies that capture makes"}}};

constexpr std::string_view kDiscovery =
    "The controller is found in this order: --endpoint, SUPERSPAN_ENDPOINT, a lab that runs on this machine, "
    "http://127.0.0.1:8600. The token: --token-file, SUPERSPAN_TOKEN_FILE, the token of the lab if it is the lab's "
    "controller, /var/lib/superspan/token if the controller is on this machine.";

// A backslash begins an escape, a dot or quote at the start of a line a request, a double quote is eaten in the
// argument of a request, and a plain '-' may become a hyphen.
std::string roff(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool line_start = at == 0 || text[at - 1] == '\n';
    if (line_start && (text[at] == '.' || text[at] == '\'')) result += "\\&";
    if (text[at] == '\\') {
      result += "\\e";
    } else if (text[at] == '-') {
      result += "\\-";
    } else if (text[at] == '"') {
      result += "\\(dq";
    } else {
      result += text[at];
    }
  }
  return result;
}

std::string roff_paragraphs(std::string_view description) {
  std::string text;
  bool verbatim = false;
  for (std::size_t begin = 0; begin < description.size();) {
    const std::size_t end = std::min(description.find('\n', begin), description.size());
    const std::string_view line = description.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with(' ') != verbatim && !line.empty()) {
      verbatim = !verbatim;
      text += verbatim ? ".nf\n" : ".fi\n";
    }
    text += line.empty() ? ".PP\n" : roff(line) + "\n";
  }
  return text + (verbatim ? ".fi\n" : "");
}

std::string flags_and_value(const Option& option) {
  std::string text;
  for (const std::string& flag : option_flags(option)) text += (text.empty() ? "" : ", ") + flag;
  if (!option.value.empty()) text += " " + option.value + (option.repeated ? ",..." : "");
  return text;
}

std::string roff_options(std::span<const Option> options) {
  std::string text;
  for (const Option& option : options) {
    text += fmt::format(".TP\n.B {}\n{}.\n", roff(flags_and_value(option)), roff(option.help));
  }
  return text;
}

std::string roff_command(const Command& command) {
  std::string text = fmt::format(".SS {}\n.B {}\n.PP\n{}", roff(command.name), roff(usage_line(command)),
                                 roff_paragraphs(command.description));
  text += roff_options(command.options);
  text += ".PP\nExamples:\n";
  for (const Example& example : command.examples) {
    text += fmt::format(".TP\n.B {}\n{}.\n", roff(example.command), roff(example.effect));
  }
  return text;
}

std::string markdown_options(std::span<const Option> options) {
  if (options.empty()) return "";
  std::string text = "\n| option | meaning |\n|---|---|\n";
  for (const Option& option : options) text += fmt::format("| `{}` | {} |\n", flags_and_value(option), option.help);
  return text;
}

// Lines that begin with a space become a code block.
std::string markdown_paragraphs(std::string_view description) {
  std::string text;
  for (std::size_t begin = 0; begin < description.size();) {
    const std::size_t end = std::min(description.find('\n', begin), description.size());
    const std::string_view line = description.substr(begin, end - begin);
    begin = end + 1;
    text += line.starts_with("  ") ? "    " + std::string(line.substr(2)) + "\n" : std::string(line) + "\n";
  }
  return text;
}

std::string markdown_command(const Command& command) {
  std::string text = fmt::format("\n## superspan {}\n\n`{}`\n\n{}", command.name, usage_line(command),
                                 markdown_paragraphs(command.description));
  text += markdown_options(command.options);
  text += "\n```sh\n";
  for (const Example& example : command.examples) text += fmt::format("# {}\n{}\n", example.effect, example.command);
  return text + "```\n";
}

}  // namespace

std::span<const Variable> environment_variables() {
  return kVariables;
}

std::string manual_roff(std::span<const Command> commands) {
  std::string text =
      ".\\\" SPDX-License-Identifier: Apache-2.0\n"
      ".\\\" Written by `superspan man`; change the commands, not this file.\n"
      ".TH SUPERSPAN 1 \"\" \"superspan\" \"superspan manual\"\n"
      ".SH NAME\nsuperspan \\- tcpdump for a whole datacenter\n"
      ".SH SYNOPSIS\n.B superspan\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n"
      ".SH DESCRIPTION\n"
      "superspan compiles an expression into flow entries, copies exactly the matching packets out of the network, "
      "and\n"
      "brings them to tool ports, recordings or this terminal.\n.PP\n";
  text += roff(kDiscovery) + "\n.SH COMMANDS\n";
  for (const Command& command : commands) text += roff_command(command);
  text += ".SH OPTIONS OF EVERY COMMAND\n" + roff_options(global_options()) + ".SH EXIT STATUS\n";
  for (const ExitCode& exit : exit_codes()) text += fmt::format(".TP\n.B {}\n{}.\n", exit.code, roff(exit.meaning));
  text += ".SH ENVIRONMENT\n";
  for (const Variable& variable : kVariables) {
    text += fmt::format(".TP\n.B {}\n{}.\n", roff(variable.name), roff(variable.meaning));
  }
  return text + ".SH SEE ALSO\n.BR pcap\\-filter (7),\n.BR tcpdump (8),\n.BR tshark (1)\n";
}

std::string manual_markdown(std::span<const Command> commands) {
  std::string text =
      "<!-- Written by `superspan man --markdown`; change the commands, not this file. -->\n# The command "
      "superspan\n\n";
  text += kDiscovery;
  text += "\n\n| command | |\n|---|---|\n";
  for (const Command& command : commands) {
    std::string anchor = "superspan-" + command.name;
    std::ranges::replace(anchor, ' ', '-');
    text += fmt::format("| [{}](#{}) | {} |\n", command.name, anchor, command.summary);
  }
  text += "\nOptions of every command:\n" + markdown_options(global_options());
  text += "\nExit codes of every command:\n\n| code | meaning |\n|---|---|\n";
  for (const ExitCode& exit : exit_codes()) text += fmt::format("| {} | {} |\n", exit.code, exit.meaning);
  text += "\nEnvironment:\n\n| variable | meaning |\n|---|---|\n";
  for (const Variable& variable : kVariables) text += fmt::format("| `{}` | {} |\n", variable.name, variable.meaning);
  for (const Command& command : commands) text += markdown_command(command);
  return text;
}

}  // namespace superspan::cli
