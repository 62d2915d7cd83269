// SPDX-License-Identifier: Apache-2.0
#include "apps/program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <sstream>

#include "base/nearest.h"
#include "base/result.h"

namespace superspan::apps {
namespace {

using base::ErrorCode;

// Between what a validator says and what to write instead; CLI11 carries one text only.
constexpr std::string_view kHintMark = "\nhint: ";

std::string wrong(const std::string& message, const std::string& hint) {
  return message + std::string(kHintMark) + hint;
}

base::Error unexpected_word(const CLI::App& app, const std::string& word) {
  if (!word.starts_with('-')) return {ErrorCode::kInvalid, fmt::format("unexpected argument '{}'", word), "", "", {}};
  const std::string flag = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  return {ErrorCode::kInvalid, fmt::format("unknown option '{}'", flag), base::did_you_mean(flag, known), "", {}};
}

// "--fabric FILE: the fabric file".
std::string about(const CLI::App& app, const std::string& flag) {
  const CLI::Option* option = app.get_option_no_throw(flag);
  if (option == nullptr) return "";
  return fmt::format("{} {}: {}", flag, option->get_type_name(), option->get_description());
}

base::Error error_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::string text = error.what();
  const std::string flag = text.substr(0, text.find_first_of(": "));
  const bool required = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  // An option that is missing may just be mistyped.
  if (const auto rest = app.remaining();
      !rest.empty() && (required || dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)) {
    return unexpected_word(app, rest.front());
  }
  if (required) {
    return {ErrorCode::kInvalid, flag + " is missing", about(app, flag), "", {}};
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return {ErrorCode::kInvalid, flag + " needs one value", about(app, flag), "", {}};
  }
  const auto mark = text.find(kHintMark);
  if (mark == std::string::npos) return {ErrorCode::kInvalid, text, about(app, flag), "", {}};
  return {ErrorCode::kInvalid, text.substr(0, mark), text.substr(mark + kHintMark.size()), "", {}};
}

}  // namespace

Leave leave(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) {
    std::ostringstream text;
    static_cast<void>(app.exit(error, text, text));
    return {text.str(), 0};
  }
  base::Error told = error_of(app, error);
  told.place = app.get_name();
  if (told.hint.empty()) told.hint = fmt::format("see `{} --help`", app.get_name());
  return {base::render(told) + "\n", 2};
}

int take_leave(const Leave& leave) {
  (leave.code == 0 ? std::cout : std::cerr) << leave.text;
  return leave.code;
}

CLI::Validator one_of(std::vector<std::string> words) {
  return {[words = std::move(words)](const std::string& value) {
            if (std::ranges::find(words, value) != words.end()) return std::string();
            return wrong(fmt::format("'{}' is not known", value), fmt::format("one of: {}", fmt::join(words, ", ")));
          },
          ""};
}

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return {[least, most](const std::string& value) {
            std::uint64_t number = 0;
            const char* const end = value.data() + value.size();
            const auto [stop, error] = std::from_chars(value.data(), end, number);
            if (error == std::errc{} && stop == end && number >= least && number <= most) return std::string();
            return wrong(fmt::format("'{}' is no number that fits", value),
                         fmt::format("write a whole number from {} to {}", least, most));
          },
          ""};
}

void open_log(const std::string& program, const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_color_mt(program));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace superspan::apps
