// SPDX-License-Identifier: Apache-2.0
// The server against a real ovs-vswitchd, both in a network namespace of their own that ends with this process.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "openflow/codec.h"
#include "openflow/random_flow.h"
#include "openflow/server.h"

namespace superspan::openflow {
namespace {

using namespace std::chrono_literals;
constexpr DatapathId kDatapath = 0xab;

int run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// ovsdb-server and ovs-vswitchd with private folders.
class OpenVswitch {
 public:
  OpenVswitch() {
    char name[] = "/tmp/ss-openflow-XXXXXX";
    folder_ = mkdtemp(name);
    for (const char* variable : {"OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"}) setenv(variable, folder_.c_str(), 1);
  }
  ~OpenVswitch() {
    for (const char* daemon : {"vswitchd", "ovsdb"}) {
      if (const pid_t pid = process(daemon); pid > 0) {
        kill(pid, SIGCONT);
        kill(pid, SIGKILL);
      }
    }
    std::filesystem::remove_all(folder_);
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
  std::string folder_;
};

OpenVswitch* vswitch = nullptr;

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
  bool wait(const std::function<bool()>& condition, base::Duration limit = 15s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition() && std::chrono::steady_clock::now() < end) io_.run_one_for(50ms);
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
    EXPECT_TRUE(wait([&] { return result.has_value(); }, 60s));
    return result.value_or(TransactionResult{});
  }
  std::vector<FlowStatistics> dump() {
    std::optional<base::Result<std::vector<FlowStatistics>>> result;
    server_->dump_flows(kDatapath, [&](auto value) { result = std::move(value); });
    EXPECT_TRUE(wait([&] { return result.has_value(); }, 60s));
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

std::vector<FlowMod> distinct_flows(std::size_t count, std::uint64_t seed, bool modern) {
  RandomFlow random(seed);
  std::vector<FlowMod> mods;
  std::set<FlowKey> seen;
  while (mods.size() < count) {
    FlowMod mod{FlowCommand::kAdd, random.flow(true, modern)};
    if (seen.insert(canonical(mod.flow).key).second) mods.push_back(std::move(mod));
  }
  return mods;
}

TEST_F(Lab, TenThousandFlowsAreInstalledAtOnceAndComeBackExactly) {
  for (const Version version : {Version::k13, Version::k14, Version::k15}) {
    listen();
    connect(version);
    ASSERT_TRUE(connected_);
    EXPECT_EQ(connected_->datapath, kDatapath);
    EXPECT_EQ(connected_->hardware, "Open vSwitch");
    EXPECT_TRUE(connected_->bundles);
    EXPECT_TRUE(connected_->matches_fragments);
    EXPECT_EQ(connected_->tables.size(), 254U);
    const auto mods = distinct_flows(10'000, test_seed(), true);
    const auto begin = std::chrono::steady_clock::now();
    const TransactionResult result = send({mods, {}});
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    ASSERT_TRUE(result.ok()) << render(*result.error);
    std::cout << to_string(version) << ": 10000 flows in " << took.count() << " s\n";
    expect_installed(mods);
    std::vector<FlowMod> removals = mods;
    for (FlowMod& mod : removals) mod.command = FlowCommand::kDeleteStrict;
    ASSERT_TRUE(send({removals, {}}).ok());
    expect_installed({});
    TearDown();
    connected_.reset();
  }
}

TEST_F(Lab, OpenFlow10WithExtensionsCarriesRegistersAndTables) {
  listen();
  connect(Version::k10);
  ASSERT_TRUE(connected_);
  EXPECT_TRUE(connected_->nicira);
  EXPECT_FALSE(connected_->bundles);
  EXPECT_TRUE(connected_->matches_fragments);
  const auto mods = distinct_flows(2000, test_seed(), false);
  const TransactionResult result = send({mods, {}});
  ASSERT_TRUE(result.ok()) << render(*result.error);
  expect_installed(mods);
}

TEST_F(Lab, OneBadFlowOfAHundredInstallsNothing) {
  for (const Version version : {Version::k13, Version::k14, Version::k15}) {
    listen();
    connect(version);
    ASSERT_TRUE(connected_);
    auto mods = distinct_flows(100, 1, true);
    mods[42].flow.actions = {OutputGroup{999}};
    const TransactionResult result = send({mods, {}});
    ASSERT_FALSE(result.ok());
    EXPECT_TRUE(result.applied_nothing);
    ASSERT_EQ(result.failed_count, 1U);
    EXPECT_EQ(result.failed[0].index, 42U);
    EXPECT_EQ(result.failed[0].error, "OFPBAC_BAD_OUT_GROUP");
    EXPECT_EQ(result.failed[0].mod, "add " + to_string(mods[42].flow));
    expect_installed({});
    TearDown();
    connected_.reset();
  }
}

TEST_F(Lab, WithoutBundlesTheErrorsNameTheirFlows) {
  listen();
  connect(Version::k10);
  ASSERT_TRUE(connected_);
  auto mods = distinct_flows(20, 1, false);
  mods[7].flow.key.match = {};
  mods[7].flow.actions = {SetField{net::Field::kNshSpi, 1, 0xffffff}};  // not an NSH packet
  const TransactionResult result = send({mods, {}});
  ASSERT_FALSE(result.ok());
  EXPECT_FALSE(result.applied_nothing);
  ASSERT_EQ(result.failed_count, 1U);
  EXPECT_EQ(result.failed[0].index, 7U);
  EXPECT_EQ(result.failed[0].error, "OFPBAC_MATCH_INCONSISTENT");
  mods.erase(mods.begin() + 7);
  expect_installed(mods);
}

TEST_F(Lab, GroupsComeBeforeTheFlowsThatUseThem) {
  listen();
  connect(Version::k14);
  ASSERT_TRUE(connected_);
  Flow flow;
  flow.actions = {OutputGroup{5}};
  const GroupMod group{GroupCommand::kAdd, 5, GroupType::kAll, {{0, {}, {Output{1}}}, {0, {}, {Output{2}}}}};
  TransactionResult result = send({{{FlowCommand::kAdd, flow}}, {group}});
  ASSERT_TRUE(result.ok()) << render(*result.error);
  expect_installed({{FlowCommand::kAdd, flow}});
  result = send({{{FlowCommand::kDeleteStrict, flow}}, {{GroupCommand::kDelete, 5, GroupType::kAll, {}}}});
  ASSERT_TRUE(result.ok()) << render(*result.error);
  expect_installed({});
}

TEST_F(Lab, AFlowOfSomebodyElseIsForeignAndCanBeDeleted) {
  listen();
  connect(Version::k15);
  ASSERT_TRUE(connected_);
  ASSERT_EQ(run("ovs-ofctl -O OpenFlow15 add-flow unix:" + vswitch->folder() +
                "/br0.mgmt 'table=3,priority=7,tun_id=5,reg3=1,tcp,idle_timeout=60,"
                "actions=learn(table=9,NXM_OF_ETH_SRC[]),output:4'"),
            0);
  const auto flows = dump();
  ASSERT_EQ(flows.size(), 1U);
  const Flow& flow = flows[0].flow;
  EXPECT_FALSE(flow.key.match.foreign.empty()) << "tun_id has no value in flow.h";
  EXPECT_EQ(flow.foreign, "learn(table=9,NXM_OF_ETH_SRC[]),idle_timeout=60");
  EXPECT_EQ(flow.key.table, 3);
  ASSERT_TRUE(send({{{FlowCommand::kDeleteStrict, flow}}, {}}).ok());
  expect_installed({});
}

TEST_F(Lab, ASilentSwitchIsDownAfterThreeEchoes) {
  listen();
  connect(Version::k13);
  ASSERT_TRUE(connected_);
  kill(vswitch->process("vswitchd"), SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(wait([&] { return !connected_; }, 10s));
  const auto took = std::chrono::steady_clock::now() - begin;
  kill(vswitch->process("vswitchd"), SIGCONT);
  EXPECT_EQ(gone_, std::vector<std::string>{"the switch did not answer 3 echo requests"});
  EXPECT_GT(took, 2500ms);
  EXPECT_LT(took, 5s);
  EXPECT_TRUE(wait([&] { return connected_.has_value(); })) << "it comes back";
}

TEST_F(Lab, AVersionThatWeDoNotSpeakIsRefusedWithAReason) {
  ServerOptions options;
  options.session.versions = {Version::k15};
  listen(std::move(options));
  vswitch->speak(Version::k10);
  vswitch->connect("tcp:127.0.0.1:" + std::to_string(server_->port()));
  ASSERT_TRUE(wait([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_[0], "superspan speaks OpenFlow 1.5; the switch offers none of them");
}

TEST_F(Lab, ADatapathThatNobodyExpectsIsRefused) {
  ServerOptions options;
  options.allowed = {1, 2};
  listen(std::move(options));
  vswitch->speak(Version::k13);
  vswitch->connect("tcp:127.0.0.1:" + std::to_string(server_->port()));
  ASSERT_TRUE(wait([&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_[0], "datapath 00000000000000ab is not expected here");
}

// An authority, a server certificate, and switch certificates for the right and a wrong datapath.
void make_certificates(const std::string& folder) {
  const std::string script = "cd " + folder + R"( && exec > openssl.log 2>&1
ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout $1.key -out $1.pem; }
leaf() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout $1.key -out $1.csr &&
  printf "$3" > $1.ext && openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $1.ext -out $1.pem
}
ca ca && ca other && leaf server /CN=controller "subjectAltName=IP:127.0.0.1\n" &&
leaf right /CN=filter1 "subjectAltName=URI:superspan:datapath:00000000000000ab\n" &&
leaf common /CN=00000000000000ab "" && leaf wrong /CN=00000000000000ac "")";
  ASSERT_EQ(run("bash -c '" + script + "'"), 0);
}

TEST_F(Lab, TlsNeedsACertificateForThisDatapath) {
  const std::string folder = vswitch->folder();
  make_certificates(folder);
  ServerOptions options;
  options.tls = TlsFiles{folder + "/server.pem", folder + "/server.key", folder + "/ca.pem"};
  listen(std::move(options));
  vswitch->speak(Version::k15);
  const auto dial = [&](const std::string& who) {
    refused_.clear();
    ASSERT_TRUE(
        vswitch->set("set-ssl " + folder + "/" + who + ".key " + folder + "/" + who + ".pem " + folder + "/ca.pem"));
    vswitch->connect("ssl:127.0.0.1:" + std::to_string(server_->port()));
    ASSERT_TRUE(wait([&] { return connected_ || !refused_.empty(); })) << who;
  };
  for (const char* who : {"right", "common"}) {
    dial(who);
    EXPECT_TRUE(connected_) << who << ": " << (refused_.empty() ? "" : refused_[0]);
    vswitch->disconnect();
    ASSERT_TRUE(wait([&] { return !connected_; }));
  }
  dial("wrong");
  EXPECT_FALSE(connected_);
  ASSERT_FALSE(refused_.empty());
  EXPECT_EQ(refused_[0], "the certificate is not for datapath 00000000000000ab");
  vswitch->disconnect();
  dial("other");  // signed by nobody we know
  EXPECT_FALSE(connected_);
  ASSERT_FALSE(refused_.empty());
  EXPECT_TRUE(refused_[0].starts_with("TLS: ")) << refused_[0];
  vswitch->disconnect();

  refused_.clear();
  const std::string target = "127.0.0.1:" + std::to_string(server_->port());
  const auto client = [&](const std::string& arguments) {
    run("timeout 5 openssl s_client -connect " + target + " " + arguments + " </dev/null >/dev/null 2>&1 &");
    EXPECT_TRUE(wait([&] { return !refused_.empty(); })) << arguments;
    EXPECT_FALSE(connected_);
    for (const std::string& reason : refused_) EXPECT_TRUE(reason.starts_with("TLS: ")) << reason;
    refused_.clear();
  };
  client("-tls1_3");  // no certificate
  client("-tls1_2 -cert " + folder + "/right.pem -key " + folder + "/right.key");
}

}  // namespace

// Network namespaces need root; Open vSwitch must be installed.
bool prepare() {
  if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
    std::cerr << "SKIPPED: this test needs root for its network namespace\n";
    return false;
  }
  if (run("ip link set lo up && command -v ovs-vswitchd ovsdb-server ovs-vsctl ovs-ofctl > /dev/null") != 0) {
    std::cerr << "SKIPPED: this test needs openvswitch-switch and iproute2\n";
    return false;
  }
  return true;
}

}  // namespace superspan::openflow

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!superspan::openflow::prepare()) return 77;
  superspan::openflow::OpenVswitch vswitch;
  if (!vswitch.start()) {
    std::cerr << "Open vSwitch does not start\n";
    return 1;
  }
  superspan::openflow::vswitch = &vswitch;
  return RUN_ALL_TESTS();
}
