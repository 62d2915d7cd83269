// SPDX-License-Identifier: Apache-2.0
// One expression over one capture: `tcpdump -r IN -w /dev/null EXPR` against `superspan filter EXPR -r IN -w
// /dev/null`, turn by turn. Their packets are compared first, byte by byte.
// Usage: bench_filter SUPERSPAN RUN_FOLDER ROWS_FILE
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "bench/report.h"
#include "lab/frames.h"

namespace {

using namespace superspan;
namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr std::uint32_t kPackets = 500'000;
constexpr int kRounds = 7;
constexpr const char* kExpression = "tcp port 443 or udp port 53";
constexpr double kGoal = 1;

// Kinds and sizes of frames as on a link to servers; each kind is a quarter to a half of them.
std::vector<base::Bytes> frames() {
  std::vector<base::Bytes> made;
  const lab::FrameEnds ends{.source_mac = *net::MacAddress::parse("02:00:00:00:00:01"),
                            .destination_mac = *net::MacAddress::parse("02:00:00:00:00:02"),
                            .source_ipv4 = "10.1.0.1",
                            .destination_ipv4 = "10.2.0.1",
                            .source_ipv6 = "2001:db8::1",
                            .destination_ipv6 = "2001:db8::2"};
  const auto samples = lab::sample_frames(ends, 1);
  for (const base::Bytes& frame : *samples) {
    for (const std::size_t bytes : {64, 200, 1514}) {
      made.push_back(frame);
      made.back().resize(std::max(made.back().size(), bytes));
    }
  }
  return made;
}

// A pcap in microseconds, as tcpdump writes it.
void write_capture(const fs::path& path) {
  const auto put = [](std::string& out, std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
  };
  std::string out;
  for (const std::uint32_t value : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 262'144U, 1U}) put(out, value);
  const auto kinds = frames();
  std::ofstream file(path, std::ios::binary);
  for (std::uint32_t index = 0; index < kPackets; ++index) {
    const base::Bytes& frame = kinds[index * 7919ULL % kinds.size()];
    put(out, 1'700'000'000 + index / 1000);
    put(out, index % 1000 * 1000);
    put(out, static_cast<std::uint32_t>(frame.size()));
    put(out, static_cast<std::uint32_t>(frame.size()));
    for (const std::byte byte : frame) out += static_cast<char>(byte);
    file << out;
    out.clear();
  }
}

// Seconds; negative if it failed.
double run(std::vector<std::string> words) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto start = Steady::now();
  pid_t child = 0;
  int status = posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
  if (status == 0) waitpid(child, &status, 0);
  posix_spawn_file_actions_destroy(&actions);
  const double taken_s = std::chrono::duration<double>(Steady::now() - start).count();
  return status == 0 ? taken_s : -1;
}

bool same_bytes(const fs::path& left, const fs::path& right) {
  std::ifstream first(left, std::ios::binary);
  std::ifstream second(right, std::ios::binary);
  return fs::file_size(left) == fs::file_size(right) && fs::file_size(left) > 1'000'000 &&
         std::equal(std::istreambuf_iterator<char>(first), {}, std::istreambuf_iterator<char>(second));
}

std::string tcpdump_version() {
  FILE* pipe = popen("tcpdump --version 2>&1 | sed -n '1s/^tcpdump version //p'", "r");
  if (pipe == nullptr) return "";
  std::array<char, 64> text{};
  const std::size_t count = fread(text.data(), 1, text.size() - 1, pipe);
  pclose(pipe);
  std::string version(text.data(), count);
  while (version.ends_with('\n')) version.pop_back();
  return version;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: SUPERSPAN RUN_FOLDER ROWS_FILE\n";
    return 2;
  }
  const std::string superspan = argv[1];
  const fs::path folder = argv[2];
  const std::string in = folder / "in.pcap";
  write_capture(in);
  const auto theirs = [&](const std::string& out) { return run({"tcpdump", "-r", in, "-w", out, kExpression}); };
  const auto ours = [&](const std::string& out) {
    return run({superspan, "filter", kExpression, "-r", in, "-w", out});
  };
  const fs::path their_file = folder / "theirs.pcap";
  const fs::path our_file = folder / "ours.pcap";
  if (theirs(their_file) < 0 || ours(our_file) < 0 || !same_bytes(their_file, our_file)) {
    std::cerr << "the two do not keep the same packets\n";
    return 1;
  }
  std::vector<double> their_rates;
  std::vector<double> our_rates;
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    const double their_time_s = theirs("/dev/null");
    const double our_time_s = ours("/dev/null");
    if (their_time_s < 0 || our_time_s < 0) return 1;
    their_rates.push_back(kPackets / their_time_s);
    our_rates.push_back(kPackets / our_time_s);
    ratios.push_back(their_time_s / our_time_s);
  }
  const double ratio = bench::median(ratios);
  std::cout << "filter: " << kPackets << " packets, " << fs::file_size(in) / 1'000'000 << " MB, "
            << fs::file_size(our_file) * 100 / fs::file_size(in) << " % kept, the same bytes; ratio " << ratio << "\n";
  bench::write_rows(argv[3],
                    {{"policy.filter_vs_tcpdump", "packets/s", bench::median(our_rates), bench::median(their_rates),
                      "tcpdump -r -w", tcpdump_version(), ratio, kGoal, ratio >= kGoal}});
  return 0;
}
