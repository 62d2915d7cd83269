// SPDX-License-Identifier: Apache-2.0
// The fixed table of names against libpcap, which asks /etc/services, /etc/protocols and /etc/networks; and names of
// machines, which somebody else knows.
#include "policy/names.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "policy/compile.h"
#include "policy/evaluate.h"
#include "policy/testing/libpcap.h"
#include "policy/testing/no_resolver.h"

namespace superspan::policy {
namespace {

using testing::PcapFilter;

// All names and aliases of a file like /etc/services.
std::set<std::string> names_in(const char* path) {
  std::set<std::string> names;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    for (std::size_t column = 0; words >> word; ++column) {
      if (column != 1) names.insert(word);
    }
  }
  return names;
}

bool is_debian_12() {
  std::string version;
  std::ifstream("/etc/debian_version") >> version;
  return version.starts_with("12.") || version == "12";
}

// The same program here and there, or refused by both.
void expect_same(const std::string& expression) {
  const auto libpcap = PcapFilter::create(expression, /*optimize=*/false);
  const auto ours = explain(expression, Stage::kResolved);
  ASSERT_EQ(libpcap.has_value(), ours.has_value()) << expression;
  if (!ours) return;
  const auto again = PcapFilter::create(*ours, /*optimize=*/false);
  ASSERT_TRUE(again) << expression;
  EXPECT_TRUE(libpcap->same_code(*again)) << expression << " is " << *ours;
}

TEST(KnownNames, OfServicesMeanWhatTheyMeanToLibpcap) {
  if (!is_debian_12()) GTEST_SKIP() << "the table is that of Debian 12";
  const auto names = names_in("/etc/services");
  EXPECT_GT(names.size(), 300U);
  for (const std::string& name : names) {
    for (const char* prefix : {"port \\", "tcp port \\", "udp port \\", "sctp src port \\"}) expect_same(prefix + name);
    expect_same("portrange \\" + name + "-100");
  }
}

TEST(KnownNames, OfProtocolsAndNetworksMeanWhatTheyMeanToLibpcap) {
  if (!is_debian_12()) GTEST_SKIP() << "the table is that of Debian 12";
  const auto names = names_in("/etc/protocols");
  EXPECT_GT(names.size(), 80U);
  for (const std::string& name : names) {
    expect_same("ip proto \\" + name);
    expect_same("ip6 proto \\" + name);
  }
  for (const std::string& name : names_in("/etc/networks")) expect_same("ip net \\" + name);
  for (const char* name : {"ip", "ip6", "arp", "rarp", "atalk", "aarp", "decnet", "lat", "sca", "mopdl", "moprc",
                           "loopback", "iso", "stp", "ipx", "netbeui", "tcp", "vlan"}) {
    expect_same(std::string("ether proto \\") + name);
  }
}

class Machines final : public Names {
 public:
  std::vector<HostAddress> host(std::string_view name) const override {
    if (name == "web-1") return {*net::Ipv4Address::parse("10.0.0.1"), *net::Ipv6Address::parse("2001:db8::1")};
    if (name == "router-1") return {*net::Ipv4Address::parse("10.0.0.254")};
    return {};
  }
  std::optional<net::MacAddress> ether(std::string_view name) const override {
    if (name != "router-1") return std::nullopt;
    return *net::MacAddress::parse("02:00:00:00:00:fe");
  }
  std::vector<std::string> nearest(std::string_view name) const override {
    return name == "web-7" ? std::vector<std::string>{"web-1"} : std::vector<std::string>{};
  }
};

std::string resolved(const std::string& expression) {
  const auto text = explain(expression, Stage::kResolved, {.names = std::make_shared<Machines>()});
  return text ? *text : text.error().message + "; " + text.error().hint + "\n";
}

TEST(MachineNames, BecomeAllTheirAddresses) {
  EXPECT_EQ(resolved("host web-1 and tcp"), "(host 10.0.0.1 or ip6 host 2001:db8::1) and proto 6\n");
  EXPECT_EQ(resolved("ip src web-1"), "ip src host 10.0.0.1\n");
  EXPECT_EQ(resolved("ip6 dst host web-1"), "ip6 dst host 2001:db8::1\n");
  EXPECT_EQ(resolved("ether src router-1"), "ether src host 02:00:00:00:00:fe\n");
  EXPECT_EQ(resolved("gateway router-1"), "ether host 02:00:00:00:00:fe and not host 10.0.0.254\n");
}

TEST(MachineNames, ThatAreUnknownGetTheNearestOnes) {
  EXPECT_EQ(resolved("host web-7"), "unknown name 'web-7'; did you mean 'web-1'?\n");
  EXPECT_EQ(resolved("host db-1"), "unknown name 'db-1'; write the address\n");
  EXPECT_FALSE(Evaluator::create("host web-1"));
  EXPECT_FALSE(compile("gateway router-1"));
}

TEST(MachineNames, AreKnownToTheEvaluator) {
  const Machines machines;
  EXPECT_TRUE(Evaluator::create("host web-1", &machines));
}

}  // namespace
}  // namespace superspan::policy
