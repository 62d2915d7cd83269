// SPDX-License-Identifier: Apache-2.0
// For tests that raise the lab: the default lab without control, what a lab could leave behind, and why to skip.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "lab/lab.h"
#include "lab/process.h"

namespace superspan::lab::test {

inline const std::filesystem::path kRun{std::string(kRunDir)};

inline void say(std::string_view line) {
  fmt::print("  {}\n", line);
}

inline UpOptions without_control() {
  UpOptions options;
  options.start_control = false;
  options.start_traffic = false;
  return options;
}

inline std::string must_run(const Arguments& arguments, const std::string& space = "") {
  const auto out = run(arguments, {space, "", {}});
  EXPECT_TRUE(out) << base::render(out.error());
  return out.value_or("");
}

// What a lab could leave behind: namespaces, interfaces, processes, files.
inline std::map<std::string, std::string> traces() {
  std::map<std::string, std::string> out;
  out["namespaces"] = must_run({"ip", "netns", "list"});
  out["devices"] = must_run({"ip", "-o", "link"});
  out["routes"] = must_run({"ip", "route"});
  out["processes"] = must_run(
      {"sh", "-c",
       "ps -eo stat,args | grep -v ^Z | grep -E '/run/superspan|ovs-vswitchd|ovsdb-server' | grep -v grep; true"});
  out["files"] = must_run({"sh", "-c",
                           "find /run/superspan /run/openvswitch /var/log/openvswitch /etc/netns /run/dpdk "
                           "/var/lib/nginx /var/log/nginx 2>/dev/null | sort; true"});
  return out;
}

struct LabTest : testing::Test {
  static void SetUpTestSuite() {
    EXPECT_TRUE(down(kRun, say));  // what an earlier run may have left
    before = traces();
  }
  static void TearDownTestSuite() {
    EXPECT_TRUE(down(kRun, {}));
    EXPECT_EQ(traces(), before) << "the lab left something behind";
  }
  // Brings up the default lab unless it is up.
  void SetUp() override {
    if (lab::status(kRun)->up) return;
    const auto built = up(without_control(), say);
    ASSERT_TRUE(built) << base::render(built.error());
  }
  static inline std::map<std::string, std::string> before;
};

// Why the lab cannot be raised here; prints it and gives ctest's exit code for a skipped test, or runs the tests.
inline int run_lab_tests(int argc, char** argv, const std::vector<const char*>& programs) {
  testing::InitGoogleTest(&argc, argv);
  for (const char* program : programs) {
    if (geteuid() == 0 && has_program(program)) continue;
    fmt::print(stderr, "SKIPPED: the lab needs root and the program '{}' (tools/deps.txt)\n", program);
    return 77;
  }
  return RUN_ALL_TESTS();
}

}  // namespace superspan::lab::test
