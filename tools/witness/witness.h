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
//   edge     was offered outside of the window, and delivered; allowed
//
// So every row balances: offered + edge + doubled + foreign = delivered + missing.
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
  std::uint64_t offered = 0;    // matching frames inside the window: they must be delivered
  std::uint64_t outside = 0;    // matching frames outside the window: they may be
  std::uint64_t delivered = 0;  // all frames in the delivered files
  std::uint64_t edge = 0;
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

// The same for a hop of which only the number of packets is known, for example a switch counter: what it carried beyond
// the frames offered in and outside of the window counts as doubled, since a number does not tell a doubled frame from
// a foreign one. `frames` is the verdict on the policy's frames; `packets` must count from before the window until
// after.
[[nodiscard]] Verdict judge_hop(const Verdict& frames, std::uint64_t packets);

// "policy hop offered edge delivered missing doubled foreign" in columns.
[[nodiscard]] std::string table_header();
[[nodiscard]] std::string table_row(const std::string& policy, const std::string& hop, const Verdict& verdict);

}  // namespace superspan::witness
