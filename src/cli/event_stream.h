// SPDX-License-Identifier: Apache-2.0
// Server-sent events (WHATWG HTML, section 9.2.6) while they arrive.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace superspan::cli {

class EventStream {
 public:
  // Takes the next bytes and returns the data of each event that they complete. Comments, names and ids are skipped.
  [[nodiscard]] std::vector<std::string> feed(base::BytesView chunk);
  // Whether the comment ": now" has come: what follows happened after the request.
  [[nodiscard]] bool past_is_over() const { return past_is_over_; }

 private:
  void take_line(std::vector<std::string>& complete);

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool past_is_over_ = false;
};

}  // namespace superspan::cli
