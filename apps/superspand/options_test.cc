// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <gtest/gtest.h>

namespace superspan::apps {
namespace {

std::variant<ControllerCommand, Leave> parse(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "superspand");
  return parse_command(static_cast<int>(flags.size()), flags.data());
}

TEST(Flags, TheDefaultsStayOnThisMachine) {
  const auto command = std::get<ControllerCommand>(parse({"--fabric", "f.yaml"}));
  EXPECT_EQ(http::to_string(command.endpoints.front()), "http://127.0.0.1:8600");
  EXPECT_EQ(command.openflow.address, "127.0.0.1");
  EXPECT_EQ(command.openflow.port, 6653);
  EXPECT_EQ(command.state_dir, "/var/lib/superspan");
}

TEST(Flags, ListenReplacesTheDefaultAndSocketAdds) {
  const auto command = std::get<ControllerCommand>(
      parse({"--fabric", "f", "--listen", "127.0.0.1:1", "--listen", "http://[::1]:2", "--socket", "/run/s.sock"}));
  ASSERT_EQ(command.endpoints.size(), 3U);
  EXPECT_EQ(http::to_string(command.endpoints[1]), "http://[::1]:2");
  EXPECT_EQ(http::to_string(command.endpoints[2]), "unix:/run/s.sock");
}

TEST(Flags, WrongOnesLeaveWithTwoAndSayWhatToWrite) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> table = {
      {{}, "--fabric is missing"},
      {{"--fabric", "f", "--openflow", "127.0.0.1:6653"}, "write tcp:127.0.0.1:6653"},
      {{"--fabric", "f", "--openflow", "tcp:0.0.0.0:6653"}, "refusing to take switches on every address without TLS"},
      {{"--fabric", "f", "--openflow", "tls:10.0.0.1:6653"}, "give --tls-cert, --tls-key and --tls-ca"},
      {{"--fabric", "f", "--listen", "everywhere"}, "the port is missing"},
      {{"--fabric", "f", "--api-cert", "c"}, "--api-cert and --api-key need each other"},
      {{"--fabric", "f", "--log-level", "loud"}, "one of: debug, info, warning, error"},
      {{"--fabric", "f", "--fabrik", "g"}, "did you mean '--fabric'?"},
  };
  for (const auto& [flags, words] : table) {
    const auto leave = std::get<Leave>(parse(flags));
    EXPECT_EQ(leave.code, 2) << words;
    EXPECT_NE(leave.text.find(words), std::string::npos) << leave.text;
  }
}

TEST(Flags, HelpTeachesAndSucceeds) {
  const auto leave = std::get<Leave>(parse({"--help"}));
  EXPECT_EQ(leave.code, 0);
  for (const char* words : {"Examples:", "--fabric", "token", "Exit codes"}) {
    EXPECT_NE(leave.text.find(words), std::string::npos) << words;
  }
}

}  // namespace
}  // namespace superspan::apps
