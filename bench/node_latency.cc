// SPDX-License-Identifier: Apache-2.0
// How long a node needs: from a request to the answer of `PUT /v1/assignment`, from a frame on its port to the bytes of
// the live stream at the reader, from a frame to its timestamp; and what it costs when nothing happens. Each frame is
// alone, after a pause in which the node has gone idle. All clocks are of one machine.
// Usage: bench_node_latency NODE_PROGRAM RUN_FOLDER ROWS_FILE, in a network namespace with the veth pair wire0 - port0.
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstring>
#include <fstream>
#include <future>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/report.h"
#include "http/client.h"
#include "http/router.h"
#include "http/server.h"
#include "net/nsh.h"

namespace {

using namespace superspan;
using SteadyClock = std::chrono::steady_clock;
using SystemClock = std::chrono::system_clock;

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";
constexpr int kAssignments = 400;
constexpr int kPackets = 400;
constexpr auto kPause = std::chrono::milliseconds(21);
constexpr auto kIdleTime = std::chrono::seconds(3);
constexpr double kAssignmentGoalMs = 0.5;
constexpr double kStreamGoalMs = 1;
constexpr double kIdleGoalPercent = 2;

[[noreturn]] void die(const std::string& what) {
  std::cerr << "node_latency: " << what << "\n";
  std::exit(1);
}

double ms_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

// The part of a controller that a node needs: takes its first heartbeat.
class Controller {
 public:
  explicit Controller(const std::string& socket) {
    router_.add_simple(http::Method::kPut, "/v1/nodes/{name}", [this](const http::Request& request) {
      if (!std::exchange(registered_, true)) registration_.set_value(request.body);
      return http::Response{200, "application/json", R"({"revision":0})", {}};
    });
    http::ServerOptions options;
    options.endpoints = {*http::parse_endpoint("unix:" + socket)};
    options.tokens = {kToken};
    auto server = http::Server::listen(io_, options, [this](http::Request request, http::Responder responder) {
      router_.handle(std::move(request), std::move(responder));
    });
    if (!server) die(base::render(server.error()));
    server_ = std::move(*server);
    thread_ = std::thread([this] { io_.run(); });
  }
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;
  ~Controller() {
    boost::asio::post(io_, [this] { server_.reset(); });
    guard_.reset();
    thread_.join();
  }
  http::Client node() {
    const auto heartbeat = boost::json::parse(registration_.get_future().get());
    http::ClientOptions options;
    options.token = heartbeat.at("token").as_string().c_str();
    return {*http::parse_endpoint(heartbeat.at("endpoint").as_string().c_str()), options};
  }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  bool registered_ = false;
  std::promise<std::string> registration_;
  std::thread thread_;
};

class NodeProcess {
 public:
  NodeProcess(const std::string& program, const std::string& run) {
    child_ = ::fork();
    if (child_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // also when this program gives up
    ::execl(program.c_str(), program.c_str(), "--name", "node1", "--controller", ("unix:" + run + "/api").c_str(),
            "--token-file", (run + "/token").c_str(), "--interface", "port0", "--endpoint",
            ("unix:" + run + "/node").c_str(), "--record-dir", run.c_str(), "--log-level", "warning",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ~NodeProcess() {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
  }
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;
  // User and system time of all its threads, in seconds.
  [[nodiscard]] double cpu_s() const {
    std::ifstream stat("/proc/" + std::to_string(child_) + "/stat");
    std::string text(std::istreambuf_iterator<char>(stat), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

 private:
  pid_t child_ = -1;
};

std::string assignment(int revision, bool with_other) {
  std::string policies =
      R"({"name":"web","number":1,"service_path":1,"bit":0,"from_epoch":1,"expression":"udp","stream":true})";
  if (with_other) {
    policies += R"(,{"name":"dns","number":)" + std::to_string(revision) +
                R"(,"service_path":1,"bit":1,"from_epoch":1,"expression":"udp port 53","residual":"udp port 53",)" +
                R"("record":true,"stream":true})";
  }
  return R"({"controller":"bench","revision":)" + std::to_string(revision) +
         R"(,"epoch":1,"taps":[{"id":1,"name":"leaf1-spine1"}],"policies":[)" + policies + "]}";
}

// A policy comes with an assignment and goes with the next one.
std::vector<double> time_assignments(http::Client& node) {
  std::vector<double> times_ms;
  for (int revision = 1; revision <= kAssignments; ++revision) {
    std::this_thread::sleep_for(kPause);
    const std::string body = assignment(revision, revision % 2 == 0 && revision != kAssignments);
    const auto start = SteadyClock::now();
    const auto answer = node.request(http::Method::kPut, "/v1/assignment", body);
    times_ms.push_back(ms_since(start));
    if (!answer || !answer->ok()) die("assignment: " + (answer ? answer->body : base::render(answer.error())));
  }
  return times_ms;
}

// The timestamp of the last packet of a little-endian pcapng text (draft-ietf-opsawg-pcapng, section 4.3).
std::optional<std::int64_t> last_packet_ns(const std::string& text) {
  std::optional<std::int64_t> last;
  const auto le32 = [&text](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, text.data() + at, sizeof(value));
    return value;
  };
  for (std::size_t at = 0; at + 28 <= text.size() && le32(at + 4) >= 12; at += le32(at + 4)) {
    if (le32(at) == 6) last = static_cast<std::int64_t>(std::uint64_t{le32(at + 12)} << 32 | le32(at + 16));
  }
  return last;
}

struct PacketTimes {
  std::vector<double> to_stream_ms;
  std::vector<double> to_timestamp_ms;
};

PacketTimes time_packets(http::Client& node) {
  const int socket = ::socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(::if_nametoindex("wire0"));
  net::FabricHeader header;
  header.service_path = 1;
  header.tap = 1;
  header.epoch = 1;
  header.policies = 1;
  const base::Bytes frame = net::make_fabric_frame(header, base::Bytes(100));
  PacketTimes times;
  SteadyClock::time_point sent;
  SystemClock::time_point sent_wall;
  const auto send = [&] {
    std::this_thread::sleep_for(kPause);
    sent_wall = SystemClock::now();
    sent = SteadyClock::now();
    const auto* to = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (::sendto(socket, frame.data(), frame.size(), 0, to, sizeof(address)) < 0) die("cannot send");
  };
  bool begun = false;
  const auto answer = node.stream("/v1/streams/web", [&](base::BytesView chunk) {
    const std::string text(static_cast<const char*>(static_cast<const void*>(chunk.data())), chunk.size());
    if (const auto stamped = last_packet_ns(text)) {
      times.to_stream_ms.push_back(ms_since(sent));
      const std::chrono::nanoseconds sent_ns = sent_wall.time_since_epoch();
      times.to_timestamp_ms.push_back(static_cast<double>(*stamped - sent_ns.count()) / 1e6);
    } else if (begun || chunk.empty()) {
      return true;
    }
    begun = true;
    if (times.to_stream_ms.size() == kPackets) return false;
    send();
    return true;
  });
  if (!answer || !answer->ok()) die("stream: " + (answer ? answer->body : base::render(answer.error())));
  ::close(socket);
  return times;
}

bench::Row row(const char* name, const char* unit, double value, double goal) {
  return {name, unit, value, {}, "", "", {}, goal, value <= goal};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) die("usage: NODE_PROGRAM RUN_FOLDER ROWS_FILE");
  const std::string run = argv[2];
  std::ofstream(run + "/token") << kToken << '\n';
  if (::chmod((run + "/token").c_str(), 0600) != 0) die("cannot write the token");
  Controller controller(run + "/api");
  const NodeProcess process(argv[1], run);
  http::Client node = controller.node();
  const auto assigned = time_assignments(node);
  const auto packets = time_packets(node);
  const double cpu_before = process.cpu_s();
  std::this_thread::sleep_for(kIdleTime);
  const double idle = (process.cpu_s() - cpu_before) * 100 / std::chrono::duration<double>(kIdleTime).count();
  const auto both = [](const std::vector<double>& values, double percent) {
    return bench::percentile(values, percent);
  };
  bench::write_rows(argv[3], {row("node.assignment_answered_p50", "ms", both(assigned, 50), kAssignmentGoalMs),
                              row("node.assignment_answered_p99", "ms", both(assigned, 99), kAssignmentGoalMs),
                              row("node.packet_to_stream_p50", "ms", both(packets.to_stream_ms, 50), kStreamGoalMs),
                              row("node.packet_to_stream_p99", "ms", both(packets.to_stream_ms, 99), kStreamGoalMs),
                              row("node.timestamp_late_p50", "ms", both(packets.to_timestamp_ms, 50), kStreamGoalMs),
                              row("node.timestamp_late_p99", "ms", both(packets.to_timestamp_ms, 99), kStreamGoalMs),
                              row("node.idle_cpu", "% of a core", idle, kIdleGoalPercent)});
  return 0;
}
