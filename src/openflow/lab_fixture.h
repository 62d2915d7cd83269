// SPDX-License-Identifier: Apache-2.0
// For lab tests: the server against a real ovs-vswitchd, both in a network namespace of their own that ends with this
// process.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

#include "base/testing/temporary_folder.h"
#include "openflow/codec.h"
#include "openflow/server.h"

namespace superspan::openflow {

inline constexpr DatapathId kDatapath = 0xab;

inline int run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// ovsdb-server and ovs-vswitchd with private folders.
class OpenVswitch {
 public:
  OpenVswitch() {
    for (const char* variable : {"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"}) setenv(variable, folder_.c_str(), 1);
  }
  OpenVswitch(const OpenVswitch&) = delete;
  OpenVswitch& operator=(const OpenVswitch&) = delete;
  ~OpenVswitch() {
    for (const char* daemon : {"vswitchd", "ovsdb"}) {
      if (const pid_t pid = process(daemon); pid > 0) {
        kill(pid, SIGCONT);
        kill(pid, SIGKILL);
      }
    }
  }

  bool start() {
    return run("cd " + folder_ + " && ovsdb-tool create conf.db /usr/share/openvswitch/vswitch.ovsschema" +
               " && ovsdb-server conf.db --remote=punix:db.sock --pidfile=ovsdb.pid --detach --log-file=db.log" +
               " --unixctl=db.ctl 2>/dev/null") == 0 &&
           set("--no-wait init") &&
           run("cd " + folder_ + " && ovs-vswitchd unix:db.sock --pidfile=vswitchd.pid --detach --log-file=vs.log" +
               " --unixctl=vs.ctl --disable-system 2>/dev/null") == 0 &&
           set("add-br br0 -- set bridge br0 datapath_type=netdev fail_mode=secure"
               " other_config:datapath-id=00000000000000ab");
  }
  bool set(const std::string& arguments) {
    return run("ovs-vsctl --timeout=10 --db=unix:" + folder_ + "/db.sock " + arguments) == 0;
  }
  void speak(Version version) {
    static const std::map<Version, std::string> kNames = {{Version::k10, "OpenFlow10"},
                                                          {Version::k13, "OpenFlow13"},
                                                          {Version::k14, "OpenFlow14"},
                                                          {Version::k15, "OpenFlow15"}};
    ASSERT_TRUE(set("set bridge br0 protocols=" + kNames.at(version)));
  }
  void connect(const std::string& target) {
    ASSERT_TRUE(set("set-controller br0 " + target + " -- set controller br0 max_backoff=1000 inactivity_probe=0"));
  }
  void disconnect() { ASSERT_TRUE(set("del-controller br0 -- del-ssl")); }
  void clear() {
    ASSERT_EQ(run("ovs-ofctl -O OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15 del-flows unix:" + folder_ + "/br0.mgmt"),
              0);
  }
  [[nodiscard]] pid_t process(const std::string& daemon) const {
    std::ifstream file(folder_ + "/" + daemon + ".pid");
    pid_t pid = 0;
    file >> pid;
    return pid;
  }
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  base::testing::TemporaryFolder temporary_;
  std::string folder_ = temporary_.path().string();
};

inline OpenVswitch* vswitch = nullptr;

class Lab : public testing::Test, public SwitchHandler {
 protected:
  void listen(ServerOptions options = {}) {
    options.port = 0;
    auto result = Server::listen(io_, std::move(options), *this);
    ASSERT_TRUE(result) << render(result.error());
    server_ = std::move(*result);
  }
  void TearDown() override {
    server_.reset();
    vswitch->disconnect();
    vswitch->clear();
  }
  // Runs the server until the condition holds; false after `limit`.
  bool wait(const std::function<bool()>& condition, base::Duration limit = std::chrono::seconds(15)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition() && std::chrono::steady_clock::now() < end) io_.run_one_for(std::chrono::milliseconds(50));
    return condition();
  }
  void connect(Version version) {
    vswitch->speak(version);
    vswitch->connect("tcp:127.0.0.1:" + std::to_string(server_->port()));
    ASSERT_TRUE(wait([&] { return connected_.has_value(); })) << "no switch came";
    EXPECT_EQ(connected_->version, version);
  }
  TransactionResult send(Transaction transaction) {
    std::optional<TransactionResult> result;
    server_->send(kDatapath, std::move(transaction), [&](TransactionResult value) { result = std::move(value); });
    EXPECT_TRUE(wait([&] { return result.has_value(); }, std::chrono::seconds(60)));
    return result.value_or(TransactionResult{});
  }
  std::vector<FlowStatistics> dump() {
    std::optional<base::Result<std::vector<FlowStatistics>>> result;
    server_->dump_flows(kDatapath, {}, [&](auto value) { result = std::move(value); });
    EXPECT_TRUE(wait([&] { return result.has_value(); }, std::chrono::seconds(60)));
    if (!result || !*result) {
      ADD_FAILURE() << (result ? render(result->error()) : "no answer");
      return {};
    }
    return std::move(**result);
  }
  // The switch holds exactly these flows.
  void expect_installed(const std::vector<FlowMod>& mods) {
    std::map<FlowKey, Flow> wanted;
    for (const FlowMod& mod : mods) wanted[canonical(mod.flow).key] = canonical(mod.flow);
    const auto found = dump();
    EXPECT_EQ(found.size(), wanted.size());
    std::size_t wrong = 0;
    for (const FlowStatistics& item : found) {
      const auto match = wanted.find(item.flow.key);
      const bool equal = match != wanted.end() && match->second == item.flow;
      if (equal || ++wrong > 3) continue;
      ADD_FAILURE() << "reported " << to_string(item.flow) << "\nwanted   "
                    << (match == wanted.end() ? "no such key" : to_string(match->second));
    }
    EXPECT_EQ(wrong, 0U);
  }

  void switch_connected(const SwitchInfo& info) override { connected_ = info; }
  void switch_disconnected(DatapathId, const base::Error& reason) override {
    connected_.reset();
    gone_.push_back(reason.message);
  }
  void connection_refused(const std::string&, const base::Error& reason) override {
    refused_.push_back(reason.message);
  }

  boost::asio::io_context io_;
  std::unique_ptr<Server> server_;
  std::optional<SwitchInfo> connected_;
  std::vector<std::string> gone_;
  std::vector<std::string> refused_;
};

// Network namespaces need root; Open vSwitch must be installed.
inline bool prepare() {
  if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
    std::cerr << "SKIPPED: this test needs root for its network namespace\n";
    return false;
  }
  if (run("ip link set lo up && command -v ovs-vswitchd ovsdb-server ovs-vsctl ovs-ofctl > /dev/null") != 0) {
    std::cerr << "SKIPPED: this test needs openvswitch-switch and iproute2\n";
    return false;
  }
  // Else the kernel announces its IPv6 addresses on the ports of the switch, between the frames of the test.
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << "1\n";
  return true;
}

// For main().
inline int run_lab_tests(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!prepare()) return 77;
  OpenVswitch process;
  if (!process.start()) {
    std::cerr << "Open vSwitch does not start\n";
    return 1;
  }
  vswitch = &process;
  const int failed = RUN_ALL_TESTS();
  vswitch = nullptr;
  return failed;
}

}  // namespace superspan::openflow
