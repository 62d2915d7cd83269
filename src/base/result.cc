// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <algorithm>

namespace superspan::base {
namespace {

// Longest part of a source line that is shown, in bytes; longer lines are cut around the mark.
constexpr std::size_t kShownBytes = 120;

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

std::string underline(const SourceMark& mark, const Line& line) {
  const std::size_t begin = mark.begin - line.begin > kShownBytes / 2 ? mark.begin - kShownBytes / 2 : line.begin;
  const std::size_t end = std::min(line.end, begin + kShownBytes);
  const std::size_t width = std::max<std::size_t>(1, std::min(mark.end, end) - std::min(mark.begin, end));
  return printable(mark.text.substr(begin, end - begin)) + "\n" + std::string(mark.begin - begin, ' ') +
         std::string(width, '~');
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
    text += position(mark, line) + ": " + error.message + "\n" + underline(mark, line);
  } else {
    text += (text.empty() ? "" : ": ") + error.message;
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
