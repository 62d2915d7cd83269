// SPDX-License-Identifier: Apache-2.0
// The program as a process: what it has acknowledged survives kill -9, it ends cleanly, and it says what is wrong.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "http/client.h"
#include "http/token.h"

namespace superspan {
namespace {

constexpr const char* kFabric =
    "name: test\n"
    "switches: [{name: s1, datapath: \"0000000000000001\"}]\n"
    "taps: [{name: t1, switch: s1, port: 1}]\n"
    "tools: [{name: ids1, switch: s1, port: 3}]\n";

class Superspand : public ::testing::Test {
 protected:
  Superspand() { write("fabric.yaml", kFabric); }
  ~Superspand() override { kill_process(); }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  // Standard error goes to a file.
  void start(std::vector<std::string> more = {}) {
    std::vector<std::string> words = {SUPERSPAND_PROGRAM, "--fabric",   path("fabric.yaml"), "--state",
                                      path("state"),      "--listen",   "127.0.0.1:0",       "--socket",
                                      path("api.sock"),   "--openflow", "tcp:127.0.0.1:0",   "--rate",
                                      "1000000"};
    words.insert(words.end(), more.begin(), more.end());
    pid_ = ::fork();
    if (pid_ != 0) return;
    const int log = ::open(path("log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (log < 0 || ::dup2(log, STDERR_FILENO) < 0 || ::dup2(log, STDOUT_FILENO) < 0) ::_exit(127);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
  }
  void kill_process() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  int exit_code() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::string log() const {
    std::ostringstream text;
    text << std::ifstream(path("log")).rdbuf();
    return text.str();
  }
  // A client as soon as the API answers.
  http::Client client() {
    for (int tries = 0; tries < 1000; ++tries) {
      if (const auto token = http::read_token(path("state/token"))) {
        http::Client client(*http::parse_endpoint("unix:" + path("api.sock")), {*token, "", 5'000});
        if (client.request(http::Method::kGet, "/v1/health")) return client;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("superspand does not answer: " + log());
  }

  base::testing::TemporaryFolder folder_;
  pid_t pid_ = 0;
};

std::set<std::string> names_of(http::Client& client) {
  std::set<std::string> names;
  const auto response = client.request(http::Method::kGet, "/v1/policies");
  if (!response) return names;
  const auto body = boost::json::parse(response->body);
  for (const auto& policy : body.at("policies").as_array()) names.emplace(policy.at("name").as_string());
  return names;
}

TEST_F(Superspand, WhatItHasAcknowledgedSurvivesKill9) {
  std::mt19937 random(std::random_device{}());
  std::set<std::string> acknowledged;
  for (int round = 0; round < 5; ++round) {
    start();
    auto writer = client();
    std::thread killer([&, delay = 5 + random() % 60] {
      std::this_thread::sleep_for(std::chrono::milliseconds(delay));
      ::kill(pid_, SIGKILL);
    });
    std::set<std::string> sent = acknowledged;
    for (int index = 0; index < 30; ++index) {
      const std::string name = "p" + std::to_string(round) + "-" + std::to_string(index);
      sent.insert(name);
      const auto response = writer.request(http::Method::kPut, "/v1/policies/" + name,
                                           R"({"expression": "tcp port 443", "tools": ["ids1"]})");
      if (!response || !response->ok()) break;
      acknowledged.insert(name);
    }
    killer.join();
    kill_process();
    start();
    auto reader = client();
    const auto stored = names_of(reader);
    for (const auto& name : acknowledged) EXPECT_TRUE(stored.contains(name)) << name;
    for (const auto& name : stored) EXPECT_TRUE(sent.contains(name)) << name;
    acknowledged = stored;
    kill_process();
  }
  EXPECT_FALSE(acknowledged.empty());
}

TEST_F(Superspand, EndsOnSigtermAndLeavesNoSocket) {
  start();
  client();
  ::kill(pid_, SIGTERM);
  EXPECT_EQ(exit_code(), 0) << log();
  EXPECT_FALSE(std::filesystem::exists(path("api.sock")));
}

TEST_F(Superspand, ASecondOneOnTheSameStateIsRefused) {
  start();
  client();
  const pid_t first = pid_;
  start();
  EXPECT_EQ(exit_code(), 4);
  EXPECT_NE(log().find("another process uses the state file"), std::string::npos) << log();
  pid_ = first;
}

TEST_F(Superspand, WrongInputNamesPlaceAndRemedy) {
  write("fabric.yaml", std::string(kFabric) + "tools2: []\n");
  start();
  EXPECT_EQ(exit_code(), 2);
  EXPECT_NE(log().find("fabric.yaml:5"), std::string::npos) << log();
  std::filesystem::remove(path("fabric.yaml"));
  start();
  EXPECT_EQ(exit_code(), 3);
  std::filesystem::create_directory(path("fabric.yaml"));
  start();
  EXPECT_EQ(exit_code(), 2);
  EXPECT_NE(log().find("this is a directory, not a fabric file"), std::string::npos) << log();
  std::filesystem::remove(path("fabric.yaml"));
  std::filesystem::create_symlink("/dev/zero", path("fabric.yaml"));
  start();
  EXPECT_EQ(exit_code(), 1);
  EXPECT_NE(log().find("the fabric file has more than 1 MiB"), std::string::npos) << log();
  std::filesystem::remove(path("fabric.yaml"));
  write("fabric.yaml", kFabric);
  start({"--listen", "http://0.0.0.0:0"});
  EXPECT_EQ(exit_code(), 2);
  EXPECT_NE(log().find("refusing to listen wider than this machine without TLS"), std::string::npos) << log();
}

TEST_F(Superspand, APolicyThatDoesNotFitTheNewFabricFileDoesNotKeepOutTheOthers) {
  start();
  {
    auto writer = client();
    EXPECT_TRUE(writer
                    .request(http::Method::kPut, "/v1/policies/lost",
                             R"({"expression": "ip", "taps": ["t1"], "tools": ["ids1"]})")
                    ->ok());
    EXPECT_TRUE(
        writer.request(http::Method::kPut, "/v1/policies/kept", R"({"expression": "ip", "tools": ["ids1"]})")->ok());
  }
  kill_process();
  std::string renamed = kFabric;
  renamed.replace(renamed.find("t1"), 2, "t9");
  write("fabric.yaml", renamed);
  start();
  auto reader = client();
  const auto lost = boost::json::parse(reader.request(http::Method::kGet, "/v1/policies/lost")->body);
  EXPECT_EQ(lost.at("state").as_string(), "ended");
  EXPECT_TRUE(lost.at("ended_because").as_string().starts_with("does not fit the fabric"));
  const auto kept = boost::json::parse(reader.request(http::Method::kGet, "/v1/policies/kept")->body);
  EXPECT_EQ(kept.at("state").as_string(), "pending");
}

// What `superspan explain` of the API says of `vm web-1`.
std::string rules_of_web(http::Client& client) {
  const auto response =
      client.request(http::Method::kPost, "/v1/explain", R"({"expression": "ip vm web-1", "stage": "resolved"})");
  return response ? response->body : response.error().message;
}

bool becomes(const std::function<bool()>& condition) {
  for (int tries = 0; tries < 1000; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST_F(Superspand, NamesOfTheInventoryFollowItsFile) {
  write("inventory.yaml", "vms: [{name: web-1, addresses: [10.0.0.1]}, {name: web-2, addresses: [10.0.0.2]}]");
  start({"--inventory", path("inventory.yaml")});
  auto user = client();
  const auto put = [&](const std::string& name, const std::string& expression) {
    return user
        .request(http::Method::kPut, "/v1/policies/" + name,
                 R"({"expression": ")" + expression + R"(", "tools": ["ids1"]})")
        ->ok();
  };
  const auto number = [&](const std::string& name) {
    const auto policy = user.request(http::Method::kGet, "/v1/policies/" + name);
    return boost::json::parse(policy->body).at("number").to_number<int>();
  };
  EXPECT_TRUE(put("one", "vm web-1"));
  EXPECT_TRUE(put("two", "vm web-2"));
  EXPECT_FALSE(put("three", "vm web-3"));
  EXPECT_NE(rules_of_web(user).find("10.0.0.1"), std::string::npos) << rules_of_web(user);
  const int one = number("one");
  const int two = number("two");
  // A change in the file: only the policy that it is about is another.
  write("inventory.yaml", "vms: [{name: web-1, addresses: [10.0.9.9]}, {name: web-2, addresses: [10.0.0.2]}]");
  EXPECT_TRUE(becomes([&] { return number("one") != one; })) << log();
  EXPECT_EQ(number("two"), two);
  EXPECT_NE(rules_of_web(user).find("10.0.9.9"), std::string::npos);
  // A wrong file changes nothing, a name that is gone leaves its policy as it is, and SIGHUP reads at once.
  write("inventory.yaml", "vms: [{nam: web-1}]");
  ::kill(pid_, SIGHUP);
  EXPECT_TRUE(becomes([&] { return log().find("inventory-refused") != std::string::npos; })) << log();
  EXPECT_NE(rules_of_web(user).find("10.0.9.9"), std::string::npos);
  write("inventory.yaml", "vms: [{name: web-1, addresses: [10.0.9.9]}]");
  ::kill(pid_, SIGHUP);
  EXPECT_TRUE(becomes([&] { return log().find("policy-stale policy=two") != std::string::npos; })) << log();
  EXPECT_EQ(number("two"), two);
}

TEST_F(Superspand, AWrongInventoryIsShownAtTheStart) {
  write("inventory.yaml", "vms:\n  - {name: a, adresses: []}\n");
  start({"--inventory", path("inventory.yaml")});
  EXPECT_EQ(exit_code(), 2);
  EXPECT_NE(log().find("inventory.yaml:2"), std::string::npos) << log();
}

}  // namespace
}  // namespace superspan
