// SPDX-License-Identifier: Apache-2.0
// superspan-lab-traffic: what `superspan lab up` leaves running, and the generator of sample frames for tests.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "lab/lab.h"
#include "lab/traffic.h"

int main(int argc, char** argv) {
  using namespace superspan;
  CLI::App app("Traffic in the lab's production network");
  app.require_subcommand(1);

  std::string run_dir(lab::kRunDir);
  unsigned seconds = 0;
  CLI::App* run =
      app.add_subcommand("run", "HTTP, HTTPS, DNS, ping, iperf3 and tagged frames, a few exchanges a second");
  run->add_option("--run-dir", run_dir, "run directory of the lab")->capture_default_str();
  run->add_option("--seconds", seconds, "how long; 0: until a signal")->capture_default_str();

  std::string network_namespace;
  std::string device;
  std::uint32_t first = 1;
  unsigned rounds = 1;
  unsigned gap_us = 200;
  CLI::App* frames = app.add_subcommand(
      "frames",
      "every kind of frame (IPv4, IPv6, ARP, TCP, UDP, ICMP, SCTP, fragments; 0 to 2 tags) to nobody's address");
  frames->add_option("namespace", network_namespace, "network namespace, for example ss-host1")->required();
  frames->add_option("device", device, "its device, for example eth0")->required();
  frames->add_option("--first", first, "sequence number of the first round; makes frames distinct")
      ->capture_default_str();
  frames->add_option("--rounds", rounds, "how often")->capture_default_str();
  frames->add_option("--gap-us", gap_us, "pause between frames, microseconds")->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  if (frames->parsed()) {
    const auto sent =
        lab::send_sample_frames(network_namespace, device, first, rounds, std::chrono::microseconds(gap_us));
    if (!sent) {
      fmt::print(stderr, "{}\n", base::render(sent.error()));
      return 1;
    }
    fmt::print("{}\n", *sent);
    return 0;
  }
  const auto done =
      lab::traffic(run_dir, std::chrono::seconds(seconds), [](std::string_view line) { fmt::print("{}\n", line); });
  if (done) return 0;
  fmt::print(stderr, "{}\n", base::render(done.error()));
  return 1;
}
