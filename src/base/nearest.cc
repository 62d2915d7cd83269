// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <algorithm>
#include <utility>

namespace superspan::base {
namespace {

constexpr std::size_t kMostShown = 3;
constexpr std::size_t kLongestWord = 64;  // the work grows with its square

// Optimal string alignment: insert, delete, replace, swap two neighbours; each costs one.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::vector<std::size_t>> cost(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
  for (std::size_t row = 0; row <= left.size(); ++row) cost[row][0] = row;
  for (std::size_t column = 0; column <= right.size(); ++column) cost[0][column] = column;
  for (std::size_t row = 1; row <= left.size(); ++row) {
    for (std::size_t column = 1; column <= right.size(); ++column) {
      const std::size_t replace = cost[row - 1][column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1);
      cost[row][column] = std::min({cost[row - 1][column] + 1, cost[row][column - 1] + 1, replace});
      if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1]) {
        cost[row][column] = std::min(cost[row][column], cost[row - 2][column - 2] + 1);
      }
    }
  }
  return cost[left.size()][right.size()];
}

}  // namespace

std::vector<std::string> nearest(std::string_view word, std::span<const std::string> known) {
  if (word.size() > kLongestWord) return {};
  const std::size_t allowed = word.size() <= 3 ? 1 : 2;
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string& candidate : known) {
    const bool begins = word.size() >= 2 && candidate.starts_with(word);
    if (!begins && candidate.size() > word.size() + allowed) continue;
    const std::size_t edits = begins ? 1 : distance(word, candidate);
    if (edits <= allowed) found.emplace_back(edits, candidate);
  }
  std::ranges::sort(found);
  std::vector<std::string> names;
  for (auto& [edits, name] : found) {
    if (names.size() < kMostShown && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  const std::vector<std::string> names = nearest(word, known);
  std::string text;
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (index > 0) text += index + 1 == names.size() ? " or " : ", ";
    text += "'" + names[index] + "'";
  }
  return text.empty() ? text : "did you mean " + text + "?";
}

}  // namespace superspan::base
