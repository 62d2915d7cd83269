// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <atomic>

#include <boost/asio/local/stream_protocol.hpp>

#include "base/testing/no_descriptors.h"
#include "http/test_server.h"

namespace superspan::http {
namespace {

using test::kAuthorization;
using test::options_for;
using test::RawClient;
using test::RunningServer;
using namespace std::string_literals;  // for texts with zero bytes

Response text(std::string body) {
  return {200, "text/plain", std::move(body), {}};
}

Router echo_router() {
  Router router;
  router.add_simple(Method::kGet, "/hello", [](const Request&) { return text("hello"); });
  router.add_simple(Method::kPut, "/echo/{name}",
                    [](const Request& r) { return text(std::string(r.parameter("name")) + "=" + r.body); });
  router.add(Method::kGet, "/dropped", [](const Request&, const Responder&) {});
  return router;
}

std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + kAuthorization + more + "\r\n";
}
std::string close_after() {
  return "Connection: close\r\n";
}
int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Server, AnswersOverAKeptConnection) {
  RunningServer server(echo_router());
  auto client = server.client();
  for (int round = 0; round < 3; ++round) EXPECT_EQ(client.request(Method::kGet, "/hello")->body, "hello");
  EXPECT_EQ(client.request(Method::kPut, "/echo/a%2Fb", "body")->body, "a/b=body");
  EXPECT_EQ(server.statistics().connections, 1U);
  EXPECT_EQ(server.statistics().requests, 4U);
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  RunningServer server(echo_router());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests +=
        "PUT /echo/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n" + kAuthorization + "Content-Length: 0\r\n\r\n";
  }
  const std::string answer = RawClient(server.endpoint()).ask(requests + get("/hello", close_after()));
  EXPECT_EQ(count(answer, "HTTP/1.1 200 OK"), 201);
  EXPECT_LT(answer.find("\r\n\r\n17="), answer.find("\r\n\r\n18="));
}

TEST(Server, BytesOneByOneMakeARequest) {
  RunningServer server(echo_router());
  RawClient client(server.endpoint());
  for (const char c : get("/hello", close_after())) client.send({&c, 1});
  EXPECT_EQ(count(client.read_all(), "hello"), 1);
}

TEST(Server, WithoutTheTokenEverythingIs401) {
  RunningServer server(echo_router());
  for (const char* header :
       {"", "Authorization: Bearer wrong\r\n", "Authorization: Basic eDp5\r\n", "Authorization:\r\n"}) {
    for (const char* path : {"/hello", "/nothing"}) {
      const auto answer = RawClient(server.endpoint())
                              .ask("GET " + std::string(path) + " HTTP/1.1\r\n" + header + close_after() + "\r\n");
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 401 ")) << header << answer;
      EXPECT_NE(answer.find("WWW-Authenticate: Bearer"), std::string::npos);
    }
  }
  EXPECT_EQ(server.statistics().requests, 0U);
}

TEST(Server, ABodyWithoutATokenIsNotWaitedFor) {
  RunningServer server(echo_router());
  const auto answer = RawClient(server.endpoint()).ask("PUT /echo/a HTTP/1.1\r\nContent-Length: 1000000\r\n\r\nx");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 401 ")) << answer;
}

TEST(Server, UnknownPathAndMethodAreProblems) {
  RunningServer server(echo_router());
  auto client = server.client();
  EXPECT_EQ(client.request(Method::kGet, "/nothing")->status, 404);
  const auto wrong = client.request(Method::kDelete, "/hello");
  EXPECT_EQ(wrong->status, 405);
  EXPECT_EQ(wrong->header("allow"), "GET");
  const auto patch =
      RawClient(server.endpoint()).ask("PATCH /hello HTTP/1.1\r\nConnection: close\r\n" + kAuthorization + "\r\n");
  EXPECT_TRUE(patch.contains("the resource has no method PATCH")) << patch;
  EXPECT_EQ(client.request(Method::kGet, "/echo/%zz")->status, 400);
}

TEST(Server, AForgottenAnswerIs500) {
  RunningServer server(echo_router());
  EXPECT_EQ(server.client().request(Method::kGet, "/dropped")->status, 500);
}

TEST(Limits, AHeaderOver8KiBIs431) {
  RunningServer server(echo_router());
  const auto answer = RawClient(server.endpoint()).ask(get("/hello", "X: " + std::string(9000, 'x') + "\r\n"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 431 ")) << answer;
  EXPECT_TRUE(answer.contains("the request's header is larger than 8192 bytes")) << answer;
  EXPECT_TRUE(answer.contains("\"hint\":")) << answer;
}

TEST(Limits, AHeaderWithoutEndIs431) {
  RunningServer server(echo_router());
  EXPECT_TRUE(RawClient(server.endpoint()).ask(std::string(100'000, 'A')).starts_with("HTTP/1.1 4"));
}

TEST(Limits, ABodyOver1MiBIs413) {
  RunningServer server(echo_router());
  auto client = server.client();
  EXPECT_EQ(client.request(Method::kPut, "/echo/a", std::string(1024 * 1024, '['))->status, 200);
  const auto refused = client.request(Method::kPut, "/echo/a", std::string(1024 * 1024 + 1, '['));
  EXPECT_EQ(refused->status, 413);
  EXPECT_EQ(error_of(*refused).message, "the body is larger than 1048576 bytes");
  EXPECT_FALSE(error_of(*refused).hint.empty());
}

TEST(Limits, AChunkedBodyOver1MiBIs413) {
  RunningServer server(echo_router());
  std::string body;
  for (int i = 0; i < 20; ++i) body += "10000\r\n" + std::string(0x10000, '[') + "\r\n";
  const auto answer =
      RawClient(server.endpoint())
          .ask("PUT /echo/a HTTP/1.1\r\n" + kAuthorization + "Transfer-Encoding: chunked\r\n\r\n" + body);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer.substr(0, 200);
}

TEST(Limits, MalformedRequestsAre400) {
  RunningServer server(echo_router());
  for (const std::string& bytes :
       {std::string("\r\n\r\n\r\n\r\n"), std::string("GET\r\n\r\n"),
        std::string("GET /hello HTTP/1.1\r\nbad header\r\n\r\n"),
        std::string("GET /hello HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n"s, std::string("GET /\x01 HTTP/1.1\r\n\r\n"),
        std::string("PUT /echo/a HTTP/1.1\r\n" + kAuthorization + "Transfer-Encoding: chunked\r\n\r\nzz\r\n")}) {
    const auto answer = RawClient(server.endpoint()).ask(bytes);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << bytes << "\n" << answer;
  }
  EXPECT_EQ(server.statistics().malformed, 7U);
}

TEST(Limits, TwoLengthsOfOneBodyAreRefused) {
  RunningServer server(echo_router());
  for (const char* lengths :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n"}) {
    const auto answer =
        RawClient(server.endpoint()).ask("PUT /echo/a HTTP/1.1\r\n" + kAuthorization + lengths + "\r\nabc");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << lengths << answer;
  }
}

TEST(Limits, ASlowRequestIs408AndASilentClientIsClosed) {
  auto options = options_for("http://127.0.0.1:0");
  options.limits.request_timeout_ms = 200;
  RunningServer server(echo_router(), options);
  RawClient slow(server.endpoint());
  slow.send("GET /hello HTTP/1.1\r\n");
  EXPECT_TRUE(slow.read_all().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(RawClient(server.endpoint()).read_all(), "");
  EXPECT_EQ(server.statistics().timed_out, 1U);
}

TEST(Limits, DrippingBytesDoNotStopTheClock) {
  auto options = options_for("http://127.0.0.1:0");
  options.limits.request_timeout_ms = 300;
  RunningServer server(echo_router(), options);
  RawClient slow(server.endpoint());
  // Drips far longer than the limit, unless the answer comes.
  std::atomic<bool> answered = false;
  std::thread drip([&] {
    slow.send("GET /hello HTTP/1.1\r\n");
    for (int i = 0; i < 400 && !answered; ++i) {
      slow.send("x: y\r\n");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    if (!answered) slow.send("\r\n");
  });
  EXPECT_TRUE(slow.read_until("\r\n\r\n").starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(server.statistics().timed_out, 1U);
  answered = true;
  drip.join();
}

TEST(Limits, OneConnectionTooManyIs503) {
  auto options = options_for("http://127.0.0.1:0");
  options.limits.connections = 2;
  RunningServer server(echo_router(), options);
  RawClient first(server.endpoint());
  RawClient second(server.endpoint());
  for (auto* client : {&first, &second}) {
    client->send(get("/hello"));
    client->read_until("hello");
  }
  const std::string refused = RawClient(server.endpoint()).read_all();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_TRUE(refused.contains("too many connections")) << refused;
  EXPECT_EQ(server.statistics().refused_connections, 1U);
}

TEST(Limits, AStrangerHasLessTimeThanAKnownClient) {
  auto options = options_for("http://127.0.0.1:0");
  options.limits.stranger_timeout_ms = 200;
  RunningServer server(echo_router(), options);
  EXPECT_EQ(RawClient(server.endpoint()).read_all(), "");
  RawClient dripping(server.endpoint());
  dripping.send("GET /hello HTTP/1.1\r\n");
  EXPECT_TRUE(dripping.read_all().starts_with("HTTP/1.1 408 "));
  RawClient refused(server.endpoint());
  refused.send("GET /hello HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(refused.read_all().starts_with("HTTP/1.1 401 "));  // and closed
  RawClient known(server.endpoint());
  known.send("PUT /echo/a HTTP/1.1\r\n" + kAuthorization + close_after() + "Content-Length: 4\r\n\r\nb");
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_TRUE(known.ask("ody").contains("a=body"));
}

TEST(Limits, StrangersOfOneAddressTakeNotAllConnections) {
  const test::TemporaryFolder folder;
  auto options = options_for("http://127.0.0.1:0");
  options.endpoints.push_back(*parse_endpoint("unix:" + (folder / "api.sock").string()));
  options.limits.strangers_per_address = 3;
  RunningServer server(echo_router(), options);
  std::vector<std::unique_ptr<RawClient>> known;
  for (int i = 0; i < 10; ++i) {
    known.push_back(std::make_unique<RawClient>(server.endpoint()));
    known.back()->send(get("/hello"));
    known.back()->read_until("hello");
  }
  std::vector<std::unique_ptr<RawClient>> strangers;
  for (int i = 0; i < 3; ++i) strangers.push_back(std::make_unique<RawClient>(server.endpoint()));
  EXPECT_TRUE(RawClient(server.endpoint()).read_all().starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(server.statistics().refused_connections, 1U);
  // Unix sockets do not mind, and a place is free as soon as one shows a token.
  Client local(options.endpoints[1], {test::kToken, "", 5'000});
  EXPECT_EQ(local.request(Method::kGet, "/hello")->body, "hello");
  strangers.front()->send(get("/hello"));
  EXPECT_TRUE(strangers.front()->read_until("hello").contains("hello"));
  EXPECT_EQ(server.client().request(Method::kGet, "/hello")->body, "hello");
}

TEST(Limits, WithoutDescriptorsItTellsOnceAndGoesOnLater) {
  auto options = options_for("http://127.0.0.1:0");
  std::atomic<int> told = 0;
  options.on_trouble = [&](const base::Error& error) {
    EXPECT_TRUE(error.message.starts_with("cannot accept connections: ")) << error.message;
    ++told;
  };
  RunningServer server(echo_router(), options);
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket client(io);
  client.open(boost::asio::ip::tcp::v4());
  {
    const base::testing::NoDescriptors none;
    client.connect({boost::asio::ip::make_address("127.0.0.1"), server.endpoint().port});
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  EXPECT_EQ(told, 1);
  boost::asio::write(client, boost::asio::buffer(get("/hello", close_after())));
  std::string answer;
  boost::system::error_code ended;
  boost::asio::read(client, boost::asio::dynamic_buffer(answer), ended);
  EXPECT_TRUE(answer.contains("hello")) << answer;
}

TEST(Limits, TooManyRequestsOfATokenAre429) {
  auto options = options_for("http://127.0.0.1:0");
  options.limits.requests_per_second = 1;
  options.limits.request_burst = 3;
  RunningServer server(echo_router(), options);
  auto client = server.client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.request(Method::kGet, "/hello")->status, 200);
  const auto refused = client.request(Method::kGet, "/hello");
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->header("retry-after"), "1");
}

TEST(Limits, AClassOfRequestsHasItsOwnRate) {
  auto options = options_for("http://127.0.0.1:0");
  options.limits.requests_per_second = 0.001;
  options.limits.request_burst = 2;
  options.rate_classes = {{Method::kPut, "/echo/", 0.001, 3}};
  RunningServer server(echo_router(), options);
  auto client = server.client();
  for (const int status : {200, 200, 429, 429}) EXPECT_EQ(client.request(Method::kGet, "/hello")->status, status);
  EXPECT_EQ(client.request(Method::kGet, "/echo/a")->status, 429) << "another method is not of the class";
  for (const int status : {200, 200, 200, 429}) EXPECT_EQ(client.request(Method::kPut, "/echo/a", "b")->status, status);
}

TEST(Server, Expect100ContinueIsAnswered) {
  RunningServer server(echo_router());
  RawClient client(server.endpoint());
  client.send("PUT /echo/a HTTP/1.1\r\n" + kAuthorization + close_after() +
              "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 100 Continue"));
  client.send("abc");
  EXPECT_NE(client.read_all().find("a=abc"), std::string::npos);
}

TEST(Server, RefusesToListenWiderWithoutTls) {
  boost::asio::io_context io;
  for (const char* text : {"http://0.0.0.0:0", "http://[::]:0"}) {
    const auto server = Server::listen(io, options_for(text), {});
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().message, "refusing to listen wider than this machine without TLS");
  }
  EXPECT_FALSE(Server::listen(io, options_for("https://127.0.0.1:0"), {}));
}

TEST(Server, APortInUseIsAConflict) {
  RunningServer server(echo_router());
  boost::asio::io_context io;
  const auto second = Server::listen(io, options_for(to_string(server.endpoint())), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kConflict);
}

TEST(UnixSocket, IsOnlyForItsOwnerAndReplacesAStaleOne) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "api.sock").string();
  const auto options = options_for("unix:" + path);
  boost::asio::io_context io;
  {
    RunningServer server(echo_router(), options);
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(server.client().request(Method::kGet, "/hello")->body, "hello");
    EXPECT_EQ(Server::listen(io, options, {}).error().code, base::ErrorCode::kConflict);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  {
    boost::asio::local::stream_protocol::acceptor left(io, boost::asio::local::stream_protocol::endpoint(path));
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  RunningServer server(echo_router(), options);
  EXPECT_EQ(server.client().request(Method::kGet, "/hello")->body, "hello");
}

}  // namespace
}  // namespace superspan::http
