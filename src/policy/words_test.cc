// SPDX-License-Identifier: Apache-2.0
// The words of superspan: src/policy/testdata/words.txt, and random expressions with them on random frames in and out
// of tunnels: what the rules let through and the residual keeps is what the evaluator keeps.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "policy/compile.h"
#include "policy/evaluate.h"
#include "policy/testing/cases.h"
#include "policy/testing/inventory.h"
#include "policy/testing/libpcap.h"
#include "policy/testing/subject.h"
#include "policy/testing/tunnels.h"

namespace superspan::policy {
namespace {

using testing::Random;

std::string joined(const std::vector<Rule>& rules) {
  std::string text;
  for (const Rule& rule : rules) {
    text += (text.empty() ? "" : " | ") + std::string(rule.accept ? "accept " : "reject ") +
            (rule.match.empty() ? "everything" : net::to_string(rule.match));
  }
  return text;
}

TEST(Words, BecomeWhatTheTableSays) {
  const auto cases = testing::read_cases("src/policy/testdata/words.txt");
  ASSERT_GT(cases.size(), 30U);
  for (const testing::Case& test : cases) {
    const CompileOptions options{.keep_malformed = false, .names = testing::inventory_names()};
    const auto compiled = compile(test.text("policy"), options);
    ASSERT_TRUE(compiled) << test.place << "\n" << base::render(compiled.error());
    EXPECT_EQ(test.text("resolved") + "\n", explain(test.text("policy"), Stage::kResolved, options)) << test.place;
    if (!test.text("rules").empty()) {
      EXPECT_EQ(test.text("rules"), joined(compiled->rules)) << test.place;
    }
    if (!test.text("residual").empty()) {
      EXPECT_EQ(test.text("residual"), compiled->residual ? compiled->residual->expression : "none") << test.place;
    }
    EXPECT_EQ(compiled->residual.has_value(), !compiled->overmatches.empty()) << test.place;
    if (!compiled->residual) continue;
    // A node understands it without knowing any name.
    EXPECT_TRUE(Evaluator::from_residual(compiled->residual->expression)) << test.place;
    EXPECT_EQ(compiled->residual->libpcap,
              testing::PcapFilter::create(compiled->residual->expression, /*optimize=*/false).has_value())
        << test.place;
  }
}

// --- random ---

constexpr const char* kTests[] = {"tcp",
                                  "udp",
                                  "arp",
                                  "ip",
                                  "ip6",
                                  "port 53",
                                  "src port 80",
                                  "host 10.0.0.1",
                                  "src net 10.0.0.0/8",
                                  "vm web-1",
                                  "src vm web-2",
                                  "app shop",
                                  "dst app ssh",
                                  "tenant blue",
                                  "label role=web",
                                  "hypervisor hv-1",
                                  "qos ef",
                                  "dscp 0",
                                  "ecn 1",
                                  "tcpflags syn",
                                  "tcpflags !ack,syn",
                                  "vni 5000",
                                  "vni 1",
                                  "payload /a/",
                                  "payload /[\\x00-\\x20]{3}/s",
                                  "tap leaf1",
                                  "ether[0] & 1 = 0",
                                  "len > 80",
                                  "ip[8] > 60",
                                  "ether multicast",
                                  "icmp",
                                  "sctp",
                                  "ip6 proto 17"};

class WordMaker {
 public:
  explicit WordMaker(Random& random) : random_(random) {}

  std::string make(unsigned depth = 3, bool bidir = true) {
    switch (depth == 0 ? 0 : random_.below(10)) {
      case 0:
      case 1:
      case 2:
        return kTests[random_.below(std::size(kTests))];
      case 3:
        return "(" + make(depth - 1, bidir) + " and " + make(depth - 1, bidir) + ")";
      case 4:
        return "(" + make(depth - 1, bidir) + " or " + make(depth - 1, bidir) + ")";
      case 5:
        return "not " + make(depth - 1, bidir);
      case 6:
        return "inner (" + make(depth - 1, bidir) + ")";
      case 7:
        return "anytag (" + make(depth - 1, bidir) + ")";
      case 8:
        return bidir ? "bidir (" + make(depth - 1, false) + ")" : "outer (" + make(depth - 1, bidir) + ")";
      default:
        return "(vlan and " + make(depth - 1, bidir) + ")";
    }
  }

 private:
  Random& random_;
};

TEST(Words, RulesAndResidualKeepWhatTheEvaluatorKeeps) {
  Random random(77);
  const auto names = testing::inventory_names();
  const auto frames = testing::tunnel_pool(400, 78);
  WordMaker maker(random);
  std::size_t compared = 0;
  std::size_t kept = 0;
  for (int count = 0; count < 600 && !HasFailure(); ++count) {
    const std::string expression = maker.make();
    const auto evaluator = Evaluator::create(expression, names.get());
    const auto compiled = compile(expression, {.names = names});
    if (!evaluator || !compiled) {
      EXPECT_EQ(evaluator.has_value(), compiled.has_value() || compiled.error().code == base::ErrorCode::kLimit)
          << expression;
      continue;
    }
    for (const Rule& rule : compiled->rules) {
      ASSERT_TRUE(testing::has_prerequisites(rule.match)) << expression << "\n" << net::to_string(rule.match);
    }
    const auto residual =
        compiled->residual ? Evaluator::from_residual(compiled->residual->expression) : Evaluator::create("");
    ASSERT_TRUE(residual) << expression << "\n" << base::render(residual.error());
    for (const testing::Frame& frame : frames) {
      if (frame.excepted) continue;
      const auto length = static_cast<std::uint32_t>(frame.bytes.size());
      const std::uint32_t tap = frame.bytes.size() % 2 == 0 ? 7 : 8;
      const auto [wanted, defined] = evaluator->answer(frame.bytes, length, tap);
      const bool accepted = compiled->diagram->accepts(frame.key.values);
      ASSERT_TRUE(accepted || !wanted) << "rules miss a frame\n" << expression << "\n" << testing::hex(frame.bytes);
      const bool finished = accepted && residual->answer(frame.bytes, length, tap).keeps;
      ASSERT_TRUE(!defined || finished == wanted)
          << expression << "\nresidual " << (compiled->residual ? compiled->residual->expression : "none") << "\n"
          << testing::hex(frame.bytes) << "\nwanted " << wanted;
      ++compared;
      kept += wanted ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 100'000U);
  EXPECT_GT(kept, 10'000U);
}

// --- one by one ---

bool keeps(const std::string& expression, const base::Bytes& frame, std::uint32_t tap = 0) {
  const auto evaluator = Evaluator::create(expression, testing::inventory_names().get());
  EXPECT_TRUE(evaluator) << expression << "\n" << base::render(evaluator.error());
  return evaluator && evaluator->answer(frame, static_cast<std::uint32_t>(frame.size()), tap).keeps;
}

TEST(Words, InnerLooksIntoEveryTunnel) {
  const base::Bytes inside = testing::udp_frame("10.0.0.1", "10.0.0.2", 1000, 53, "hello");
  for (const auto& [name, frame] :
       {std::pair("vxlan", testing::in_vxlan(inside, 5000)), std::pair("geneve", testing::in_geneve(inside, 5000, 2)),
        std::pair("nvgre", testing::in_gre(inside, 5000, true)),
        std::pair("gre", testing::in_gre(inside, 5000, false))}) {
    EXPECT_TRUE(keeps("inner (src host 10.0.0.1 and udp port 53)", frame)) << name;
    EXPECT_FALSE(keeps("inner (dst host 10.0.0.1)", frame)) << name;
    EXPECT_FALSE(keeps("host 10.0.0.1", frame)) << name;
    EXPECT_TRUE(keeps("src host 192.0.2.1 and inner (host 10.0.0.1) and dst host 192.0.2.2", frame)) << name;
    EXPECT_TRUE(keeps("inner (outer (host 192.0.2.1) and payload /^hello$/)", frame)) << name;
    EXPECT_FALSE(keeps("inner (inner (ip))", frame)) << name;
    EXPECT_EQ(keeps("vni 5000", frame), std::string(name) != "gre") << name;
    EXPECT_FALSE(keeps("vni 5001", frame)) << name;
    EXPECT_EQ(keeps("inner (ether host 02:00:00:00:00:0a)", frame), std::string(name) != "gre") << name;
    EXPECT_TRUE(keeps("inner (inner (udp))", testing::in_vxlan(frame, 1))) << name;
  }
  EXPECT_FALSE(keeps("inner (ip)", inside));
}

TEST(Words, AnytagLooksBehindAllTags) {
  base::Bytes frame = testing::udp_frame("10.0.0.1", "10.0.0.2", 1000, 53, "hello");
  for (int tags = 0; tags < 4; ++tags) {
    EXPECT_TRUE(keeps("anytag (udp port 53)", frame)) << tags;
    EXPECT_TRUE(keeps("anytag (ether src 02:00:00:00:00:0a and ip[8] = 64 and payload /hello/)", frame)) << tags;
    EXPECT_FALSE(keeps("anytag (tcp)", frame)) << tags;
    EXPECT_TRUE(keeps("not anytag (tcp)", frame)) << tags;
    EXPECT_EQ(keeps("anytag (ip) and ip", frame), tags == 0) << tags;
    frame = testing::tagged(frame, static_cast<std::uint16_t>(100 + tags));
  }
}

TEST(Words, PayloadIsWhatThePacketCarries) {
  const base::Bytes frame = testing::udp_frame("10.0.0.1", "10.0.0.2", 1000, 53, "GET /index\r\nHost: a");
  EXPECT_TRUE(keeps("payload /^GET/", frame));
  EXPECT_TRUE(keeps("payload /get/i", frame));
  EXPECT_FALSE(keeps("payload /get/", frame));
  EXPECT_TRUE(keeps("payload /^Host/m", frame));
  EXPECT_FALSE(keeps("payload /^Host/", frame));
  EXPECT_FALSE(keeps("payload /x.Host/s", frame));
  EXPECT_TRUE(keeps("payload /x\\r.Host/s", frame));
  base::Bytes padded = frame;
  padded.resize(frame.size() + 10, std::byte{'Z'});
  EXPECT_FALSE(keeps("payload /Z/", padded)) << "Ethernet padding is no payload";
  base::Bytes cut(frame.begin(), frame.begin() + 36);
  EXPECT_FALSE(keeps("payload /./s", cut));
  EXPECT_TRUE(keeps("payload /./s or ip", cut)) << "a cut header carries nothing, and refuses nothing";
}

TEST(Words, TapIsTheTapOfTheCopy) {
  const base::Bytes frame = testing::udp_frame("10.0.0.1", "10.0.0.2", 1000, 53, "");
  EXPECT_TRUE(keeps("tap leaf1 and udp", frame, 7));
  EXPECT_FALSE(keeps("tap leaf1", frame, 8));
  EXPECT_TRUE(keeps("tap 8", frame, 8));
  EXPECT_FALSE(keeps("tap leaf1", frame));
}

// What tcpdump takes means the same, although the words of superspan are in it.
TEST(Words, AreNoWordsWhereTcpdumpHasNames) {
  for (const char* expression :
       {"tcp[tcpflags] & tcp-syn != 0", "port tcpflags", "tcpflags = 13", "port 80 or tcpflags", "tcpflags != 3"}) {
    const auto ours = explain(expression, Stage::kResolved);
    ASSERT_TRUE(ours) << expression;
    EXPECT_TRUE(testing::PcapFilter::create(expression, false)->same_code(*testing::PcapFilter::create(*ours, false)))
        << expression;
  }
  const auto host = compile("host vm or tap", {.names = testing::inventory_names()});
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().message, "unknown name 'vm'");
}

TEST(Words, HostilePatternsEndQuickly) {
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& pattern :
       {std::string("(((a{100}){100}){100}){100}"), std::string("a{99999999999999999999}"), std::string(2000, 'a'),
        std::string(900, '('), std::string("(a|aa)+$"), std::string("(.*)*x(.*)*y(.*)*z"), std::string("[^]"),
        std::string("(a{0,60}b){0,60}")}) {
    (void)compile("payload /" + pattern + "/");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  const auto many = compile("payload /(a{100}){100}/");
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, base::ErrorCode::kLimit);
}

}  // namespace
}  // namespace superspan::policy
