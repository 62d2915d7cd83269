// SPDX-License-Identifier: Apache-2.0
// Flows, groups, refusals and certificates between the server and a real ovs-vswitchd.
#include <set>

#include "openflow/lab_fixture.h"
#include "openflow/random_flow.h"

namespace superspan::openflow {
namespace {

using namespace std::chrono_literals;

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
    const auto mods = distinct_flows(10'000, seed(), true);
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
  const auto mods = distinct_flows(2000, seed(), false);
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

}  // namespace superspan::openflow

int main(int argc, char** argv) {
  return superspan::openflow::run_lab_tests(argc, argv);
}
