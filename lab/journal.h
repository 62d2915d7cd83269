// SPDX-License-Identifier: Apache-2.0
// The journal of a lab: what was made, written before it is made, so that a later process can remove exactly that.
//
// A text file, one record a line, fields separated by tabs, appended with one write(2) each:
//
//   lab        TOPOLOGY
//   namespace  NAME  ABOUT  ADDRESS ADDRESS ...
//   device     NAME                       an interface in the root namespace
//   process    NAME  PID  START_TICKS  NAMESPACE  LOG  COMMAND     COMMAND: JSON [[word, ...], [KEY=value, ...]]
//   endpoint   URL  TOKEN_FILE
//   next       COMMAND                    what a person may try
//   up                                    up() finished
//
// A half-written last line (we died while writing) is skipped by the reader: its subject was not made yet.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/file.h"
#include "lab/process.h"

namespace superspan::lab {

struct JournaledProcess {
  std::string name;
  ProcessId id;
  std::string network_namespace;
  std::filesystem::path log;
  Arguments arguments;                   // to start it again; empty if the record does not tell
  std::vector<std::string> environment;  // added to that of the starter
};

struct JournaledNamespace {
  std::string name;
  std::string about;
  std::vector<std::string> addresses;
};

struct JournalContent {
  std::string topology;
  std::vector<JournaledNamespace> namespaces;
  std::vector<std::string> devices;
  std::vector<JournaledProcess> processes;  // in the order of their starts; a restarted one is here twice
  std::string endpoint;
  std::filesystem::path token_file;
  std::vector<std::string> next_steps;
  bool up = false;

  // The last process of each name.
  [[nodiscard]] std::vector<JournaledProcess> current_processes() const;
};

[[nodiscard]] JournalContent parse_journal(std::string_view text);
// The content of an empty journal when there is none.
[[nodiscard]] base::Result<JournalContent> read_journal(const std::filesystem::path& run_dir);

// Appends records. Thread-safe: daemons start in parallel.
class Journal {
 public:
  // Makes the run directory (mode 0700) and the journal; kConflict if there is one.
  [[nodiscard]] static base::Result<Journal> create(const std::filesystem::path& run_dir);

  // That of a lab which is there, to add to it; kNotFound if there is none.
  [[nodiscard]] static base::Result<Journal> open(const std::filesystem::path& run_dir);

  // One record. Tabs and newlines inside a field become blanks.
  [[nodiscard]] base::Status append(const std::vector<std::string>& fields);
  // Starts a daemon that is recorded before it runs.
  [[nodiscard]] base::Result<ProcessId> start(const DaemonSpec& spec);

 private:
  explicit Journal(File file) : file_(std::move(file)) {}
  File file_;
};

}  // namespace superspan::lab
