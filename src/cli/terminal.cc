// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace superspan::cli {

Terminal process_terminal() {
  return Terminal{.in = std::cin,
                  .out = std::cout,
                  .err = std::cerr,
                  .out_fd = STDOUT_FILENO,
                  .out_is_tty = isatty(STDOUT_FILENO) == 1,
                  .err_is_tty = isatty(STDERR_FILENO) == 1,
                  .environment = [](const std::string& name) -> std::optional<std::string> {
                    const char* value = std::getenv(name.c_str());
                    if (value == nullptr) return std::nullopt;
                    return std::string(value);
                  }};
}

}  // namespace superspan::cli
