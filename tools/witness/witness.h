// SPDX-License-Identifier: Apache-2.0
// The independent judge: compares what was offered at the taps with what was delivered, frame by frame, by libpcap
// alone. Nothing of superspan's compiler, parser or fabric is used here, so that an error there cannot hide itself.
//
// Offered is what a tcpdump at the taps saw and `tcpdump -r FILE EXPRESSION` keeps. Frames are compared as a multiset
// of bytes: order and time do not count. The policy was in force only for some time, so each offered frame either must
// be delivered (inside the window) or may be (outside of it):
//
//   missing  must be delivered and was not
//   doubled  was offered, but delivered more often than it was offered
//   foreign  was never offered, or the expression does not want it
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace superspan::witness {

struct Window {  // nanoseconds since 1970, both ends inside
  std::int64_t from_ns = std::numeric_limits<std::int64_t>::min();
  std::int64_t until_ns = std::numeric_limits<std::int64_t>::max();
};

struct Task {
  std::vector<std::string> offered;    // capture files (pcap or pcapng, Ethernet), one or more taps
  std::vector<std::string> delivered;  // capture files; usually one
  std::string expression;              // as for tcpdump; empty: everything
  Window window;
};

struct Verdict {
  std::uint64_t offered = 0;    // matching frames that must be delivered
  std::uint64_t optional = 0;   // matching frames outside the window
  std::uint64_t delivered = 0;  // all frames in the delivered files
  std::uint64_t missing = 0;
  std::uint64_t doubled = 0;
  std::uint64_t foreign = 0;
  std::vector<std::string>
      examples;  // a few lines "missing 02:00:.. > ..., 74 bytes: hex", at most kExamples of each kind

  [[nodiscard]] bool clean() const { return missing == 0 && doubled == 0 && foreign == 0; }
};

inline constexpr unsigned kExamples = 3;

// kInvalid: the expression does not compile, a file is no capture of Ethernet frames, or a frame was cut short (then
// bytes cannot be compared); kNotFound: no such file. A file whose end is cut (its writer was killed) is read up to
// there.
[[nodiscard]] base::Result<Verdict> judge(const Task& task);

// "name offered delivered missing doubled foreign" in columns.
[[nodiscard]] std::string table_header();
[[nodiscard]] std::string table_row(const std::string& name, const Verdict& verdict);

}  // namespace superspan::witness
