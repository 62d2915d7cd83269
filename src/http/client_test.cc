// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <gtest/gtest.h>

#include "http/test_server.h"

namespace superspan::http {
namespace {

using test::kToken;
using test::options_for;
using test::RunningServer;

Router number_router() {
  Router router;
  router.add_simple(Method::kGet, "/number/{n}", [](const Request& request) {
    return Response{200, "text/plain", std::string(request.parameter("n")), {}};
  });
  router.add(Method::kGet, "/never",
             [held = std::make_shared<std::vector<Responder>>()](const Request&, Responder responder) {
               held->push_back(std::move(responder));
             });
  router.add_simple(Method::kGet, "/large",
                    [](const Request&) { return Response{200, "text/plain", std::string(100'000, 'x'), {}}; });
  return router;
}

TEST(Client, NobodyListening) {
  Client client(*parse_endpoint("http://127.0.0.1:1"), {});
  const auto result = client.request(Method::kGet, "/");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(Client(*parse_endpoint("unix:/nonexistent/socket"), {}).request(Method::kGet, "/").error().code,
            base::ErrorCode::kUnavailable);
}

TEST(Client, NoAnswerInTime) {
  RunningServer server(number_router());
  auto client = server.client({kToken, "", 100});
  EXPECT_EQ(client.request(Method::kGet, "/never").error().code, base::ErrorCode::kTimeout);
  EXPECT_EQ(client.request(Method::kGet, "/number/1")->body, "1");
}

TEST(Client, TooLargeAnAnswer) {
  RunningServer server(number_router());
  auto client = server.client({kToken, "", 5'000, 1'000});
  EXPECT_EQ(client.request(Method::kGet, "/large").error().code, base::ErrorCode::kLimit);
}

TEST(Client, AServerThatClosedAKeptConnectionIsAskedAgain) {
  auto options = options_for("http://127.0.0.1:0");
  options.limits.request_timeout_ms = 50;
  RunningServer server(number_router(), options);
  auto client = server.client();
  EXPECT_EQ(client.request(Method::kGet, "/number/1")->body, "1");
  for (int tries = 0; tries < 1000 && server.statistics().connections > 0; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(server.statistics().connections, 0U);
  EXPECT_EQ(client.request(Method::kGet, "/number/2")->body, "2");
}

// A server that takes a request and closes without a word may have carried it out: whoever made a policy with
// If-None-Match and asks again hears that it exists, as if somebody else had made it.
TEST(Client, OnlyWhatMayBeCarriedOutTwiceIsSentAgain) {
  struct Case {
    Method method;
    Fields headers;
    int times;  // that the server gets it
  };
  const Case cases[] = {
      {Method::kGet, {}, 2},
      {Method::kPut, {}, 2},
      {Method::kPut, {{"Accept", "application/json"}}, 2},
      {Method::kPut, {{"If-None-Match", "*"}}, 1},
      {Method::kPut, {{"if-match", "\"17.2\""}}, 1},
      {Method::kDelete, {}, 1},
      {Method::kDelete, {{"If-Match", "\"17.2\""}}, 1},
      {Method::kPost, {}, 1},
  };
  for (const Case& c : cases) {
    boost::asio::io_context io;
    boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
    int times = 0;
    std::thread server([&] {
      const auto gets = [](auto& socket) {
        std::array<char, 1000> request{};
        boost::system::error_code error;
        return socket.read_some(boost::asio::buffer(request), error) > 0;
      };
      auto kept = acceptor.accept();
      gets(kept);
      boost::asio::write(kept, boost::asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")));
      times += gets(kept) ? 1 : 0;
      kept.close();
      auto fresh = acceptor.accept();
      times += gets(fresh) ? 1 : 0;
    });
    Client client({Endpoint::Kind::kHttp, "127.0.0.1", acceptor.local_endpoint().port(), ""}, {"", "", 5'000});
    EXPECT_TRUE(client.request(Method::kGet, "/"));
    const auto result = client.request(c.method, "/policies/web", c.method == Method::kPut ? "{}" : "", c.headers);
    server.join();
    EXPECT_EQ(times, c.times) << to_string(c.method) << " " << (c.headers.empty() ? "" : c.headers[0].first);
    EXPECT_EQ(result.error().code, base::ErrorCode::kUnavailable);
  }
}

TEST(Client, AnAnswerThatIsCutIsAnError) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  for (const std::string answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "HTTP/1.1 200", "rubbish\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"}) {
    std::thread server([&] {
      auto socket = acceptor.accept();
      std::array<char, 1000> request{};
      socket.read_some(boost::asio::buffer(request));
      boost::asio::write(socket, boost::asio::buffer(answer));
    });
    Client client({Endpoint::Kind::kHttp, "127.0.0.1", acceptor.local_endpoint().port(), ""}, {"", "", 2'000});
    const auto result = client.request(Method::kGet, "/");
    EXPECT_FALSE(result) << answer;
    server.join();
  }
}

TEST(Client, ATargetCannotSmuggleAHeader) {
  RunningServer server(number_router());
  EXPECT_EQ(server.client().request(Method::kGet, "/number/1 HTTP/1.1\r\nX: y").error().code,
            base::ErrorCode::kInvalid);
}

TEST(AsyncClient, AnswersComeInTheOrderOfTheCalls) {
  RunningServer server(number_router());
  boost::asio::io_context io{1};
  AsyncClient client(io, server.endpoint(), {kToken, "", 5'000});
  std::string order;
  for (int i = 0; i < 5; ++i) {
    client.request(Method::kGet, "/number/" + std::to_string(i), {},
                   [&](base::Result<Response> result) { order += result->body; });
  }
  io.run();
  EXPECT_EQ(order, "01234");
}

TEST(AsyncClient, ALateAnswerDoesNotStopTheNextRequest) {
  RunningServer server(number_router());
  boost::asio::io_context io{1};
  AsyncClient client(io, server.endpoint(), {kToken, "", 100});
  std::string order;
  client.request(Method::kGet, "/never", {},
                 [&](base::Result<Response> result) { order += base::to_string(result.error().code); });
  client.request(Method::kGet, "/number/1", {}, [&](base::Result<Response> result) { order += result->body; });
  io.run();
  EXPECT_EQ(order, "timeout1");
}

TEST(AsyncClient, MayBeDestroyedInItsCallback) {
  RunningServer server(number_router());
  boost::asio::io_context io{1};
  auto client = std::make_unique<AsyncClient>(io, server.endpoint(), ClientOptions{kToken, "", 5'000});
  int calls = 0;
  for (int i = 0; i < 2; ++i) {
    client->request(Method::kGet, "/number/1", {}, [&](const base::Result<Response>&) {
      ++calls;
      client.reset();
    });
  }
  io.run();
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace superspan::http
