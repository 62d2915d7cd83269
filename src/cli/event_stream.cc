// SPDX-License-Identifier: Apache-2.0
#include "cli/event_stream.h"

#include <utility>

namespace superspan::cli {

std::vector<std::string> EventStream::feed(base::BytesView chunk) {
  std::vector<std::string> complete;
  for (const std::byte byte : chunk) {
    const char c = static_cast<char>(byte);
    if (c == '\n') {
      take_line(complete);
    } else {
      line_ += c;
    }
  }
  return complete;
}

void EventStream::take_line(std::vector<std::string>& complete) {
  std::string line = std::exchange(line_, {});
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty() && has_data_) complete.push_back(std::exchange(data_, {}));
  if (line.empty()) has_data_ = false;
  past_is_over_ = past_is_over_ || line == ": now";
  if (!line.starts_with("data:")) return;
  if (has_data_) data_ += '\n';
  has_data_ = true;
  data_ += line.substr(line.starts_with("data: ") ? 6 : 5);
}

}  // namespace superspan::cli
