// SPDX-License-Identifier: Apache-2.0
// libpcap's own calls are watched: this program has its own getaddrinfo() and the like, which libpcap then uses.
#include "node/residual_words.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <pcap/pcap.h>

#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "node/residual.h"
#include "node/testing.h"

namespace {

std::vector<std::string> asked;

bool is_address(const char* text) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, text, &ignored) == 1 || ::inet_pton(AF_INET6, text, &ignored) == 1;
}
bool is_digits(const char* text) {
  return std::string_view(text).find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

extern "C" {
int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** result) {
  const bool numeric = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  const bool named_host = host != nullptr && !numeric && !is_address(host);
  const bool named_service = service != nullptr && !is_digits(service);
  if (named_host) asked.emplace_back(host);
  if (named_service) asked.emplace_back(service);
  if (named_host || named_service) return EAI_NONAME;
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(host, service, hints, result);
}
int getnetbyname_r(const char* name, netent*, char*, size_t, netent** result, int*) {
  asked.emplace_back(name);
  *result = nullptr;
  return 0;
}
int getprotobyname_r(const char* name, protoent*, char*, size_t, protoent** result) {
  asked.emplace_back(name);
  *result = nullptr;
  return 0;
}
int ether_hostton(const char* name, ether_addr*) noexcept {
  asked.emplace_back(name);
  return -1;
}
}

namespace superspan::node {
namespace {

// What libpcap asks about first while it compiles.
std::string asked_for(const std::string& expression) {
  asked.clear();
  pcap_t* handle = ::pcap_open_dead(DLT_EN10MB, 262144);
  bpf_program program{};
  if (::pcap_compile(handle, &program, expression.c_str(), 0, PCAP_NETMASK_UNKNOWN) == 0) ::pcap_freecode(&program);
  ::pcap_close(handle);
  return asked.empty() ? "" : asked.front();
}

struct Named {
  const char* expression;
  const char* name;  // the word that is refused
};

constexpr Named kNamed[] = {
    {"host web-1", "web-1"},
    {"host web-1.example.com and tcp", "web-1.example.com"},
    {"tcp and not net office", "office"},
    {"port https", "https"},
    {"portrange ssh-http", "ssh-http"},
    {"ip proto \\tcp", "\\tcp"},
    {"ether host printer", "printer"},
    {"gateway 10.0.0.1", "gateway"},
    {"host tcpp", "tcpp"},
    {"host 1000-2000", "1000-2000"},  // a host, not a range of ports
    {"host 1.2.3.4.5", "1.2.3.4.5"},
    {"host 1.2.3.4.", "1.2.3.4."},
    {"host beef", "beef"},
    {"host 0xzz", "0xzz"},
    {"host fe80::1%eth0", "eth0"},
    {"len-14 > 5", "len-14"},                 // one word to libpcap
    {"host 1:2:3:4:5:and", "1:2:3:4:5:and"},  // libpcap reads the address 1:2:3:4:5:a and a name nd
    {"host ::dst", "::dst"},
    {"host a:b", "a"},
    {"host \xc3\xa4", "\xc3\xa4"},
};

TEST(ResidualWords, NamesAreRefusedBeforeLibpcapSeesThem) {
  for (const auto& [expression, name] : kNamed) {
    EXPECT_EQ(first_name(expression).value_or("nothing"), name) << expression;
    asked.clear();
    const auto residual = Residual::compile(expression);
    EXPECT_TRUE(asked.empty()) << expression;
    ASSERT_FALSE(residual) << expression;
    EXPECT_EQ(residual.error().message, "residual: '" + std::string(name) + "' is a name or an unknown word");
  }
}

TEST(ResidualWords, TheWatchWorks) {
  EXPECT_EQ(asked_for("host web-1"), "web-1");
  EXPECT_EQ(asked_for("net office"), "office");
  EXPECT_EQ(asked_for("port https"), "https");
  EXPECT_EQ(asked_for("ip proto \\nothing"), "nothing");
  EXPECT_EQ(asked_for("ether host printer"), "printer");
}

TEST(ResidualWords, ExpressionsWithoutNamesPass) {
  for (const char* expression :
       {"", "tcp", "ether src host 02:00:00:00:00:0a", "ether proto 0x88cc", "ip6 src net 2001:db8::/32",
        "ip6 host ::ffff:10.0.0.1", "net 10.0.0.0 mask 255.255.0.0", "net 10.1",
        "not (vlan 11 and udp portrange 10-20)", "ip[2:2] != len - 14", "ip[2:2]!=14",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "ip[8] < -5", "icmp[icmptype]=8", "ip[(ip[0]&0xf)<<2:2] = 1"}) {
    EXPECT_EQ(first_name(expression).value_or("nothing"), "nothing") << expression;
    const auto residual = Residual::compile(expression);
    EXPECT_TRUE(residual) << expression << ": " << base::render(residual.error());
  }
}

// Whatever passes: libpcap may refuse it, but it asks nobody.
TEST(ResidualWords, LibpcapAsksNobodyAboutAnyTextThatPasses) {
  constexpr const char* kPieces[] = {"host",
                                     "net",
                                     "port",
                                     "portrange",
                                     "proto",
                                     "src",
                                     "dst",
                                     "ether",
                                     "ip",
                                     "ip6",
                                     "tcp",
                                     "and",
                                     "or",
                                     "not",
                                     "vlan",
                                     "len",
                                     "mask",
                                     "multicast",
                                     "ah",
                                     "arp",
                                     "esp",
                                     "broadcast",
                                     "1",
                                     "10",
                                     "0x1f",
                                     "80-90",
                                     "1.2",
                                     "1.2.3",
                                     "1.2.3.4",
                                     "be",
                                     "a",
                                     "f",
                                     "de:ad",
                                     ":",
                                     "::",
                                     "-",
                                     ".",
                                     "/",
                                     "[",
                                     "]",
                                     "(",
                                     ")",
                                     "!",
                                     "=",
                                     "fe80::",
                                     "::1",
                                     "2:3:4:5:6",
                                     "1:2:3:4",
                                     "\\",
                                     "$1",
                                     "_",
                                     "+",
                                     "&",
                                     "&&",
                                     "<<",
                                     "0x",
                                     "tcp-syn",
                                     "02:0:0:0:0:a",
                                     "1-2-3-4-5-6",
                                     "1234.5678.9abc",
                                     "000000000000",
                                     "protochain",
                                     "llc"};
  std::mt19937_64 random(test::seed());
  std::size_t passed = 0;
  for (int count = 0; count < 200'000; ++count) {
    std::string expression;
    for (std::uint64_t pieces = 1 + random() % 6; pieces > 0; --pieces) {
      expression += kPieces[random() % std::size(kPieces)];
      if (random() % 3 != 0) expression += ' ';
    }
    if (first_name(expression)) continue;
    ++passed;
    ASSERT_EQ(asked_for(expression), "") << expression;
  }
  EXPECT_GT(passed, 10'000U);
}

}  // namespace
}  // namespace superspan::node
