// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <algorithm>
#include <string_view>

namespace superspan::base {
namespace {

// About one line of a terminal, in bytes: of a longer source line only so much around the mark is shown.
constexpr std::size_t kShownBytes = 76;
constexpr std::size_t kShownBefore = 40;
// Of a longer message, which quotes something long, the beginning and the end.
constexpr std::size_t kMessageBytes = 400;
constexpr const char* kCut = "\u2026";

struct Line {
  std::size_t number;  // from 1
  std::size_t begin;   // offset of the first byte
  std::size_t end;     // offset past the last byte
};

Line line_at(const std::string& text, std::size_t offset) {
  Line line{1, 0, text.size()};
  for (std::size_t at = 0; at < offset && at < text.size(); ++at) {
    if (text[at] == '\n') line = {line.number + 1, at + 1, text.size()};
  }
  line.end = std::min(text.find('\n', line.begin), text.size());
  return line;
}

std::string position(const SourceMark& mark, const Line& line) {
  const std::size_t first = mark.begin - line.begin + 1;
  const std::size_t last = std::max(first, std::min(mark.end, line.end) - line.begin);
  std::string text = std::to_string(line.number) + ":" + std::to_string(first);
  if (last > first) text += "-" + std::to_string(last);
  return text;
}

std::string printable(std::string text) {
  std::ranges::replace_if(text, [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }, ' ');
  return text;
}

bool inside_character(const std::string& text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](unsigned char byte) { return (byte & 0xc0) != 0x80; }));
}

std::string shortened(const std::string& message) {
  if (message.size() <= kMessageBytes) return message;
  std::size_t head = kMessageBytes / 2;
  std::size_t tail = message.size() - kMessageBytes / 2;
  while (inside_character(message, head)) --head;
  while (inside_character(message, tail)) ++tail;
  return message.substr(0, head) + kCut + message.substr(tail);
}

std::string underline(const SourceMark& mark, const Line& line) {
  const std::string& text = mark.text;
  std::size_t begin = line.begin;
  if (line.end - line.begin > kShownBytes && mark.begin - line.begin > kShownBefore) {
    begin = std::min(mark.begin - kShownBefore, line.end - kShownBytes);
  }
  while (begin < mark.begin && inside_character(text, begin)) ++begin;
  std::size_t end = std::min(line.end, begin + kShownBytes);
  while (end > mark.begin && inside_character(text, end)) --end;
  const bool cut = begin > line.begin;
  const std::string_view shown = std::string_view(text).substr(begin, end - begin);
  const std::size_t before = columns(shown.substr(0, mark.begin - begin)) + (cut ? 1 : 0);
  const std::size_t width = columns(shown.substr(mark.begin - begin, mark.end - mark.begin));
  return (cut ? kCut : "") + printable(std::string(shown)) + (end < line.end ? kCut : "") + "\n" +
         std::string(before, ' ') + std::string(std::max<std::size_t>(1, width), '~');
}

}  // namespace

std::string render(const Error& error) {
  std::string text = error.place;
  if (error.mark) {
    SourceMark mark = *error.mark;
    mark.begin = std::min(mark.begin, mark.text.size());
    mark.end = std::clamp(mark.end, mark.begin, mark.text.size());
    const Line line = line_at(mark.text, mark.begin);
    if (!text.empty()) text += ":";
    text += position(mark, line) + ": " + shortened(error.message) + "\n" + underline(mark, line);
  } else {
    text += (text.empty() ? "" : ": ") + shortened(error.message);
  }
  if (!error.hint.empty()) text += "\nhint: " + error.hint;
  return text;
}

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return 2;
    case ErrorCode::kNotFound:
      return 3;
    case ErrorCode::kConflict:
      return 4;
    case ErrorCode::kDenied:
      return 5;
    case ErrorCode::kTimeout:
    case ErrorCode::kUnavailable:
      return 6;
    case ErrorCode::kLimit:
    case ErrorCode::kInternal:
      break;
  }
  return 1;
}

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kDenied:
      return "denied";
    case ErrorCode::kLimit:
      return "limit";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace superspan::base
