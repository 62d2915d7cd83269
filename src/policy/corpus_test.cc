// SPDX-License-Identifier: Apache-2.0
// Real and broken captures: every Ethernet capture in the folder SUPERSPAN_CORPUS, against libpcap.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "net/flow_key.h"
#include "policy/compile.h"
#include "policy/evaluate.h"
#include "policy/optimize/diagram.h"
#include "policy/testing/exceptions.h"
#include "policy/testing/libpcap.h"

namespace superspan::policy {
namespace {

using testing::PcapFilter;

constexpr const char* kExpressions[] = {
    "",
    "ip",
    "ip6",
    "arp or rarp",
    "tcp",
    "udp",
    "not tcp and not udp",
    "icmp or icmp6",
    "port 53",
    "tcp port 80 or 443",
    "not port 179",
    "portrange 0-1023",
    "src portrange 1024-65535 and dst port 53 or 443 or 123",
    "net 10.0.0.0/8 or net 192.168.0.0/16 or net 172.16.0.0/12",
    "ip and not net 10.0.0.0/8",
    "ip6 net fe80::/10 or ip6 multicast",
    "ether multicast and not ether broadcast",
    "ip multicast",
    "vlan",
    "vlan and ip",
    "vlan and tcp port 179",
    "not vlan",
    "ip or (vlan and ip) or (vlan and ip)",
    "proto 89 or proto 47 or proto 50",
    "ip proto 2 or ah or esp or pim or vrrp",
    "sctp port 2905 or 3868",
    "ether proto 0x88cc or ether proto 0x8847",
    "tcp and not (src net 192.0.2.0/24 and dst port 22)",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "tcp[13] = 18 or tcp[13] & tcp-rst != 0",
    "icmp[icmptype] = icmp-echo or icmp[icmptype] != icmp-echoreply and icmp[icmpcode] > 1",
    "icmp6[icmp6type] = icmp6-neighborsolicit or icmp6[icmp6type] >= icmp6-echo",
    "ip[8] < 5 or ip6[7] = 255",
    "ip[6:2] & 0x1fff != 0 or ip[6:2] & 0x2000 != 0",
    "ip[1] & 0xfc != 0 or ip6[0:2] & 0xff0 != 0",
    "ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0",
    "len > 200 and not udp",
    "greater 1000 or less 60",
    "arp[6:2] = 1",
    "ether[0] & 1 = 0 and ether[12:2] > 1500",
    "ether[12:2] <= 1500",
    "udp[4:2] > 100 and udp[0:2] != udp[2:2]",
    "byte 14 > 0x44 or byte 0 = 1",
    "mpls",
    "mpls and ip",
    "mpls and mpls and tcp",
    "pppoed or pppoes",
    "pppoes and ip and tcp",
    "geneve",
    "geneve and tcp port 80",
    "geneve and not arp",
    "protochain 6 or protochain 58",
    "not ip6 protochain 17",
    "llc",
    "llc s or llc u or llc i",
    "stp or ipx or netbeui",
    "iso or isis",
    "l1 or l2 or snp",
    "clnp or esis",
    "atalk or aarp",
    "decnet src or dst 1.1 or lat or mopdl or moprc",
    "ip broadcast or ip6[24] = 0xff",
    "not vlan and not (vlan and vlan) or (vlan and port 53)",
};

struct Subject {
  const char* expression;
  Evaluator evaluator;
  CompiledPolicy compiled;
  PcapFilter libpcap;
  std::optional<PcapFilter> residual;
};

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const char* expression : kExpressions) {
    const auto compiled = compile(expression);
    const auto libpcap = PcapFilter::create(expression, /*optimize=*/false);
    all.push_back({expression, *Evaluator::create(expression), *compiled, *libpcap, std::nullopt});
    if (compiled->residual) all.back().residual = PcapFilter::create(compiled->residual->expression, false);
  }
  return all;
}

void check(const Subject& subject, base::BytesView frame, const net::FlowKey& key, const std::string& place) {
  const bool wanted = subject.libpcap.matches(frame);
  const auto answer = subject.evaluator.answer(frame, static_cast<std::uint32_t>(frame.size()));
  if (!answer.defined) return;
  EXPECT_EQ(answer.keeps, wanted) << place << ": " << subject.expression;
  if (testing::is_excepted(frame)) return;
  const bool accepted = subject.compiled.diagram->accepts(key.values);
  EXPECT_TRUE(accepted || !wanted) << place << ": the rules miss a frame of " << subject.expression;
  const bool kept = accepted && (!subject.residual || subject.residual->matches(frame));
  EXPECT_EQ(kept, wanted) << place << ": " << subject.expression;
}

// Returns the number of frames; 0 for captures of other link types.
std::size_t check_capture(const std::filesystem::path& path, const std::vector<Subject>& all) {
  char error[PCAP_ERRBUF_SIZE] = {};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(pcap_open_offline(path.c_str(), error), &pcap_close);
  if (!capture || pcap_datalink(capture.get()) != DLT_EN10MB) return 0;
  std::size_t frames = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  while (frames < 2'000 && pcap_next_ex(capture.get(), &header, &data) == 1) {
    ++frames;
    const base::BytesView frame = base::as_bytes({data, header->caplen});
    const net::FlowKey key = net::extract(frame);
    for (const Subject& subject : all)
      check(subject, frame, key, path.filename().string() + ":" + std::to_string(frames));
  }
  return frames;
}

TEST(Corpus, IsKeptAsLibpcapKeepsIt) {
  const char* folder = std::getenv("SUPERSPAN_CORPUS");
  if (folder == nullptr) GTEST_SKIP() << "SUPERSPAN_CORPUS names no folder of captures";
  const std::vector<Subject> all = subjects();
  std::size_t captures = 0;
  std::size_t frames = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::size_t count = check_capture(entry.path(), all);
    captures += count > 0 ? 1 : 0;
    frames += count;
    if (HasFailure()) return;
  }
  std::printf("%zu frames of %zu captures, %zu expressions\n", frames, captures, all.size());
  EXPECT_GT(frames, 0U);
}

}  // namespace
}  // namespace superspan::policy
