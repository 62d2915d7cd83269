// SPDX-License-Identifier: Apache-2.0
// Request -> first matching packet at the node, in a running lab (bench/first_packet.sh raises it).
//
// Loads policies with 10,000 flows, then again and again: PUT a policy for a UDP port that a sender in a production
// host uses all the time, and read from the node's pcapng when its first packet was received. Both times are of one
// clock. Usage: bench_first_packet ENDPOINT TOKEN_FILE TAP SENDER_NAMESPACE SENDER_INTERFACE ROWS_FILE
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <numeric>
#include <optional>
#include <ranges>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "bench/report.h"
#include "http/client.h"

namespace {

using namespace superspan;
using SystemClock = std::chrono::system_clock;

constexpr int kRounds = 100;
// Longer than the drain after a removal (200 ms), in which the next commit waits: each request meets a calm fabric.
constexpr auto kPause = std::chrono::milliseconds(400);
constexpr int kBackgroundPolicies = 8;
constexpr int kRulesPerPolicy = 1250;
constexpr double kGoalMs = 5;
constexpr std::uint16_t kPort = 45678;

[[noreturn]] void die(const std::string& what) {
  std::cerr << "first_packet: " << what << "\n";
  std::exit(1);
}

http::Response must(base::Result<http::Response> response, const std::string& what) {
  if (!response) die(what + ": " + base::render(response.error()));
  if (!response->ok()) die(what + ": " + std::to_string(response->status) + " " + response->body);
  return std::move(*response);
}

// The value of a JSON string member; enough for the flat answers read here.
std::string member(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const auto begin = json.find(key);
  if (begin == std::string::npos) die("no member " + name + " in " + json);
  const auto from = begin + key.size();
  return json.substr(from, json.find('"', from) - from);
}

base::Bytes udp_frame() {
  base::ByteWriter frame;
  frame.be32(0x02000000);
  frame.be16(0x0b01);
  frame.be32(0x02000000);
  frame.be16(0x0b02);
  frame.be16(0x0800);
  frame.be32(0x4500002e);
  frame.be32(0x00010000);
  frame.be32(0x40110000);
  frame.be32(0x0ac80001);
  frame.be32(0x0ac80002);
  frame.be16(1000);
  frame.be16(kPort);
  frame.be16(26);
  frame.be16(0);
  frame.zeros(18);
  return frame.take();
}

// Sends the frame every 250 us from an interface in another network namespace until stopped.
void send_until(const std::atomic<bool>& stop, const std::string& name_space, const std::string& interface) {
  const int ns = open(("/var/run/netns/" + name_space).c_str(), O_RDONLY | O_CLOEXEC);
  if (ns < 0 || setns(ns, CLONE_NEWNET) != 0) die("cannot enter namespace " + name_space);
  const int socket = ::socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
  if (socket < 0 || address.sll_ifindex == 0) die("no interface " + interface + " in " + name_space);
  const base::Bytes frame = udp_frame();
  auto next = std::chrono::steady_clock::now();
  while (!stop) {
    sockaddr generic{};
    static_assert(sizeof(generic) <= sizeof(address));
    sendto(socket, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    next += std::chrono::microseconds(250);
    std::this_thread::sleep_until(next);
  }
  close(socket);
  close(ns);
}

// The receive time of the first packet in a little-endian pcapng stream (draft-ietf-opsawg-pcapng, section 4.3).
std::optional<std::uint64_t> first_packet_ns(const std::string& file) {
  const auto le32 = [&file](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, file.data() + at, sizeof(value));
    return value;
  };
  for (std::size_t at = 0; at + 28 <= file.size(); at += le32(at + 4)) {
    if (le32(at) == 6) return std::uint64_t{le32(at + 12)} << 32 | le32(at + 16);
    if (le32(at + 4) < 12) break;
  }
  return std::nullopt;
}

std::string policy_json(const std::string& expression, const std::string& extra) {
  return "{\"expression\":\"" + expression + "\"," + extra + "}";
}

void load_background(http::Client& client) {
  for (int policy = 0; policy < kBackgroundPolicies; ++policy) {
    std::string expression;
    for (int rule = 0; rule < kRulesPerPolicy; ++rule) {
      expression += (rule == 0 ? "" : " or ") + std::string("ip src host 172.") + std::to_string(16 + policy) + "." +
                    std::to_string(rule / 250) + "." + std::to_string(1 + rule % 250);
    }
    must(client.request(http::Method::kPut, "/v1/policies/bench-load-" + std::to_string(policy),
                        policy_json(expression, "\"tools\":[\"node1\"],\"limits\":{\"duration_s\":3600}")),
         "load policy");
  }
}

// Milliseconds from sending the request to the first packet at the node.
double round(http::Client& client, const std::string& tap, int number) {
  const std::string path = "/v1/policies/bench-first-" + std::to_string(number);
  const auto asked = SystemClock::now().time_since_epoch();
  must(client.request(
           http::Method::kPut, path,
           policy_json("udp dst port " + std::to_string(kPort), "\"taps\":[\"" + tap +
                                                                    "\"],\"tools\":[\"node1\"],\"stream\":true,"
                                                                    "\"limits\":{\"duration_s\":60}")),
       "policy");
  const std::string ticket = must(client.request(http::Method::kGet, path + "/stream"), "ticket").body;
  auto endpoint = http::parse_endpoint(member(ticket, "endpoint"));
  if (!endpoint) die(base::render(endpoint.error()));
  http::ClientOptions options;
  options.token = member(ticket, "token");
  http::Client node(*endpoint, options);
  std::string file;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  must(node.stream(member(ticket, "path"),
                   [&](base::BytesView chunk) {
                     for (const std::byte byte : chunk) file.push_back(static_cast<char>(byte));
                     return !first_packet_ns(file) && std::chrono::steady_clock::now() < deadline;
                   }),
       "stream");
  must(client.request(http::Method::kDelete, path), "delete");
  const auto received = first_packet_ns(file);
  if (!received) die("no packet within 5 s");
  const auto asked_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(asked).count();
  return static_cast<double>(static_cast<std::int64_t>(*received) - asked_ns) / 1e6;
}

void print_slowest(const std::vector<double>& times_ms) {
  std::vector<std::size_t> rounds(times_ms.size());
  std::iota(rounds.begin(), rounds.end(), std::size_t{0});
  std::ranges::sort(rounds, std::greater{}, [&times_ms](std::size_t round) { return times_ms[round]; });
  std::cout << "first_packet: slowest rounds:";
  for (const std::size_t round : rounds | std::views::take(10)) std::cout << " " << round << ":" << times_ms[round];
  std::cout << " ms\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) die("usage: ENDPOINT TOKEN_FILE TAP SENDER_NAMESPACE SENDER_INTERFACE ROWS_FILE");
  const auto endpoint = http::parse_endpoint(argv[1]);
  if (!endpoint) die(base::render(endpoint.error()));
  http::ClientOptions options;
  std::ifstream(argv[2]) >> options.token;
  http::Client client(*endpoint, options);
  load_background(client);
  std::atomic<bool> stop = false;
  std::thread sender([&] { send_until(stop, argv[4], argv[5]); });
  std::vector<double> times_ms;
  for (int number = 0; number < kRounds; ++number) {
    times_ms.push_back(round(client, argv[3], number));
    std::this_thread::sleep_for(kPause);
  }
  stop = true;
  sender.join();
  print_slowest(times_ms);
  const double p50 = bench::percentile(times_ms, 50);
  const double p99 = bench::percentile(times_ms, 99);
  bench::write_rows(argv[6], {{"path.first_packet_p50", "ms", p50, {}, "", "", {}, kGoalMs, p50 <= kGoalMs},
                              {"path.first_packet_p99", "ms", p99, {}, "", "", {}, kGoalMs, p99 <= kGoalMs}});
  return 0;
}
