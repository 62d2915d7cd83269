// SPDX-License-Identifier: Apache-2.0
// What became of policy tests, for people and for programs.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "offline/policytest/run.h"

namespace superspan::offline::policytest {

struct FileReport {
  std::string file;
  std::vector<Outcome> outcomes;
  std::optional<base::Error> error;  // the file could not be run
};

struct Summary {
  std::size_t checks = 0;
  std::size_t failed = 0;
  std::size_t unusable_files = 0;
};
[[nodiscard]] Summary summary_of(const std::vector<FileReport>& reports);

// One line for a file in which all is well; else what was expected and what came, line by line.
[[nodiscard]] std::string to_text(const FileReport& report);
// The last line, over all files.
[[nodiscard]] std::string to_text(const Summary& summary, std::size_t files);
[[nodiscard]] boost::json::object to_json(const std::vector<FileReport>& reports);

}  // namespace superspan::offline::policytest
