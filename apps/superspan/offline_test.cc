// SPDX-License-Identifier: Apache-2.0
// `superspan filter` and `superspan test` as a shell meets them: pipes, signals, terminals, large files.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>

#include "apps/superspan/process.h"
#include "base/testing/sanitizers.h"
#include "base/testing/temporary_folder.h"
#include "offline/testing.h"

namespace superspan::cli {
namespace {

using offline::test::CaptureBytes;
using test::bash;

class OfflineProgram : public ::testing::Test {
 protected:
  // A capture of so many frames of 200 bytes.
  std::string capture(const std::string& name, std::uint32_t frames) const {
    const base::Bytes frame(200, std::byte{1});
    std::ofstream out(folder_ / name, std::ios::binary);
    const auto put = [&out](const CaptureBytes& bytes) {
      for (const std::byte byte : bytes.view()) out.put(static_cast<char>(byte));
    };
    put(CaptureBytes().pcap_header());
    for (std::uint32_t index = 0; index < frames; ++index) put(CaptureBytes().record(index, 0, frame));
    return folder_ / name;
  }
  std::string path(const std::string& name) const { return folder_ / name; }

  base::testing::TemporaryFolder folder_;
};

TEST_F(OfflineProgram, WorksBetweenPipes) {
  if (access("/usr/bin/tshark", X_OK) != 0) GTEST_SKIP() << "tshark is not installed";
  const auto ran = bash("cat " + capture("in.pcap", 3) +
                        " | superspan filter len '>=' 200 -r - 2> /dev/null"
                        " | tshark -r - -T fields -e frame.len -e frame.time_epoch 2> /dev/null");
  EXPECT_EQ(ran.out, "200\t0.000000000\n200\t1.000000000\n200\t2.000000000\n");
  EXPECT_EQ(ran.code, 0);
}

TEST_F(OfflineProgram, EndsWhenTheOtherEndOfThePipeDoes) {
  const auto ran = bash("superspan filter -r " + capture("in.pcap", 20'000) +
                        " -w - | head -c 100 > /dev/null; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(ran.out, "0\n");
}

// Packets come out while the input is still open, and an interrupt leaves a whole file.
TEST_F(OfflineProgram, PassesPacketsOnAtOnceAndEndsInOrderOnCtrlC) {
  const std::string in = capture("in.pcap", 2);
  for (const char* name : {"out.pcapng", "out.pcap"}) {
    const std::string out = path(name);
    const auto ran = bash("mkfifo " + out + ".pipe; superspan filter -r - -w " + out + " < " + out + ".pipe 2> " + out +
                          ".log & exec 3> " + out + ".pipe; cat " + in + " >&3; until [ \"$(stat -c %s " + out +
                          " 2> /dev/null || echo 0)\" -gt 400 ]; do sleep 0.02; done;"
                          " kill -INT $!; wait $!; echo $?; cat " +
                          out + ".log");
    EXPECT_EQ(ran.out, "1\nstopped before the end of the input: 2 of 2 packets, 400 B\n");
    const auto read = offline::test::read_all(offline::test::read_file(out));
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.packets.size(), 2U);
  }
}

TEST_F(OfflineProgram, ShowsOneLineAPacketOnATerminal) {
  test::OnTerminal program({"filter", "-r", capture("in.pcap", 3)});
  EXPECT_EQ(program.exit_code(), 0);
  EXPECT_TRUE(program.out().contains("00:00:02.000000")) << program.out();
  EXPECT_TRUE(program.out().ends_with("3 of 3 packets, 600 B\r\n")) << program.out();
}

TEST_F(OfflineProgram, RefusesBinaryOnATerminal) {
  test::OnTerminal program({"filter", "-r", capture("in.pcap", 3), "-w", "-"});
  EXPECT_EQ(program.exit_code(), 2);
  EXPECT_TRUE(program.out().contains("would garble the terminal")) << program.out();
}

// Kilobytes that a run of the program needed at most.
long memory_of(std::vector<std::string> words) {
  words.insert(words.begin(), SUPERSPAN_BIN_DIR "/superspan");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawn(&child, arguments.front(), nullptr, nullptr, arguments.data(), environ) != 0) return -1;
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child || status != 0) return -1;
  return usage.ru_maxrss;
}

TEST_F(OfflineProgram, NeedsNoMoreMemoryForALongCapture) {
  if (base::testing::kAddressSanitizer) GTEST_SKIP() << "ASan keeps freed memory for a while";
  const std::string small = capture("small.pcap", 3'000);
  const std::string large = capture("large.pcap", 300'000);
  for (const char* engine : {"bpf", "reference", "switch"}) {
    const long few = memory_of({"filter", "len > 100", "-r", small, "-w", path("o.pcapng"), "--engine", engine});
    const long many = memory_of({"filter", "len > 100", "-r", large, "-w", path("o.pcapng"), "--engine", engine});
    ASSERT_GT(few, 0);
    EXPECT_LT(many, few + 2'000) << engine;
  }
  EXPECT_GT(std::filesystem::file_size(path("o.pcapng")), 300'000U * 200);
}

TEST_F(OfflineProgram, ReadsAPolicyTestFromAPipe) {
  const auto ran = bash("printf 'policy a: tcp\\npacket 10.0.0.1 > 10.0.0.2 tcp => a\\n' | superspan test -; echo $?");
  EXPECT_EQ(ran.out, "standard input: 1 check, all as expected\n1 file, 1 check: all as expected\n0\n");
}

}  // namespace
}  // namespace superspan::cli
