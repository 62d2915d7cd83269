// SPDX-License-Identifier: Apache-2.0
// What must survive: the policies, their numbers and bits, and the epoch. A change is one transaction. When commit()
// returns without an error, the change survives kill -9; when a flush() that began after it does, also power loss.
// Everything else is derived again.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace superspan::store {

// What a person asks for. Empty taps: any tap. Empty tools: one node that the controller chooses. Limits 0: none.
struct PolicyText {
  std::string expression{};
  std::vector<std::string> taps{};
  std::vector<std::string> tools{};
  bool record = false;
  bool stream = false;
  std::uint64_t duration_s = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint32_t snaplen = 0;
  std::string owner{};
  std::string reason{};
  std::string ticket{};
  friend bool operator==(const PolicyText&, const PolicyText&) = default;
};

struct Policy {
  std::string name;  // key
  PolicyText text;
  std::uint32_t number = 0;      // 24 bits, not 0, never given twice
  std::uint8_t name_space = 0;   // of its bit
  std::uint8_t bit = 0;          // 0 to 63
  std::uint32_t from_epoch = 0;  // since when the bit means this policy
  std::uint64_t revision = 1;    // grows with each edit of the text
  base::WallTime created;
  bool ended = false;
  std::string ended_because;  // "duration", "packets", "bytes", or the words of who ended it; empty while not ended
  base::WallTime ended_at;    // meaningful if ended
  friend bool operator==(const Policy&, const Policy&) = default;
};

struct Slot {
  std::uint8_t name_space = 0;
  std::uint8_t bit = 0;
  friend bool operator==(const Slot&, const Slot&) = default;
};

// Counters that never go back.
struct Counters {
  std::uint32_t epoch = 0;        // of the policy set; grows by one with each change of it
  std::uint32_t next_number = 1;  // for the next policy
  std::optional<Slot> latest;     // the bit given last
  friend bool operator==(const Counters&, const Counters&) = default;
};

struct Contents {
  Counters counters;
  std::vector<Policy> policies;  // sorted by name
  friend bool operator==(const Contents&, const Contents&) = default;
};

struct Change {
  Counters counters;                 // as they are after the change
  std::vector<Policy> put;           // new or replaced, by name
  std::vector<std::string> removed;  // names; an unknown one is no error
};

// Not thread-safe, but for flush().
class Store {
 public:
  virtual ~Store() = default;
  [[nodiscard]] virtual base::Result<Contents> load() = 0;
  // All of it or nothing. kConflict if a counter would go back or two policies share a number; kInternal if the disk
  // is full or fails.
  [[nodiscard]] virtual base::Status commit(const Change& change) = 0;
  // Blocks until all that was committed before is on the disk. May run on another thread beside the other calls.
  // kInternal if the disk fails.
  [[nodiscard]] virtual base::Status flush() = 0;
  // Housekeeping that waits for the disk, so up to some 100 ms; call it now and then while nobody waits.
  virtual void tidy() {}
};

// Forgets everything at its end; for tests.
[[nodiscard]] std::unique_ptr<Store> make_memory_store();

// One SQLite file (WAL), made if absent, mode 0600, used by one process at a time. Errors name the
// file: kConflict another process has it, kInvalid it is no store or was made by a newer version, kInternal it is
// damaged, kDenied it cannot be written.
[[nodiscard]] base::Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& file);

}  // namespace superspan::store
