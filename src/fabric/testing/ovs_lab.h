// SPDX-License-Identifier: Apache-2.0
// A fabric of real Open vSwitch bridges (userspace datapath) in a network namespace of its own, with its own daemons
// and folder. Everything goes away with the object. Header only, for lab tests; needs root.
#pragma once

#include <pcap/pcap.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "fabric/testing/support.h"

namespace superspan::fabric::support {

class OvsLab {
 public:
  // Ends the test program with exit code 77 and the reason if this machine cannot do it.
  static void require() {
    const char* reason = nullptr;
    if (::geteuid() != 0) reason = "needs root";
    if (std::system("command -v ovs-vswitchd > /dev/null && command -v ovsdb-server > /dev/null") != 0) {
      reason = "needs the package openvswitch-switch";
    }
    if (reason == nullptr) return;
    std::fprintf(stderr, "SKIPPED: a fabric of real switches %s\n", reason);
    std::_Exit(77);
  }

  OvsLab(const Topology& topology, unsigned vlan_limit) : topology_(topology) {
    EXPECT_EQ(::unshare(CLONE_NEWNET), 0);
    for (const char* const name : {"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"}) ::setenv(name, folder_.c_str(), 1);
    run("ip link set lo up; sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1");
    run("ovsdb-tool create @/conf.db /usr/share/openvswitch/vswitch.ovsschema");
    run("ovsdb-server @/conf.db --remote=punix:@/db.sock --pidfile=@/db.pid --detach --log-file=@/db.log "
        "--unixctl=@/db.ctl 2> /dev/null");
    vsctl("--no-wait init");
    vsctl("--no-wait set Open_vSwitch . other_config:vlan-limit=" + std::to_string(vlan_limit));
    run("ovs-vswitchd unix:@/db.sock --pidfile=@/vs.pid --detach --log-file=@/vs.log --unixctl=@/vs.ctl "
        "--disable-system 2> /dev/null");
    make_bridges();
    make_links();
    open_captures();
  }

  ~OvsLab() {
    for (auto& [where, capture] : captures_) ::pcap_close(capture);
    stop("vs.pid");
    stop("db.pid");
  }
  OvsLab(const OvsLab&) = delete;
  OvsLab& operator=(const OvsLab&) = delete;

  // The management socket of a switch.
  [[nodiscard]] std::string socket(SwitchIndex at) const { return folder_ + "/" + bridge(at) + ".mgmt"; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  void send(Attachment where, base::BytesView frame) {
    std::vector<unsigned char> bytes(frame.size());
    std::memcpy(bytes.data(), frame.data(), frame.size());
    EXPECT_EQ(::pcap_sendpacket(captures_.at(where), bytes.data(), static_cast<int>(bytes.size())), 0);
  }

  struct Seen {
    Attachment where;
    base::Bytes frame;
    friend auto operator<=>(const Seen&, const Seen&) = default;
  };
  // What comes out of the fabric's ports (tap ports too): until as many as expected have come, or nothing came for a
  // second; then on for as long as `quiet` lasts.
  [[nodiscard]] std::vector<Seen> collect(std::size_t expected, std::chrono::milliseconds quiet) {
    std::vector<Seen> seen;
    auto last = std::chrono::steady_clock::now();
    const auto waits_ms = [&] { return seen.size() < expected ? std::chrono::milliseconds(1000) : quiet; };
    while (std::chrono::steady_clock::now() - last < waits_ms()) {
      std::vector<pollfd> waits;
      for (const auto& [where, capture] : captures_) waits.push_back({::pcap_get_selectable_fd(capture), POLLIN, 0});
      if (::poll(waits.data(), waits.size(), 10) <= 0) continue;
      const std::size_t before = seen.size();
      for (const auto& [where, capture] : captures_) drain(where, capture, seen);
      if (seen.size() != before) last = std::chrono::steady_clock::now();
    }
    return seen;
  }
  void discard(std::chrono::milliseconds quiet) { (void)collect(0, quiet); }

  void run(std::string command) const {
    for (std::size_t at; (at = command.find('@')) != std::string::npos;) command.replace(at, 1, folder_);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

 private:
  static void drain(Attachment where, pcap_t* capture, std::vector<Seen>& seen) {
    pcap_pkthdr* header = nullptr;
    const unsigned char* data = nullptr;
    while (::pcap_next_ex(capture, &header, &data) == 1) {
      seen.push_back({where, base::Bytes(header->caplen)});
      std::memcpy(seen.back().frame.data(), data, header->caplen);
    }
  }

  static std::string bridge(SwitchIndex at) { return "br" + std::to_string(at); }
  static std::string device(const char* side, Attachment where) {
    return side + std::to_string(where.at) + "p" + std::to_string(where.port);
  }
  void vsctl(const std::string& arguments) const { run("ovs-vsctl --db=unix:@/db.sock " + arguments); }

  void make_bridges() const {
    std::string arguments;
    for (SwitchIndex at = 0; at < topology_.switches().size(); ++at) {
      char datapath[20];
      std::snprintf(datapath, sizeof(datapath), "%016llx",
                    static_cast<unsigned long long>(topology_.switches()[at].datapath));
      arguments += " -- add-br " + bridge(at) + " -- set bridge " + bridge(at) +
                   " datapath_type=netdev fail_mode=secure protocols=OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15" +
                   " other-config:datapath-id=" + datapath;
    }
    vsctl(arguments.substr(4));
  }

  void make_links() {
    std::string links;
    std::string ports;
    const auto pair = [&links](const std::string& one, const std::string& other) {
      links += "link add " + one + " mtu 9000 type veth peer name " + other + " mtu 9000\n";
      for (const std::string& end : {one, other}) links += "link set " + end + " up\n";
    };
    const auto attach = [&ports](Attachment where) {
      ports += " -- add-port " + bridge(where.at) + " " + device("s", where) + " -- set interface " +
               device("s", where) + " ofport_request=" + std::to_string(where.port);
    };
    const auto outside = [&](Attachment where) {
      pair(device("h", where), device("s", where));
      attach(where);
      outside_.push_back(where);
    };
    for (const Tap& tap : topology_.taps()) outside(tap.where);
    for (const Tool& tool : topology_.tools()) outside(tool.where);
    for (const Node& node : topology_.nodes()) outside(node.where);
    for (const Link& link : topology_.links()) {
      pair(device("s", link.from), device("s", link.to));
      attach(link.from);
      attach(link.to);
    }
    std::ofstream(folder_ + "/links") << links;
    run("ip -batch @/links");
    vsctl(ports.substr(4));
  }

  void open_captures() {
    for (const Attachment& where : outside_) {
      char error[PCAP_ERRBUF_SIZE];
      pcap_t* const capture = ::pcap_create(device("h", where).c_str(), error);
      ::pcap_set_immediate_mode(capture, 1);
      ::pcap_set_promisc(capture, 1);
      ::pcap_set_snaplen(capture, 4096);  // a slot of the ring each: longer ones make the ring short
      EXPECT_EQ(::pcap_activate(capture), 0) << ::pcap_geterr(capture);
      ::pcap_setdirection(capture, PCAP_D_IN);
      ::pcap_setnonblock(capture, 1, error);
      captures_.emplace(where, capture);
    }
  }

  void stop(const char* pid_file) const {
    pid_t pid = 0;
    std::ifstream(folder_ + "/" + pid_file) >> pid;
    if (pid <= 0) return;
    ::kill(pid, SIGTERM);
    for (int tries = 0; tries < 300 && ::kill(pid, 0) == 0; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ::kill(pid, SIGKILL);
  }

  const Topology& topology_;
  base::testing::TemporaryFolder temporary_;
  std::string folder_ = temporary_.path().string();
  std::vector<Attachment> outside_;
  std::map<Attachment, pcap_t*> captures_;
};

}  // namespace superspan::fabric::support
