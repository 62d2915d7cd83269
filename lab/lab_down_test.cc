// SPDX-License-Identifier: Apache-2.0
// Whatever happens to a lab, nothing of it stays, and nothing else is touched. Needs what lab_test.cc needs.
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "lab/testing.h"

namespace superspan::lab::test {
namespace {

using base::ErrorCode;
using std::filesystem::path;

TEST_F(LabTest, DownRemovesEverythingAndIsFineTwice) {
  ASSERT_TRUE(down(kRun, say));
  EXPECT_EQ(traces(), before);
  ASSERT_TRUE(down(kRun, say));
  EXPECT_FALSE(lab::status(kRun)->up);
}

TEST_F(LabTest, DownWorksAfterPiecesWereKilled) {
  const auto report = lab::status(kRun);
  for (std::size_t index = 0; index < report->processes.size(); index += 3) kill(report->processes[index].pid, SIGKILL);
  must_run({"ip", "netns", "delete", "ss-leaf2"});
  must_run({"ip", "link", "delete", "ss-mgmt"});
  std::filesystem::remove_all(kRun / "filter1");
  // And somebody still looks at the lab from inside.
  const auto guest = start_daemon({"guest", "ss-tools", {"sleep", "600"}, {}, kRun / "guest.log"},
                                  [](ProcessId) { return base::Status(); });
  ASSERT_TRUE(guest);
  const auto done = down(kRun, say);
  ASSERT_TRUE(done) << base::render(done.error());
  EXPECT_FALSE(is_running(*guest));
  EXPECT_EQ(traces(), before);
}

TEST_F(LabTest, DownWorksWhenUpDiedInTheMiddle) {
  ASSERT_TRUE(down(kRun, {}));
  const pid_t child = fork();
  if (child == 0) {
    // Dies without any cleaning, as by kill -9, when the network is there and the switches are next.
    static_cast<void>(up(without_control(), [](std::string_view) { _exit(0); }));
    _exit(1);
  }
  int how = 1;
  waitpid(child, &how, 0);
  EXPECT_EQ(how, 0);
  EXPECT_NE(traces(), before);
  EXPECT_FALSE(lab::status(kRun)->up);
  ASSERT_TRUE(down(kRun, say));
  EXPECT_EQ(traces(), before);
}

TEST_F(LabTest, AnInterruptRemovesWhatWasBuilt) {
  ASSERT_TRUE(down(kRun, {}));
  const auto built = up(without_control(), [](std::string_view) { kill(getpid(), SIGINT); });
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().message, "interrupted");
  EXPECT_EQ(traces(), before);
}

TEST_F(LabTest, AFailureTellsTheLastWordsAndRemovesEverything) {
  ASSERT_TRUE(down(kRun, {}));
  const path folder = std::filesystem::temp_directory_path() / fmt::format("superspan-fake-{}", getpid());
  std::filesystem::create_directories(folder);
  for (const char* program : {"superspand", "superspan-node"}) {
    std::ofstream(folder / program) << "#!/bin/sh\necho 'fabric.yaml:3:1: no such profile' >&2\nexit 2\n";
    std::filesystem::permissions(folder / program, std::filesystem::perms::owner_all);
  }
  UpOptions options;
  options.start_traffic = false;
  options.binaries_dir = folder;
  const auto built = up(options, say);
  ASSERT_FALSE(built);
  EXPECT_NE(built.error().message.find("superspand ended"), std::string::npos) << built.error().message;
  EXPECT_NE(built.error().message.find("no such profile"), std::string::npos) << built.error().message;
  EXPECT_EQ(traces(), before);
  std::filesystem::remove_all(folder);
}

TEST_F(LabTest, WhatIsNotOursStays) {
  ASSERT_TRUE(down(kRun, {}));
  must_run({"ip", "netns", "add", "ss-host1"});
  const auto built = up(without_control(), {});
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ErrorCode::kConflict);
  ASSERT_TRUE(down(kRun, {}));
  EXPECT_EQ(access("/run/netns/ss-host1", F_OK), 0);
  must_run({"ip", "netns", "delete", "ss-host1"});
}

TEST_F(LabTest, MissingProgramsAreNamedBeforeAnythingIsMade) {
  ASSERT_TRUE(down(kRun, {}));
  UpOptions options;
  options.binaries_dir = "/nonexistent";
  const auto built = up(options, {});
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(built.error().message.find("superspand"), std::string::npos);
  EXPECT_EQ(traces(), before);
}

}  // namespace
}  // namespace superspan::lab::test

int main(int argc, char** argv) {
  return superspan::lab::test::run_lab_tests(argc, argv, {"ip", "tc", "ovs-vswitchd", "nginx", "dnsmasq", "iperf3"});
}
