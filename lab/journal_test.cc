// SPDX-License-Identifier: Apache-2.0
#include "lab/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace superspan::lab {
namespace {

TEST(Journal, RecordsAreReadBack) {
  const auto content = parse_journal(
      "lab\tleaf-spine\n"
      "namespace\tss-leaf1\tleaf, 2 uplinks\t10.0.1.3/31 fd00::1/64\n"
      "namespace\tss-tools\ttools\t\n"
      "device\tss-mgmt\n"
      "process\thost3/nginx\t4711\t123456\tss-host3\t/run/x/nginx.log\t[[\"nginx\",\"-c\"],[\"A=b c\"]]\n"
      "endpoint\thttp://127.0.0.1:8600\t/run/x/token\n"
      "next\tsuperspan taps\n"
      "up\n");
  EXPECT_EQ(content.topology, "leaf-spine");
  ASSERT_EQ(content.namespaces.size(), 2u);
  EXPECT_EQ(content.namespaces[0].addresses, (std::vector<std::string>{"10.0.1.3/31", "fd00::1/64"}));
  EXPECT_TRUE(content.namespaces[1].addresses.empty());
  EXPECT_EQ(content.devices, std::vector<std::string>{"ss-mgmt"});
  ASSERT_EQ(content.processes.size(), 1u);
  EXPECT_EQ(content.processes[0].id, (ProcessId{4711, 123456}));
  EXPECT_EQ(content.processes[0].network_namespace, "ss-host3");
  EXPECT_EQ(content.processes[0].arguments, (Arguments{"nginx", "-c"}));
  EXPECT_EQ(content.processes[0].environment, std::vector<std::string>{"A=b c"});
  EXPECT_EQ(content.endpoint, "http://127.0.0.1:8600");
  EXPECT_EQ(content.next_steps, std::vector<std::string>{"superspan taps"});
  EXPECT_TRUE(content.up);
}

TEST(Journal, ALineWithoutItsEndWasNeverMade) {
  const auto content = parse_journal("lab\tleaf-spine\nnamespace\tss-leaf1\tleaf\t\nnamespace\tss-lea");
  EXPECT_EQ(content.namespaces.size(), 1u);
  EXPECT_FALSE(content.up);
}

TEST(Journal, DamagedRecordsNeverNameAProcessToEnd) {
  // kill(0) and kill(-1) would hit everybody, kill(1) init.
  for (const char* pid : {"0", "-1", "1", "x", ""}) {
    EXPECT_TRUE(parse_journal("process\tx\t" + std::string(pid) + "\t5\t\t/log\t[[],[]]\n").processes.empty()) << pid;
  }
}

TEST(Journal, AProcessIsEndedAlsoIfItsCommandIsDamaged) {
  for (const char* command : {"", "x", "[]", "{}", "[1,2]", "[[1],[{}]]"}) {
    const auto content = parse_journal("process\tx\t4711\t5\t\t/log\t" + std::string(command) + "\n");
    ASSERT_EQ(content.processes.size(), 1u) << command;
    EXPECT_TRUE(content.processes[0].arguments.empty()) << command;
  }
}

TEST(Journal, ARestartedProcessIsShownOnceAndEndedTwice) {
  const auto content = parse_journal(
      "process\tdns\t10\t1\t\t/log\t[[],[]]\n"
      "process\tweb\t11\t1\t\t/log\t[[],[]]\n"
      "process\tdns\t12\t2\t\t/log\t[[],[]]\n");
  EXPECT_EQ(content.processes.size(), 3u);
  const auto current = content.current_processes();
  ASSERT_EQ(current.size(), 2u);
  EXPECT_EQ(current[0].id.pid, 12);
  EXPECT_EQ(current[1].name, "web");
}

TEST(Journal, ASecondLabIsAConflict) {
  const auto run_dir = std::filesystem::temp_directory_path() / ("superspan-journal-" + std::to_string(getpid()));
  auto journal = Journal::create(run_dir);
  ASSERT_TRUE(journal) << base::render(journal.error());
  EXPECT_TRUE(journal->append({"next", "a\tb\nc"}));
  EXPECT_EQ(read_journal(run_dir)->next_steps, std::vector<std::string>{"a b c"});
  const auto second = Journal::create(run_dir);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kConflict);
  EXPECT_NE(second.error().hint.find("superspan lab down"), std::string::npos);
  std::filesystem::remove_all(run_dir);
}

}  // namespace
}  // namespace superspan::lab
