// SPDX-License-Identifier: Apache-2.0
// Every policy test below testdata, and the report that it must give: NAME.report. SUPERSPAN_GOLDEN=update writes the
// reports anew; look at the difference before it is kept.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/testing/temporary_folder.h"
#include "cli/fake_controller.h"
#include "offline/commands.h"
#include "offline/policytest/parser.h"

namespace superspan::offline {
namespace {

namespace fs = std::filesystem;
using cli::test::Outcome;

const fs::path kData = "src/offline/testdata";

Outcome run(const std::vector<std::string>& words) {
  static const std::vector<cli::Command> commands{test_command()};
  return cli::test::run_command(words, {.commands = commands});
}

std::string read(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(PolicyTest, GivesTheReportOfTheFile) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(kData)) {
    if (entry.path().extension() == ".policytest") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  EXPECT_GT(files.size(), 35U);
  const char* golden = std::getenv("SUPERSPAN_GOLDEN");
  for (const fs::path& file : files) {
    const Outcome outcome = run({"test", file});
    const std::string report = outcome.err + outcome.out + "exit code " + std::to_string(outcome.code) + "\n";
    const fs::path expected = fs::path(file).replace_extension(".report");
    if (golden != nullptr && std::string_view(golden) == "update") std::ofstream(expected) << report;
    EXPECT_EQ(report, read(expected)) << file;
    const bool wrong = file.string().contains("/wrong/");
    EXPECT_EQ(outcome.code == 2, wrong) << file;
    if (wrong) {
      EXPECT_TRUE(outcome.err.contains("\nhint: ")) << outcome.err;
    }
  }
}

TEST(PolicyTest, TakesFoldersAndSeveralFiles) {
  const Outcome folder = run({"test", kData / "wrong"});
  EXPECT_EQ(folder.code, 2);
  EXPECT_TRUE(folder.out.contains("files could not be run")) << folder.out;
  const Outcome both = run({"test", kData / "words.policytest", kData / "failing.policytest"});
  EXPECT_EQ(both.code, 1);
  EXPECT_TRUE(both.out.contains("words.policytest: 37 checks, all as expected\n")) << both.out;
  EXPECT_EQ(run({"test", "/nowhere.policytest"}).code, 2);
  EXPECT_EQ(run({"test", "docs/decisions"}).code, 2);
}

TEST(PolicyTest, TellsProgramsTheSame) {
  const Outcome outcome = run({"test", kData / "failing.policytest", "-o", "json"});
  EXPECT_EQ(outcome.code, 1);
  const auto report = boost::json::parse(outcome.out).as_object();
  EXPECT_EQ(report.at("checks").to_number<int>(), 10);
  EXPECT_EQ(report.at("failed").to_number<int>(), 8);
  const auto& second = report.at("files").as_array().at(0).at("checks").as_array().at(1).as_object();
  EXPECT_EQ(second.at("line").to_number<int>(), 6);
  EXPECT_FALSE(second.at("passed").as_bool());
  EXPECT_EQ(second.at("expected"), "dns");
  EXPECT_EQ(second.at("got"), "web");
}

// The example of docs/formats/policytest.md.
TEST(PolicyTest, OfTheDocumentationIsTheFileBesideIt) {
  const std::string page = read("docs/formats/policytest.md");
  const std::string example = read("docs/formats/web.policytest");
  ASSERT_FALSE(example.empty());
  EXPECT_TRUE(page.contains("```text\n" + example + "```\n"));
}

// Packets in words have the lengths and checksums that tcpdump calculates.
TEST(PolicyTest, MakesPacketsThatTcpdumpFindsRight) {
  if (std::system("command -v tcpdump > /dev/null") != 0) GTEST_SKIP() << "tcpdump is not installed";
  const auto test = policytest::parse(read(kData / "words.policytest"), "words");
  ASSERT_TRUE(test) << base::render(test.error());
  const base::testing::TemporaryFolder folder;
  const fs::path capture = folder / "words.pcap";
  std::ofstream out(capture, std::ios::binary);
  const auto u32 = [&out](std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) out.put(static_cast<char>(value >> shift));
  };
  for (const std::uint32_t value : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 262'144U, 1U}) u32(value);
  for (const policytest::Check& check : test->checks) {
    const policytest::MadeFrame& frame = std::get<policytest::PacketCheck>(check.what).frame;
    u32(0);
    u32(0);
    u32(static_cast<std::uint32_t>(frame.bytes.size()));
    u32(frame.original_length);
    for (const std::byte byte : frame.bytes) out.put(static_cast<char>(byte));
  }
  out.close();
  const fs::path lines = folder / "lines";
  ASSERT_EQ(std::system(("tcpdump -vv -n -r " + capture.string() + " > " + lines.string() + " 2>&1").c_str()), 0);
  const std::string text = read(lines);
  for (const char* complaint : {"bad", "incorrect", "truncated", "wrong"}) {
    EXPECT_FALSE(text.contains(complaint)) << complaint << "\n" << text;
  }
  EXPECT_TRUE(text.contains("(correct)")) << text;
}

}  // namespace
}  // namespace superspan::offline
