// SPDX-License-Identifier: Apache-2.0
// What surrounds one run of the command: streams, whether a person looks at them, environment variables. A test
// supplies its own.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

namespace superspan::cli {

struct Terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  int out_fd = 1;  // where binary packets go; the same place as `out`
  bool out_is_tty = false;
  bool err_is_tty = false;
  std::function<std::optional<std::string>(const std::string& name)> environment;

  // True if `out` may carry colours: a terminal, and NO_COLOR (no-color.org) is not set.
  [[nodiscard]] bool color() const { return out_is_tty && environment("NO_COLOR").value_or("").empty(); }
};

// The real one: file descriptors 0, 1 and 2 and getenv.
[[nodiscard]] Terminal process_terminal();

}  // namespace superspan::cli
