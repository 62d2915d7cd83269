// SPDX-License-Identifier: Apache-2.0
// Test data as text: blocks of `word text` lines with blank lines between them; # begins a comment line.
#pragma once

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace superspan::policy::testing {

struct Case {
  std::string place;  // "file:line" of its first line
  std::vector<std::pair<std::string, std::string>> lines;

  // All lines with this word, joined by newlines.
  std::string text(const std::string& word) const {
    std::string joined;
    bool first = true;
    for (const auto& [key, value] : lines) {
      if (key != word) continue;
      joined += (first ? "" : "\n") + value;
      first = false;
    }
    return joined;
  }
};

inline std::vector<Case> read_cases(const std::string& path) {
  std::vector<Case> cases;
  std::ifstream file(path);
  std::string line;
  bool open = false;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty()) {
      open = false;
    } else if (line.front() != '#') {
      if (!open) cases.push_back({path + ":" + std::to_string(number), {}});
      open = true;
      const std::size_t end = line.find(' ');
      const std::size_t text = end == std::string::npos ? end : line.find_first_not_of(' ', end);
      cases.back().lines.emplace_back(line.substr(0, end), text == std::string::npos ? "" : line.substr(text));
    }
  }
  return cases;
}

}  // namespace superspan::policy::testing
