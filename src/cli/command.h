// SPDX-License-Identifier: Apache-2.0
// A command as data: one description from which come the parser, --help, the manual page, docs/cli.md and the
// completion of the shell.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/terminal.h"

namespace superspan::cli {

// What a value must look like, checked before the command runs; also what the shell offers for it.
inline constexpr std::uint64_t kSnaplenMax = 262'144;  // as in openapi.yaml; libpcap's largest, too
enum class Value : std::uint8_t {
  kText,      // anything
  kCount,     // parse_count
  kDuration,  // parse_duration
  kChoice,    // one of `choices`
  kFile,      // a path; the shell completes file names
  kPolicy,    // names from the controller
  kTap,
  kTool,  // tools and nodes
  kSwitch,
  kSnaplen,  // parse_count, at most kSnaplenMax
};

struct Option {
  std::string flags;  // "-w,--write", "--name"; the last one is the option's name for Arguments
  std::string value;  // "FILE"; empty: a switch without value
  std::string help;   // one line, no full stop
  Value kind = Value::kText;
  bool repeated = false;  // may come several times, and with commas: --from a,b --from c
  std::vector<std::string> choices = {};
};

struct Positional {
  std::string name;  // "EXPR"; empty: the command takes none
  std::string help;
  Value kind = Value::kText;
  std::size_t least = 1;
  std::size_t most = 1;  // kAny: as many as there are
  std::vector<std::string> choices = {};
};
inline constexpr std::size_t kAny = 100'000;

struct Example {
  std::string command;  // a whole line for the shell
  std::string effect;   // what it does, lower case, no full stop
};

// The parsed and checked command line of one command.
class Arguments {
 public:
  // Names are the long ones without dashes: "write". A switch without value is given if it was on the line.
  [[nodiscard]] bool given(std::string_view option) const;
  [[nodiscard]] std::optional<std::string> text(std::string_view option) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view option) const;
  // Only for options of that kind.
  [[nodiscard]] std::optional<std::uint64_t> count(std::string_view option) const;
  [[nodiscard]] std::optional<std::chrono::seconds> duration(std::string_view option) const;
  [[nodiscard]] const std::vector<std::string>& positionals() const { return positionals_; }

  void set(std::string option, std::vector<std::string> values) { options_[std::move(option)] = std::move(values); }
  void set_positionals(std::vector<std::string> values) { positionals_ = std::move(values); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> options_;
  std::vector<std::string> positionals_;
};

struct Invocation;

struct Command {
  std::string name;         // "policy apply"
  std::string summary;      // one line for the overview, lower case, no full stop
  std::string description;  // paragraphs, separated by an empty line
  Positional positional;
  std::vector<Option> options;  // beyond global_options()
  std::vector<Example> examples;
  // The exit code, or an error that is printed and mapped to one.
  base::Result<int> (*run)(const Invocation&) = nullptr;
};

// One run of one command.
struct Invocation {
  const Arguments& arguments;
  Terminal& terminal;
  std::span<const Command> commands = {};  // all that the program has, for the manual
};

// Options that every command takes: --endpoint, --token-file, --ca-file, -o, --help.
[[nodiscard]] const std::vector<Option>& global_options();

// "write" of "-w,--write"; "c" of "-c".
[[nodiscard]] std::string option_name(const Option& option);
// {"-w", "--write"}.
[[nodiscard]] std::vector<std::string> option_flags(const Option& option);

}  // namespace superspan::cli
