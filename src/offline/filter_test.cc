// SPDX-License-Identifier: Apache-2.0
// Every engine against tcpdump itself: `tcpdump -O -r IN -w OUT EXPR` and `superspan filter` must write the same
// packets. Generated captures (SUPERSPAN_SEED repeats them), and those in the folder SUPERSPAN_CORPUS.
#include "offline/filter.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/testing/temporary_folder.h"
#include "cli/fake_controller.h"
#include "offline/commands.h"
#include "offline/testing.h"
#include "policy/testing/exceptions.h"
#include "policy/testing/frames.h"
#include "recorder/pcapng.h"

namespace superspan::offline {
namespace {

namespace fs = std::filesystem;
using cli::test::Outcome;
using test::CaptureBytes;
using test::ReadCapture;

constexpr const char* kExpressions[] = {
    "",
    "tcp port 80 or 443",
    "not tcp and not port 53",
    "vlan and udp port 53",
    "vlan 10 or (vlan and vlan 20)",
    "ip6 and not icmp6",
    "len > 100 and ip",
    "tcp[13] & 2 != 0 or arp",
    "src net 10.0.0.0/8 and dst portrange 0-1023",
    "ether multicast and not ip6",
};

Outcome run(std::vector<std::string> words) {
  static const std::vector<cli::Command> commands{filter_command()};
  words.insert(words.begin(), "filter");
  return cli::test::run_command(words, {.commands = commands});
}

class Filter : public ::testing::Test {
 protected:
  base::testing::TemporaryFolder folder_;
  std::size_t kept_ = 0;  // by tcpdump, over all expressions

  // What tcpdump keeps; unoptimised, so that an expression means the same in cut frames (docs/policy-language.md).
  ReadCapture tcpdump(const fs::path& capture, const std::string& expression, int& status) const {
    const fs::path out = folder_ / "tcpdump.pcap";
    fs::remove(out);
    status = std::system(
        fmt::format("tcpdump -O --nano -r '{}' -w '{}' '{}' 2> /dev/null", capture.string(), out.string(), expression)
            .c_str());
    return test::read_all(test::read_file(out));
  }

  void expect_as_tcpdump(const fs::path& capture, const std::string& expression, bool with_runts) {
    int status = 0;
    const ReadCapture wanted = tcpdump(capture, expression, status);
    kept_ += wanted.packets.size();
    for (const char* engine : {"reference", "bpf", "switch"}) {
      const fs::path out = folder_ / "out.pcap";
      fs::remove(out);
      const Outcome outcome = run({expression, "-r", capture, "-w", out, "--engine", engine});
      const ReadCapture got = test::read_all(test::read_file(out));
      EXPECT_EQ(outcome.code == 0, status == 0) << outcome.err;
      const bool exact = std::string_view(engine) != "switch" || !with_runts;
      EXPECT_EQ(telling(got, exact), telling(wanted, exact)) << capture << " " << engine << ": " << expression;
    }
  }

  // Packets as values to compare; `exact`: also those that a switch cannot see as tcpdump does.
  static std::vector<std::tuple<std::int64_t, std::uint32_t, base::Bytes>> telling(const ReadCapture& capture,
                                                                                   bool exact) {
    constexpr std::int64_t kPcapTimes_ns = 1'000'000'000LL << 32;
    std::vector<std::tuple<std::int64_t, std::uint32_t, base::Bytes>> packets;
    for (const test::ReadPacket& packet : capture.packets) {
      if (!exact && policy::testing::is_excepted(packet.bytes)) continue;
      packets.emplace_back(packet.time_ns % kPcapTimes_ns, packet.original_length, packet.bytes);
    }
    return packets;
  }
};

TEST_F(Filter, KeepsWhatTcpdumpKeepsOfGeneratedCaptures) {
  if (!test::has_tcpdump()) GTEST_SKIP() << "tcpdump is not installed: nothing is compared with it";
  policy::testing::Random random(77);
  policy::testing::FrameMaker maker(random);
  CaptureBytes capture;
  capture.pcap_header(0xa1b23c4d);
  constexpr std::uint32_t kFrames = 3'000;
  for (std::uint32_t index = 0; index < kFrames; ++index) {
    const base::Bytes frame = maker.make();
    const auto size = static_cast<std::uint32_t>(frame.size());
    capture.record(index, 123'456'789, frame, random.one_in(8) ? size + 200 : size);
  }
  const fs::path file = folder_ / "generated.pcap";
  test::write_file(file, capture.view());
  for (const char* expression : kExpressions) expect_as_tcpdump(file, expression, /*with_runts=*/true);
  std::printf("%u frames, %zu expressions, 3 engines, %zu kept\n", kFrames, std::size(kExpressions), kept_);
  EXPECT_GT(kept_, kFrames * 2);
}

TEST_F(Filter, KeepsWhatTcpdumpKeepsOfTheCorpus) {
  const char* corpus = std::getenv("SUPERSPAN_CORPUS");
  if (corpus == nullptr) GTEST_SKIP() << "SUPERSPAN_CORPUS names no folder of captures";
  if (!test::has_tcpdump()) GTEST_SKIP() << "tcpdump is not installed: nothing is compared with it";
  std::size_t captures = 0;
  for (const auto& entry : fs::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file() || !entry.path().filename().string().contains(".pcap")) continue;
    if (run({"-r", entry.path(), "--count"}).err.contains(", not Ethernet")) continue;
    ++captures;
    for (const char* expression : {"udp", "not tcp and not port 53", "vlan or len > 100"}) {
      expect_as_tcpdump(entry.path(), expression, /*with_runts=*/true);
    }
    if (HasFailure()) return;
  }
  std::printf("%zu captures, %zu packets kept\n", captures, kept_);
  EXPECT_GT(captures, 0U);
}

// A capture like those of superspan: two taps, comments, losses.
base::Bytes recording() {
  recorder::PcapngWriter out;
  out.section("policy: web", "superspan");
  for (const char* name : {"leaf1", "leaf2"}) {
    static_cast<void>(out.interface({.name = name, .description = "rack 7", .filter = "tcp", .snaplen = 128}));
  }
  const base::Bytes frame(64, std::byte{1});
  const base::Bytes lldp = [] {
    base::Bytes bytes(64, std::byte{1});
    bytes[12] = std::byte{0x88};
    bytes[13] = std::byte{0xcc};
    return bytes;
  }();
  const auto add = [&](std::uint32_t tap, std::int64_t time_ns, std::uint64_t lost, const char* comment,
                       const base::Bytes& bytes) {
    out.packet({.interface = tap,
                .time = base::WallTime{base::Duration{time_ns}},
                .original_length = 1500,
                .lost_before = lost,
                .comment = comment,
                .bytes = bytes});
  };
  add(0, 1'700'000'000'123'456'789, 0, "epoch 7", lldp);
  add(1, 1'700'000'000'123'456'790, 2, "", frame);
  add(1, 1'700'000'000'123'456'791, 3, "epoch 8", lldp);
  return out.view();
}

TEST_F(Filter, KeepsNamesCommentsLossesAndNanosecondsInPcapng) {
  test::write_file(folder_ / "in.pcapng", recording());
  const Outcome outcome = run({"ether proto 0x88cc", "-r", folder_ / "in.pcapng", "-w", folder_ / "out.pcapng"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "2 of 3 packets, 128 B\n");
  const ReadCapture got = test::read_all(test::read_file(folder_ / "out.pcapng"));
  EXPECT_EQ(got.comment, "policy: web\nfilter: ether proto 0x88cc");
  ASSERT_EQ(got.packets.size(), 2U) << got.error;
  EXPECT_EQ(got.packets[0].interface, "leaf1");
  EXPECT_EQ(got.packets[0].comment, "epoch 7");
  EXPECT_EQ(got.packets[0].time_ns, 1'700'000'000'123'456'789);
  EXPECT_EQ(got.packets[1].interface, "leaf2");
  EXPECT_EQ(got.packets[1].comment, "epoch 8");
  EXPECT_EQ(got.packets[1].original_length, 1500U);
  EXPECT_EQ(got.packets[1].lost, 5U) << "also what was lost before a packet that is not kept";
}

TEST_F(Filter, WritesAPcapForPcapNames) {
  test::write_file(folder_ / "in.pcapng", recording());
  EXPECT_EQ(run({"-r", folder_ / "in.pcapng", "-w", folder_ / "out.pcap"}).code, 0);
  const base::Bytes bytes = test::read_file(folder_ / "out.pcap");
  EXPECT_EQ(bytes.front(), std::byte{0x4d}) << "nanoseconds";
  EXPECT_EQ(test::read_all(bytes).packets.size(), 3U);
  // A second time, from pcap: the very same bytes.
  EXPECT_EQ(run({"-r", folder_ / "out.pcap", "-w", folder_ / "again.pcap"}).code, 0);
  EXPECT_EQ(test::read_file(folder_ / "again.pcap"), bytes);
}

TEST_F(Filter, WritesAWholeCaptureWhenNothingIsKept) {
  test::write_file(folder_ / "in.pcapng", recording());
  for (const char* name : {"out.pcapng", "out.pcap"}) {
    EXPECT_EQ(run({"tcp", "-r", folder_ / "in.pcapng", "-w", folder_ / name}).code, 0);
    const ReadCapture got = test::read_all(test::read_file(folder_ / name));
    EXPECT_EQ(got.error, "");
    EXPECT_TRUE(got.packets.empty());
    if (test::has_tcpdump()) {
      EXPECT_EQ(std::system(fmt::format("tcpdump -r {} 2> /dev/null", (folder_ / name).string()).c_str()), 0) << name;
    }
  }
}

TEST_F(Filter, KeepsADamagedCaptureAsFarAsItGoes) {
  base::Bytes bytes = recording();
  bytes.resize(bytes.size() - 10);
  test::write_file(folder_ / "in.pcapng", bytes);
  const Outcome outcome = run({"-r", folder_ / "in.pcapng", "-w", folder_ / "out.pcapng"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(outcome.err.contains("cut off at byte")) << outcome.err;
  EXPECT_EQ(test::read_all(test::read_file(folder_ / "out.pcapng")).packets.size(), 2U);
}

TEST_F(Filter, CountsForPeopleAndPrograms) {
  test::write_file(folder_ / "in.pcapng", recording());
  for (const char* engine : {"reference", "switch", "bpf"}) {
    EXPECT_EQ(run({"ether proto 0x88cc", "-r", folder_ / "in.pcapng", "--count", "--engine", engine}).out, "2\n");
  }
  const Outcome json = run({"ether proto 0x88cc", "-r", folder_ / "in.pcapng", "--count", "-o", "json"});
  EXPECT_EQ(json.out, "{\n  \"kept\": 2,\n  \"read\": 3,\n  \"kept_bytes\": 128\n}\n");
}

TEST_F(Filter, SaysWhatIsWrongWithTheCommandLine) {
  test::write_file(folder_ / "in.pcap", CaptureBytes().pcap_header().view());
  const std::string in = folder_ / "in.pcap";
  const auto expect = [](std::vector<std::string> words, int code, const char* text) {
    const Outcome outcome = run(std::move(words));
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_TRUE(outcome.err.contains(text)) << outcome.err;
  };
  expect({"tcp"}, 2, "no capture is given");
  expect({"tcp", "-r", "/nowhere.pcap"}, 3, "/nowhere.pcap: cannot read it");
  expect({"tcp prot 80", "-r", in}, 2, "~~~~");
  expect({"tcp", "-r", in, "-w", in}, 2, "is read and written at once");
  expect({"tcp", "-r", in, "--count", "-w", "x.pcap"}, 2, "--count writes no packets");
  expect({"tcp", "-r", in, "--engine", "swich"}, 2, "switch");
  expect({"tcp", "-r", folder_.path()}, 2, "cannot read it: Is a directory");
  EXPECT_EQ(test::read_file(in), CaptureBytes().pcap_header().view()) << "the input is untouched";
}

// protochain in a frame whose headers point at each other: tcpdump would never end.
TEST_F(Filter, EndsWhereLibpcapWouldNot) {
  base::ByteWriter frame;
  frame.zeros(12);
  frame.be16(0x86dd);
  frame.be32(0x60000000);
  frame.be16(8);
  frame.u8(0);
  frame.u8(64);
  frame.zeros(32);
  frame.u8(0);  // hop-by-hop, then hop-by-hop, then ...
  frame.zeros(7);
  test::write_file(folder_ / "in.pcap", CaptureBytes().pcap_header().record(1, 1, frame.view()).view());
  for (const char* engine : {"reference", "switch", "bpf"}) {
    EXPECT_EQ(run({"ip6 protochain 6", "-r", folder_ / "in.pcap", "--count", "--engine", engine}).out, "0\n") << engine;
  }
}

}  // namespace
}  // namespace superspan::offline
