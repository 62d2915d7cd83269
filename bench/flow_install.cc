// SPDX-License-Identifier: Apache-2.0
// Flow installation into one Open vSwitch bridge: ours (values -> codec -> session -> TCP -> barrier or bundle) against
//   a) a blast: the same flow-mods encoded beforehand, written at once to a TCP connection, one barrier;
//   b) `ovs-ofctl --bundle add-flows` with the same flows as text.
// All install the same flows, interleaved in one run; what the switch reports afterwards is compared first.
// Usage: bench_flow_install BRIDGE_MANAGEMENT_SOCKET OUR_PORT BLAST_PORT WORK_FOLDER ROWS_FILE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "bench/address_list.h"
#include "bench/report.h"
#include "openflow/codec.h"
#include "openflow/server.h"

namespace {

using namespace superspan;
using Steady = std::chrono::steady_clock;

constexpr std::uint32_t kFlows = 50'000;
constexpr int kRounds = 7;
constexpr double kBlastGoal = 0.95;
constexpr double kBundleGoal = 1.4;

[[noreturn]] void die(const std::string& what) {
  std::cerr << "flow_install: " << what << "\n";
  std::exit(1);
}

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

std::string shell(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) die("cannot run " + command);
  std::string output;
  std::array<char, 4096> part{};
  while (const std::size_t count = fread(part.data(), 1, part.size(), pipe)) output.append(part.data(), count);
  if (pclose(pipe) != 0) die("failed: " + command);
  return output;
}

// A controller that only blasts: plain blocking TCP, hello, prepared bytes, barrier, until the barrier's reply.
class Blaster {
 public:
  Blaster(std::uint16_t port, const std::vector<openflow::FlowMod>& mods) : encoder_(openflow::Version::k14, true) {
    for (const openflow::FlowMod& mod : mods) {
      if (!encoder_.flow_mod(bytes_, kModXid, mod)) die("cannot encode a flow");
    }
    encoder_.barrier_request(bytes_, kBarrierXid);
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listener_, 1) != 0) {
      die("cannot listen for the blast");
    }
  }
  Blaster(const Blaster&) = delete;
  Blaster& operator=(const Blaster&) = delete;
  ~Blaster() {
    close(connection_);
    close(listener_);
  }

  void connect() {
    connection_ = accept(listener_, nullptr, nullptr);
    const int on = 1;
    setsockopt(connection_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    base::Bytes hello;
    const std::array versions = {openflow::Version::k14};
    openflow::Encoder::hello(hello, 1, versions);
    write_all(hello);
  }

  void install() {
    write_all(bytes_);
    while (next_message().xid != kBarrierXid) {
    }
  }

 private:
  static constexpr openflow::Xid kModXid = 7;
  static constexpr openflow::Xid kBarrierXid = 8;

  void write_all(base::BytesView bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write(connection_, bytes.data(), bytes.size());
      if (written <= 0) die("the switch closed the blast connection");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  openflow::Header next_message() {
    std::array<std::byte, openflow::kMessageBytesMax> message{};
    read_all(std::span(message).first(openflow::kHeaderBytes));
    const auto header = *openflow::peek_header(message);
    read_all(std::span(message).subspan(openflow::kHeaderBytes, header.length_bytes - openflow::kHeaderBytes));
    return header;
  }
  void read_all(std::span<std::byte> into) {
    while (!into.empty()) {
      const ssize_t count = read(connection_, into.data(), into.size());
      if (count <= 0) die("the switch closed the blast connection");
      into = into.subspan(static_cast<std::size_t>(count));
    }
  }

  openflow::Encoder encoder_;
  base::Bytes bytes_;
  int listener_ = -1;
  int connection_ = -1;
};

class OurController final : public openflow::SwitchHandler {
 public:
  explicit OurController(std::uint16_t port) {
    openflow::ServerOptions options;
    options.port = port;
    options.session.versions = {openflow::Version::k14};
    auto server = openflow::Server::listen(io_, options, *this);
    if (!server) die(base::render(server.error()));
    server_ = std::move(*server);
  }
  void connect() {
    while (!datapath_) io_.run_one();
  }
  void install(const std::vector<openflow::FlowMod>& mods, bool atomic) {
    std::optional<openflow::TransactionResult> result;
    openflow::Transaction transaction;
    transaction.flows = mods;
    transaction.atomic = atomic;
    server_->send(*datapath_, std::move(transaction),
                  [&result](const openflow::TransactionResult& done) { result = done; });
    while (!result) io_.run_one();
    if (!result->ok()) die(base::render(*result->error));
  }
  // Lets the session answer echoes between measurements.
  void breathe() { io_.run_for(std::chrono::milliseconds(20)); }

  void switch_connected(const openflow::SwitchInfo& info) override { datapath_ = info.datapath; }
  void switch_disconnected(openflow::DatapathId, const base::Error& reason) override { die(base::render(reason)); }

 private:
  boost::asio::io_context io_;
  std::unique_ptr<openflow::Server> server_;
  std::optional<openflow::DatapathId> datapath_;
};

class Bench {
 public:
  Bench(const std::string& management, const std::string& folder)
      : target_("unix:" + management), file_(folder + "/flows.txt") {
    std::ofstream out(file_);
    for (const openflow::FlowMod& mod : mods_) {
      // "No tag" in the form that OpenFlow 1.4 carries, so that all methods install the same.
      std::string text = openflow::to_string(mod.flow);
      const std::string untagged = "vlan_tci=0x0/0x1000";
      text.replace(text.find(untagged), untagged.size(), "vlan_tci=0x0000/0x1fff");
      out << text << "\n";
    }
  }

  // Flow-mods per second of one installation into an empty bridge; the flows must be the same each time.
  template <typename Install>
  double measure(const Install& install) {
    shell("ovs-ofctl -O OpenFlow14 del-flows " + target_);
    const auto start = Steady::now();
    install();
    const double rate = kFlows / seconds_since(start);
    // ovs-ofctl encodes a register bit as load, the codec as set_field: two words for one thing.
    const std::string dump = shell("ovs-ofctl -O OpenFlow14 --no-stats dump-flows " + target_ +
                                   " | sed 's#set_field:0x1/0x1->reg0#load:0x1->NXM_NX_REG0[0]#' | sort | md5sum");
    if (installed_.empty()) installed_ = dump;
    if (dump != installed_) die("the methods installed different flows");
    return rate;
  }
  void with_ofctl() const { shell("ovs-ofctl -O OpenFlow14 --bundle add-flows " + target_ + " " + file_); }
  [[nodiscard]] const std::vector<openflow::FlowMod>& mods() const { return mods_; }

 private:
  std::vector<openflow::FlowMod> mods_ = bench::address_list(kFlows);
  std::string target_;
  std::string file_;
  std::string installed_;
};

bench::Row row(const std::string& name, const std::vector<double>& ours, const std::vector<double>& theirs,
               const std::string& peer, double goal) {
  const double our_median = bench::median(ours);
  const double their_median = bench::median(theirs);
  const double ratio = our_median / their_median;
  std::istringstream version(shell("ovs-vswitchd --version"));
  std::string line;
  std::getline(version, line);
  return {name,  "flow-mods/s", our_median,   their_median, peer, line.substr(line.rfind(' ') + 1),
          ratio, goal,          ratio >= goal};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) die("usage: BRIDGE_MANAGEMENT_SOCKET OUR_PORT BLAST_PORT WORK_FOLDER ROWS_FILE");
  Bench bench(argv[1], argv[4]);
  Blaster blaster(static_cast<std::uint16_t>(std::stoi(argv[3])), bench.mods());
  OurController controller(static_cast<std::uint16_t>(std::stoi(argv[2])));
  controller.connect();
  blaster.connect();
  std::vector<double> blast, plain, bundle, ofctl;
  for (int number = 0; number < kRounds; ++number) {
    blast.push_back(bench.measure([&] { blaster.install(); }));
    controller.breathe();
    plain.push_back(bench.measure([&] { controller.install(bench.mods(), false); }));
    ofctl.push_back(bench.measure([&] { bench.with_ofctl(); }));
    controller.breathe();
    bundle.push_back(bench.measure([&] { controller.install(bench.mods(), true); }));
  }
  bench::write_rows(
      argv[5], {row("path.flow_install_vs_blast", plain, blast, "raw blast into Open vSwitch", kBlastGoal),
                row("path.flow_install_vs_ofctl_bundle", bundle, ofctl, "ovs-ofctl --bundle add-flows", kBundleGoal)});
  return 0;
}
