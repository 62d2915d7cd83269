// SPDX-License-Identifier: Apache-2.0
// One measurement against a peer, as a row of build/bench/results.json. Ratios are "how much better": for a rate ours /
// theirs, for a time theirs / ours. A row without a peer compares a value with a fixed goal.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace superspan::bench {

struct Row {
  std::string name;  // "path.flow_install_vs_blast": starts with the part that it measures
  std::string unit;  // "flow-mods/s", "ms"
  double ours = 0;
  std::optional<double> theirs;
  std::string peer;
  std::string peer_version;
  std::optional<double> ratio;
  double goal = 0;  // for `ratio` if there is a peer, else for `ours`
  bool met = false;
};

[[nodiscard]] inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// The value below which `percent` of the values lie (nearest rank).
[[nodiscard]] inline double percentile(std::vector<double> values, double percent) {
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(std::llround(percent / 100 * static_cast<double>(values.size() - 1)));
  return values[rank];
}

// Appends rows as JSON lines; tools/bench.sh gathers the files of all programs into one array.
inline void write_rows(const std::string& path, const std::vector<Row>& rows) {
  std::ofstream out(path, std::ios::app);
  const auto number = [](const std::optional<double>& value) {
    char text[32] = "null";
    if (value) std::snprintf(text, sizeof(text), "%.6g", *value);
    return std::string(text);
  };
  for (const Row& row : rows) {
    out << "{\"name\":\"" << row.name << "\",\"unit\":\"" << row.unit << "\",\"ours\":" << number(row.ours)
        << ",\"theirs\":" << number(row.theirs) << ",\"peer\":\"" << row.peer << "\",\"peer_version\":\""
        << row.peer_version << "\",\"ratio\":" << number(row.ratio) << ",\"goal\":" << number(row.goal)
        << ",\"met\":" << (row.met ? "true" : "false") << "}\n";
  }
}

}  // namespace superspan::bench
