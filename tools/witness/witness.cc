// SPDX-License-Identifier: Apache-2.0
#include "tools/witness/witness.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

namespace superspan::witness {
namespace {

using base::ErrorCode;
using base::Status;

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::size_t kExampleBytes = 64;

struct Counts {
  std::uint64_t must = 0;
  std::uint64_t may = 0;
  std::uint64_t delivered = 0;
  bool wanted = false;  // offered and matched
};

using Tally = std::map<std::string, Counts>;  // by the bytes of the frame
using OnFrame = std::function<void(const pcap_pkthdr&, const u_char*)>;

struct PcapCloser {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, PcapCloser>;

class Filter {
 public:
  Filter() = default;
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() { pcap_freecode(&program_); }
  Status compile(pcap_t* handle, const std::string& expression) {
    // Not optimised: libpcap 1.10's optimiser gets a few expressions wrong, and a judge may not.
    if (pcap_compile(handle, &program_, expression.c_str(), 0, PCAP_NETMASK_UNKNOWN) == 0) return {};
    return base::fail(ErrorCode::kInvalid, fmt::format("expression '{}': {}", expression, pcap_geterr(handle)),
                      "man 7 pcap-filter has the language");
  }
  [[nodiscard]] bool wants(const pcap_pkthdr& header, const u_char* data) const {
    return pcap_offline_filter(&program_, &header, data) != 0;
  }

 private:
  bpf_program program_{};
};

base::Result<Handle> open_capture(const std::string& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    return base::fail(ErrorCode::kNotFound, fmt::format("no file '{}'", file));
  char reason[PCAP_ERRBUF_SIZE] = "";
  Handle handle(pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO, reason));
  if (handle == nullptr) return base::fail(ErrorCode::kInvalid, fmt::format("{}: {}", file, reason));
  if (pcap_datalink(handle.get()) != DLT_EN10MB) {
    return base::fail(ErrorCode::kInvalid, fmt::format("{}: not a capture of Ethernet frames", file));
  }
  return handle;
}

Status read_capture(pcap_t* handle, const std::string& file, const OnFrame& on_frame) {
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (pcap_next_ex(handle, &header, &data) == 1) {
    if (header->caplen < header->len) {
      return base::fail(ErrorCode::kInvalid,
                        fmt::format("{}: a frame of {} bytes was cut to {}", file, header->len, header->caplen),
                        "capture whole frames (tcpdump -s 0, policy without snaplen)");
    }
    on_frame(*header, data);
  }
  return {};
}

std::string bytes_of(const pcap_pkthdr& header, const u_char* data) {
  return {data, data + header.caplen};
}

Status add_offered(const Task& task, const std::string& file, Tally& tally) {
  const auto handle = open_capture(file);
  if (!handle) return std::unexpected(handle.error());
  Filter filter;
  if (auto compiled = filter.compile(handle->get(), task.expression); !compiled) return compiled;
  return read_capture(handle->get(), file, [&](const pcap_pkthdr& header, const u_char* data) {
    if (!filter.wants(header, data)) return;
    const std::int64_t time_ns = header.ts.tv_sec * kNanosecondsPerSecond + header.ts.tv_usec;
    Counts& counts = tally[bytes_of(header, data)];
    counts.wanted = true;
    ++(time_ns >= task.window.from_ns && time_ns <= task.window.until_ns ? counts.must : counts.may);
  });
}

Status add_delivered(const std::string& file, Tally& tally) {
  const auto handle = open_capture(file);
  if (!handle) return std::unexpected(handle.error());
  return read_capture(handle->get(), file, [&](const pcap_pkthdr& header, const u_char* data) {
    ++tally[bytes_of(header, data)].delivered;
  });
}

std::string example(std::string_view kind, const std::string& frame) {
  std::string hex;
  for (const char c : std::string_view(frame).substr(0, kExampleBytes))
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return fmt::format("{} ({} bytes): {}{}", kind, frame.size(), hex, frame.size() > kExampleBytes ? "..." : "");
}

void count(std::uint64_t& total, std::uint64_t frames, std::string_view kind, const std::string& frame, unsigned& shown,
           Verdict& verdict) {
  if (frames == 0) return;
  total += frames;
  if (shown++ < kExamples) verdict.examples.push_back(example(kind, frame));
}

Verdict sum_up(const Tally& tally) {
  Verdict verdict;
  unsigned missing = 0;
  unsigned doubled = 0;
  unsigned foreign = 0;
  for (const auto& [frame, counts] : tally) {
    const std::uint64_t allowed = counts.must + counts.may;
    verdict.offered += counts.must;
    verdict.outside += counts.may;
    verdict.delivered += counts.delivered;
    const std::uint64_t lost = counts.must > counts.delivered ? counts.must - counts.delivered : 0;
    if (counts.delivered > counts.must) verdict.edge += std::min(counts.delivered - counts.must, counts.may);
    const std::uint64_t extra = counts.delivered > allowed ? counts.delivered - allowed : 0;
    count(verdict.missing, lost, "missing", frame, missing, verdict);
    if (counts.wanted) {
      count(verdict.doubled, extra, "doubled", frame, doubled, verdict);
    } else {
      count(verdict.foreign, extra, "foreign", frame, foreign, verdict);
    }
  }
  return verdict;
}

}  // namespace

base::Result<Verdict> judge(const Task& task) {
  Tally tally;
  for (const std::string& file : task.offered) {
    if (auto added = add_offered(task, file, tally); !added) return std::unexpected(added.error());
  }
  for (const std::string& file : task.delivered) {
    if (auto added = add_delivered(file, tally); !added) return std::unexpected(added.error());
  }
  return sum_up(tally);
}

Verdict judge_hop(const Verdict& frames, std::uint64_t packets) {
  Verdict hop;
  hop.offered = frames.offered;
  hop.outside = frames.outside;
  hop.delivered = packets;
  hop.missing = packets < frames.offered ? frames.offered - packets : 0;
  const std::uint64_t beyond = packets > frames.offered ? packets - frames.offered : 0;
  hop.edge = std::min(beyond, frames.outside);
  hop.doubled = beyond - hop.edge;
  return hop;
}

std::string table_header() {
  return fmt::format("{:<10} {:<15} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}", "policy", "hop", "offered", "edge",
                     "delivered", "missing", "doubled", "foreign");
}

std::string table_row(const std::string& policy, const std::string& hop, const Verdict& verdict) {
  return fmt::format("{:<10} {:<15} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}", policy, hop, verdict.offered, verdict.edge,
                     verdict.delivered, verdict.missing, verdict.doubled, verdict.foreign);
}

}  // namespace superspan::witness
