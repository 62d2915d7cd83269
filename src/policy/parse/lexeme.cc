// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/lexeme.h"

#include <algorithm>

namespace superspan::policy::parse {
namespace {

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
bool is_hex(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}
bool is_alphanumeric(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

// Walks over the text; every step says whether it could be made.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  bool next(char wanted) {
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  // At least `least` and at most `most` hex digits.
  bool hex(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    while (count < most && at_ + count < text_.size() && is_hex(text_[at_ + count])) ++count;
    if (count < least) return false;
    at_ += count;
    return true;
  }
  bool number() {
    const std::string_view rest = text_.substr(at_);
    if (rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X') && is_hex(rest[2])) {
      at_ += 2;
      return hex(1, text_.size());
    }
    const std::size_t before = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > before;
  }
  // N.N to N.N.N.N; the longest, between `least` and 4 numbers.
  bool dotted(std::size_t least) {
    if (!number()) return false;
    std::size_t count = 1;
    for (; count < 4; ++count) {
      Walker ahead = *this;
      if (!ahead.next('.') || !ahead.number()) break;
      *this = ahead;
    }
    return count >= least;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::size_t six_bytes(std::string_view text, char separator) {
  Walker walker(text);
  for (int byte = 0; byte < 6; ++byte) {
    if ((byte > 0 && !walker.next(separator)) || !walker.hex(1, 2)) return 0;
  }
  return walker.at();
}

std::size_t mac(std::string_view text) {
  std::size_t longest = std::max({six_bytes(text, ':'), six_bytes(text, '-'), six_bytes(text, '.')});
  Walker plain(text);
  if (plain.hex(12, 12)) longest = std::max(longest, plain.at());
  Walker cisco(text);
  if (cisco.hex(4, 4) && cisco.next('.') && cisco.hex(4, 4) && cisco.next('.') && cisco.hex(4, 4)) {
    longest = std::max(longest, cisco.at());
  }
  return longest;
}

std::size_t number(std::string_view text) {
  Walker walker(text);
  return walker.number() ? walker.at() : 0;
}

std::size_t dotted(std::string_view text) {
  Walker walker(text);
  return walker.dotted(2) ? walker.at() : 0;
}

// Groups of up to four hex digits: eight of them, or at most seven and one `::`; a dotted address counts as two.
std::size_t ipv6(std::string_view text) {
  Walker walker(text);
  std::size_t groups = 0;
  std::size_t longest = 0;
  bool gap = false;
  const auto whole = [&](std::size_t count) { return gap ? count <= 7 : count == 8; };
  while (true) {
    Walker ahead = walker;
    if (!gap && ahead.next(':') && ahead.next(':')) {
      gap = true;
      walker = ahead;
      if (whole(groups)) longest = walker.at();
    } else if (groups > 0 && !walker.next(':')) {
      return longest;
    }
    Walker four = walker;
    if (four.dotted(4) && (gap ? groups <= 5 : groups == 6)) longest = std::max(longest, four.at());
    if (!walker.hex(1, 4) || ++groups > 8) return longest;
    if (whole(groups)) longest = std::max(longest, walker.at());
  }
}

// Two or more times: one or two hex digits and a run of colons.
std::size_t bad_colons(std::string_view text) {
  Walker walker(text);
  std::size_t longest = 0;
  for (int runs = 1; walker.hex(1, 2) && walker.next(':'); ++runs) {
    while (walker.next(':')) {
    }
    if (runs > 1) longest = walker.at();
  }
  return longest;
}

std::size_t word(std::string_view text) {
  std::size_t longest = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char byte = text[at];
    if (is_alphanumeric(byte) || (byte == '.' && at > 0)) {
      longest = at + 1;
    } else if (at == 0 || (byte != '-' && byte != '_')) {
      break;
    }
  }
  return longest;
}

}  // namespace

Lexeme longest_lexeme(std::string_view text) {
  Lexeme best;
  const auto consider = [&best](Shape shape, std::size_t length) {
    if (length > best.length) best = {shape, length};
  };
  consider(Shape::kMac, mac(text));
  consider(Shape::kNumber, number(text));
  consider(Shape::kDotted, dotted(text));
  consider(Shape::kIpv6, ipv6(text));
  consider(Shape::kBadColons, bad_colons(text));
  consider(Shape::kWord, word(text));
  return best;
}

}  // namespace superspan::policy::parse
