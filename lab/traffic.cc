// SPDX-License-Identifier: Apache-2.0
#include "lab/traffic.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <thread>

#include "lab/frames.h"
#include "lab/network.h"

namespace superspan::lab {
namespace {

using base::Status;

// Nobody has it: the leaf drops the frame behind the tap instead of routing it on.
constexpr const char* kNobodysMac = "02:53:50:ff:ff:ff";

base::Result<FrameEnds> ends_of(const Host& from, const Host& to) {
  const auto source = net::MacAddress::parse(from.mac);
  const auto destination = net::MacAddress::parse(kNobodysMac);
  if (!source) return std::unexpected(source.error());
  if (!destination) return std::unexpected(destination.error());
  return FrameEnds{*source, *destination, from.ipv4, to.ipv4, from.ipv6, to.ipv6};
}

// One frame with one tag and one with two, to a port that says what they are.
Status send_tagged(const Host& from, const Host& to, std::uint32_t sequence) {
  const auto ends = ends_of(from, to);
  if (!ends) return std::unexpected(ends.error());
  return in_namespace(from.network_namespace, [&]() -> Status {
    auto sender = FrameSender::open("eth0");
    if (!sender) return std::unexpected(sender.error());
    for (const auto& tags : {std::vector<VlanTag>{{0x8100, 100}}, std::vector<VlanTag>{{0x8100, 100}, {0x8100, 200}}}) {
      const auto frame = make_frame({ends->source_mac, ends->destination_mac, tags, false, Content::kUdp, from.ipv4,
                                     to.ipv4, 40000, 5000, sequence});
      if (!frame) return std::unexpected(frame.error());
      if (auto sent = sender->send(*frame); !sent) return sent;
    }
    return {};
  });
}

void add(std::vector<Exchange>& round, const Host& from, Arguments command) {
  round.push_back({fmt::format("{}: {}", from.name, fmt::join(command, " ")), from.network_namespace,
                   std::move(command), &from, nullptr});
}

// Hosts take turns as clients; nobody talks to itself.
const Host& next_client(const Plan& plan, const Host& server, std::size_t& turn) {
  while (plan.hosts[turn % plan.hosts.size()].number == server.number) ++turn;
  return plan.hosts[turn++ % plan.hosts.size()];
}

}  // namespace

std::vector<Exchange> traffic_round(const Plan& plan) {
  std::vector<Exchange> round;
  if (plan.hosts.size() < 2) return round;
  std::size_t turn = 0;
  for (const Host& web : plan.web) {
    const Arguments curl = {"curl",       "--silent", "--show-error", "--insecure",
                            "--max-time", "2",        "--output",     "/dev/null"};
    for (const auto& url : {fmt::format("http://{}/", web.ipv4), fmt::format("http://[{}]/large", web.ipv6),
                            fmt::format("https://{}/", web.ipv4)}) {
      Arguments command = curl;
      command.push_back(url);
      add(round, next_client(plan, web, turn), std::move(command));
    }
  }
  for (const Host& dns : plan.dns) {
    for (const auto& [server, type] : {std::pair{dns.ipv4, "A"}, {dns.ipv6, "AAAA"}}) {
      add(round, next_client(plan, dns, turn), {"dig", "@" + server, "+tries=1", "+time=1", "web.lab", type});
    }
  }
  for (const Host& server : plan.iperf3) {
    add(round, next_client(plan, server, turn),
        {"iperf3", "--client", server.ipv4, "--bytes", std::to_string(kIperf3Bytes), "--bitrate", kIperf3Rate,
         "--connect-timeout", "1000"});
  }
  const Host& last = plan.hosts.back();
  for (const auto& address : {last.ipv4, last.ipv6}) {
    add(round, next_client(plan, last, turn), {"ping", "-c", "1", "-W", "1", address});
  }
  const Host& tagger = next_client(plan, last, turn);
  round.push_back({fmt::format("{}: tagged frames", tagger.name), tagger.network_namespace, {}, &tagger, &last});
  return round;
}

TrafficCount run_traffic(const Plan& plan, const std::function<bool()>& stop) {
  const auto round = traffic_round(plan);
  TrafficCount count;
  auto next = std::chrono::steady_clock::now();
  for (std::uint32_t turn = 0; !round.empty() && !stop(); ++turn) {
    const Exchange& exchange = round[turn % round.size()];
    Status done;
    if (exchange.command.empty()) {
      done = send_tagged(*exchange.from, *exchange.to, turn);
    } else {
      const auto output = run(exchange.command, {exchange.network_namespace, "", {}, std::chrono::milliseconds(5000)});
      if (!output) done = std::unexpected(output.error());
    }
    ++count.done;
    if (!done) {
      ++count.failed;
      count.last_failure = fmt::format("{}: {}", exchange.about, done.error().message);
    }
    // A slow exchange delays the next one; it is not made up for.
    next = std::max(next + std::chrono::milliseconds(1000 / kExchangesPerSecond), std::chrono::steady_clock::now());
    std::this_thread::sleep_until(next);
  }
  return count;
}

base::Result<std::uint64_t> send_sample_frames(const std::string& network_namespace, const std::string& device,
                                               std::uint32_t first_sequence, unsigned rounds,
                                               std::chrono::microseconds gap) {
  const Host from{0, "", "", "10.1.1.2", "fd00:1:1::2", "02:53:50:fe:00:01", ""};
  const Host to{0, "", "", "10.1.3.2", "fd00:1:3::2", "", ""};
  const auto ends = ends_of(from, to);
  if (!ends) return std::unexpected(ends.error());
  std::uint64_t sent = 0;
  const Status done = in_namespace(network_namespace, [&]() -> Status {
    auto sender = FrameSender::open(device);
    if (!sender) return std::unexpected(sender.error());
    for (unsigned round = 0; round < rounds; ++round) {
      const auto frames = sample_frames(*ends, first_sequence + round);
      if (!frames) return std::unexpected(frames.error());
      for (const base::Bytes& frame : *frames) {
        if (auto status = sender->send(frame); !status) return status;
        ++sent;
        std::this_thread::sleep_for(gap);
      }
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return sent;
}

}  // namespace superspan::lab
