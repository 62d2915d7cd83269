// SPDX-License-Identifier: Apache-2.0
#include "node/api.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <fstream>

#include "http/test_server.h"
#include "node/io/memory_input.h"
#include "node/registrar.h"
#include "node/testing.h"
#include "recorder/memory_disk.h"
#include "recorder/pcapng_reader.h"

namespace superspan::node {
namespace {

using http::Method;

constexpr std::string_view kAssignment =
    R"({"controller":"c1","revision":5,"epoch":7,"taps":[{"id":1,"name":"leaf1"}],"policies":[
  {"name":"web","number":1,"service_path":1,"bit":0,"from_epoch":7,"expression":"udp","stream":true,
   "limits":{"packets":3,"bytes":0}}]})";

// A whole node but for its port, with its API on a socket.
class ApiTest : public ::testing::Test {
 protected:
  ApiTest()
      : input_(std::vector<base::Bytes>(10, test::fabric_frame(test::udp_frame(1, 2)))),
        node_({.name = "node1", .buffers = {}, .recorder = {}}, input_, disk_, clock_),
        server_(make_api(node_, control_, [](const Assignment&, const base::Status&) {})),
        control_thread_([this] { control_.run([this] { node_.tick(); }, std::chrono::milliseconds(5)); }) {}
  ~ApiTest() override {
    control_.stop();
    control_thread_.join();
  }
  base::Result<http::Response> request(Method method, std::string_view target, std::string body = {}) {
    return server_.client().request(method, target, std::move(body));
  }

  base::SystemClock clock_;
  MemoryInput input_;
  recorder::MemoryDisk disk_;
  ControlLoop control_;
  Node node_;
  http::test::RunningServer server_;
  std::thread control_thread_;
};

TEST_F(ApiTest, AssignmentIsInForceWhenItIsAnswered) {
  const auto answer = request(Method::kPut, "/v1/assignment", std::string(kAssignment));
  ASSERT_TRUE(answer) << base::render(answer.error());
  EXPECT_EQ(answer->status, 200) << answer->body;
  EXPECT_EQ(node_.report().applied, 5U);
  const auto health = request(Method::kGet, "/v1/health");
  ASSERT_TRUE(health);
  EXPECT_EQ(health->body, R"({"status":"ok","applied":5,"epoch":7,"problems":[]})");
}

TEST_F(ApiTest, WrongAssignmentIsAProblemWithItsPlace) {
  const auto answer = request(Method::kPut, "/v1/assignment", R"({"controller":"c1","revision":5})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(http::error_of(*answer).place, "/epoch");
  EXPECT_EQ(request(Method::kGet, "/v1/streams/web")->status, 404);
  EXPECT_EQ(request(Method::kGet, "/v1/assignment")->status, 405);
}

TEST_F(ApiTest, StreamGivesWhatWasBufferedAndEndsAtTheLimit) {
  ASSERT_EQ(request(Method::kPut, "/v1/assignment", std::string(kAssignment))->status, 200);
  node_.start();
  std::string body;
  const auto answer = server_.client().stream("/v1/streams/web", [&](base::BytesView chunk) {
    for (const std::byte byte : chunk) body.push_back(static_cast<char>(byte));
    return true;
  });
  ASSERT_TRUE(answer) << base::render(answer.error());
  EXPECT_EQ(answer->status, 200);
  const auto contents = recorder::read_pcapng(std::as_bytes(std::span(body)));
  ASSERT_TRUE(contents) << base::render(contents.error());
  EXPECT_EQ(contents->packets.size(), 3U);
  EXPECT_EQ(contents->statistics.size(), 1U);
  const auto counters = request(Method::kGet, "/v1/counters");
  ASSERT_TRUE(counters);
  const auto web = boost::json::parse(counters->body).at("policies").at("web");
  EXPECT_EQ(web.at("delivered").to_number<int>(), 3);
  EXPECT_TRUE(web.at("limit_reached").as_bool());
  node_.stop();
}

TEST(Registrar, TellsTheControllerAtOnceAndWhenPoked) {
  const auto folder = std::filesystem::temp_directory_path() / ("superspan-registrar-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const auto token_file = folder / "token";
  std::mutex mutex;
  std::vector<std::string> bodies;
  http::Router router;
  router.add_simple(Method::kPut, "/v1/nodes/{name}", [&](const http::Request& request) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(request.parameter("name"), "node1");
    bodies.push_back(request.body);
    return http::Response{200, "application/json", R"({"revision":5})", {}};
  });
  http::test::RunningServer controller(std::move(router));
  const auto heartbeats = [&] {
    const std::lock_guard lock(mutex);
    return bodies.size();
  };
  const auto wait_for = [](const auto& condition) {
    for (int attempt = 0; attempt < 500 && !condition(); ++attempt) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  };

  const base::SystemClock clock;
  MemoryInput input;
  recorder::MemoryDisk disk;
  Node node({.name = "node1", .buffers = {}, .recorder = {}}, input, disk, clock);
  std::atomic<int> lost = 0;
  std::atomic<int> found = 0;
  Registrar registrar({controller.endpoint(), token_file, "", "node1", "unix:/run/node1.sock", "0123456789abcdef",
                       "0.1.0", std::chrono::milliseconds(100)},
                      node, [&](const std::optional<base::Error>& error) { ++(error ? lost : found); });
  registrar.start();
  EXPECT_TRUE(wait_for([&] { return lost.load() == 1; })) << "there is no token yet";
  std::ofstream(token_file) << http::test::kToken << '\n';
  std::filesystem::permissions(token_file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_TRUE(wait_for([&] { return found.load() == 1 && heartbeats() >= 2; }));
  const std::size_t before = heartbeats();
  registrar.poke();
  EXPECT_TRUE(wait_for([&] { return heartbeats() > before; }));
  registrar.stop();
  EXPECT_EQ(lost.load(), 1) << "news is told once";
  const auto body = boost::json::parse(bodies.at(0));
  EXPECT_EQ(body.at("endpoint").as_string(), "unix:/run/node1.sock");
  EXPECT_EQ(body.at("token").as_string(), "0123456789abcdef");
  EXPECT_EQ(body.at("applied").to_number<int>(), 0);
  EXPECT_TRUE(body.at("ended").as_array().empty());
  EXPECT_TRUE(body.at("counters").at("policies").is_object());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace superspan::node
