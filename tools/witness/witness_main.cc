// SPDX-License-Identifier: Apache-2.0
// superspan-witness: exits 0 only when everything offered was delivered, once, and nothing else. 1: not so; 2: bad
// input.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "tools/witness/witness.h"

namespace {

struct Hop {
  std::string name;
  std::uint64_t packets = 0;
};

// CLI11's way to say what a word must look like: empty if it is good.
std::string wrong_hop(const std::string& word) {
  const std::size_t equals = word.find('=');
  const bool digits = equals != std::string::npos && equals + 1 < word.size() && word.size() - equals < 20 &&
                      word.find_first_not_of("0123456789", equals + 1) == std::string::npos;
  return digits ? "" : "'" + word + "' is not NAME=PACKETS";
}

Hop to_hop(const std::string& word) {
  const std::size_t equals = word.find('=');
  return {word.substr(0, equals), std::stoull(word.substr(equals + 1))};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace superspan;
  CLI::App app(
      "Compares, frame by frame, what tcpdump saw at the taps with what superspan delivered.\n"
      "Example: superspan-witness --offered tap1.pcap --offered tap2.pcap --expression 'udp port 53' --delivered "
      "dns.pcapng");
  witness::Task task;
  std::string name = "capture";
  std::string end = "end";
  std::vector<std::string> hops;
  double from_s = 0;
  double until_s = 0;
  bool no_header = false;
  app.add_option("--offered", task.offered, "capture made at a tap; may be repeated")->required();
  app.add_option("--delivered", task.delivered, "capture to be judged; may be repeated")->required();
  app.add_option("--expression", task.expression, "what the policy wants, as for tcpdump; default everything");
  app.add_option("--from", from_s, "frames offered before (seconds since 1970) need not be delivered");
  app.add_option("--until", until_s, "frames offered after (seconds since 1970) need not be delivered");
  app.add_option("--name", name, "first column of the table")->capture_default_str();
  app.add_option("--end", end, "second column: where the judged capture was made")->capture_default_str();
  app.add_option("--hop", hops, "a hop on the way and the packets that it counted; a row each; may be repeated")
      ->check(CLI::Validator(wrong_hop, "NAME=PACKETS"));
  app.add_flag("--no-header", no_header, "only the rows");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  constexpr double kNanoseconds = 1e9;
  if (app.count("--from") != 0) task.window.from_ns = std::llround(from_s * kNanoseconds);
  if (app.count("--until") != 0) task.window.until_ns = std::llround(until_s * kNanoseconds);

  const auto verdict = witness::judge(task);
  if (!verdict) {
    fmt::print(stderr, "{}\n", base::render(verdict.error()));
    return 2;
  }
  if (!no_header) fmt::print("{}\n", witness::table_header());
  bool clean = verdict->clean();
  for (const std::string& word : hops) {
    const Hop hop = to_hop(word);
    const auto row = witness::judge_hop(*verdict, hop.packets);
    fmt::print("{}\n", witness::table_row(name, hop.name, row));
    clean = clean && row.clean();
  }
  fmt::print("{}\n", witness::table_row(name, end, *verdict));
  for (const std::string& line : verdict->examples) fmt::print(stderr, "{}\n", line);
  return clean ? 0 : 1;
}
