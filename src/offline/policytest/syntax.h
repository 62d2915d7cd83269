// SPDX-License-Identifier: Apache-2.0
// The text of a policy test as statements and words. docs/formats/policytest.md has the grammar.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace superspan::offline::policytest {

// Offsets count bytes from the start of the file.
struct Word {
  std::string text;  // of a quoted one: what stands between the quotes, escapes resolved
  std::size_t begin = 0;
  std::size_t end = 0;
  bool quoted = false;
};

// One line and its indented continuation lines, without comments.
struct Statement {
  struct Piece {  // of one line
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<Piece> pieces;
  std::size_t line = 0;  // of the first piece, from 1
};

// A file being read. Errors are kInvalid with the mark in its text.
class Source {
 public:
  Source(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  [[nodiscard]] base::Result<std::vector<Statement>> statements() const;
  // Commas and white space separate words; '>', '=>', '(' and ')' are words of their own.
  [[nodiscard]] base::Result<std::vector<Word>> words(const Statement& statement) const;
  // The pieces in one line, as people are shown them.
  [[nodiscard]] std::string line_of(const Statement& statement) const;

  [[nodiscard]] std::string_view text(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin);
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::unexpected<base::Error> error(std::size_t begin, std::size_t end, std::string message,
                                                   std::string hint) const;
  [[nodiscard]] std::unexpected<base::Error> error(const Word& word, std::string message, std::string hint) const {
    return error(word.begin, word.end, std::move(message), std::move(hint));
  }

 private:
  [[nodiscard]] std::size_t content_end(std::size_t begin, std::size_t end) const;
  [[nodiscard]] base::Result<Word> quoted(std::size_t begin, std::size_t end) const;

  std::string_view text_;
  std::string name_;
};

}  // namespace superspan::offline::policytest
