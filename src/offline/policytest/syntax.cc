// SPDX-License-Identifier: Apache-2.0
#include "offline/policytest/syntax.h"

#include <algorithm>
#include <optional>

namespace superspan::offline::policytest {
namespace {

constexpr std::string_view kBlank = " \t\r";

bool is_blank(char letter) {
  return kBlank.contains(letter);
}
bool is_separator(char letter) {
  return is_blank(letter) || letter == ',';
}

std::optional<unsigned> hex_digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return std::nullopt;
}

}  // namespace

std::unexpected<base::Error> Source::error(std::size_t begin, std::size_t end, std::string message,
                                           std::string hint) const {
  return std::unexpected(base::Error{.code = base::ErrorCode::kInvalid,
                                     .message = std::move(message),
                                     .hint = std::move(hint),
                                     .place = name_,
                                     .mark = base::SourceMark{std::string(text_), begin, end}});
}

// A comment begins with '#' at the start or behind a blank, but not in quotes.
std::size_t Source::content_end(std::size_t begin, std::size_t end) const {
  bool in_quotes = false;
  std::size_t at = begin;
  for (; at < end; ++at) {
    const char letter = text_[at];
    if (in_quotes && letter == '\\') {
      ++at;
    } else if (letter == '"') {
      in_quotes = !in_quotes;
    } else if (letter == '#' && !in_quotes && (at == begin || is_blank(text_[at - 1]))) {
      break;
    }
  }
  at = std::min(at, end);
  while (at > begin && is_blank(text_[at - 1])) --at;
  return at;
}

base::Result<std::vector<Statement>> Source::statements() const {
  std::vector<Statement> found;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text_.size();) {
    ++number;
    const std::size_t line_end = std::min(text_.find('\n', at), text_.size());
    const std::size_t begin = std::min(text_.find_first_not_of(kBlank, at), line_end);
    const std::size_t end = std::max(begin, content_end(begin, line_end));
    const bool indented = begin > at;
    at = line_end + 1;
    if (begin == end) continue;
    if (!indented) found.push_back({.pieces = {}, .line = number});
    if (found.empty()) {
      return error(begin, end, "an indented line continues the one before it, and there is none",
                   "begin the first statement at the start of its line");
    }
    found.back().pieces.push_back({begin, end});
  }
  return found;
}

base::Result<Word> Source::quoted(std::size_t begin, std::size_t end) const {
  Word word{.text = "", .begin = begin, .end = begin, .quoted = true};
  for (std::size_t at = begin + 1; at < end; ++at) {
    if (text_[at] == '"') {
      word.end = at + 1;
      return word;
    }
    if (text_[at] != '\\') {
      word.text += text_[at];
      continue;
    }
    const char escape = at + 1 < end ? text_[at + 1] : '\0';
    constexpr std::string_view kEscapes = "nrt0\\\"";
    constexpr std::string_view kMeanings{"\n\r\t\0\\\"", 6};
    if (const std::size_t which = kEscapes.find(escape); which != std::string_view::npos && escape != '\0') {
      word.text += kMeanings[which];
      at += 1;
      continue;
    }
    const auto high = escape == 'x' && at + 3 < end ? hex_digit(text_[at + 2]) : std::nullopt;
    const auto low = high ? hex_digit(text_[at + 3]) : std::nullopt;
    if (!low) {
      return error(at, std::min(at + 2, end), "an unknown escape",
                   "write \\n, \\r, \\t, \\0, \\\\, \\\" or \\x and two hexadecimal digits");
    }
    word.text += static_cast<char>(*high << 4 | *low);
    at += 3;
  }
  return error(begin, end, "the quotes are not closed on this line", "write the text as \"...\"; a new line is \\n");
}

base::Result<std::vector<Word>> Source::words(const Statement& statement) const {
  std::vector<Word> found;
  for (const Statement::Piece& piece : statement.pieces) {
    for (std::size_t at = piece.begin; at < piece.end;) {
      const char letter = text_[at];
      if (is_separator(letter)) {
        ++at;
        continue;
      }
      if (letter == '"') {
        auto word = quoted(at, piece.end);
        if (!word) return std::unexpected(word.error());
        at = word->end;
        found.push_back(std::move(*word));
        continue;
      }
      std::size_t end = at + 1;
      if (text_.substr(at, 2) == "=>") {
        end = at + 2;
      } else if (letter != '>' && letter != '(' && letter != ')') {
        while (end < piece.end && !is_separator(text_[end]) && !std::string_view(">()\"").contains(text_[end]) &&
               text_.substr(end, 2) != "=>") {
          ++end;
        }
      }
      found.push_back({.text = std::string(text(at, end)), .begin = at, .end = end, .quoted = false});
      at = end;
    }
  }
  return found;
}

std::string Source::line_of(const Statement& statement) const {
  std::string line;
  for (const Statement::Piece& piece : statement.pieces) {
    line += (line.empty() ? "" : " ") + std::string(text(piece.begin, piece.end));
  }
  return line;
}

}  // namespace superspan::offline::policytest
