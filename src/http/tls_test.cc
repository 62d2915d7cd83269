// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>

#include "http/test_server.h"

namespace superspan::http {
namespace {

using test::kToken;
using test::options_for;
using test::RunningServer;

// A certificate for 127.0.0.1 that is its own authority.
class Tls : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    for (const char* name : {"server", "other"}) {
      const std::string command =
          "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
          " -addext subjectAltName=IP:127.0.0.1 -keyout " +
          file(name, ".key") + " -out " + file(name, ".pem") + " 2>/dev/null";
      ASSERT_EQ(std::system(command.c_str()), 0) << command;
    }
  }
  static void TearDownTestSuite() { delete folder_; }
  static std::string file(const std::string& name, const std::string& ending) {
    return (*folder_ / (name + ending)).string();
  }
  static ServerOptions options(const std::string& endpoint = "https://127.0.0.1:0") {
    auto options = options_for(endpoint);
    options.tls = TlsFiles{file("server", ".pem"), file("server", ".key")};
    return options;
  }
  static Router router() {
    Router router;
    router.add_simple(Method::kPut, "/echo",
                      [](const Request& request) { return Response{200, "text/plain", request.body, {}}; });
    return router;
  }

 private:
  static inline test::TemporaryFolder* folder_ = nullptr;
};

TEST_F(Tls, CarriesALargeBody) {
  RunningServer server(router(), options());
  const std::string body(1'000'000, 'x');
  auto client = server.client({kToken, file("server", ".pem"), 5'000});
  for (int round = 0; round < 3; ++round) {
    const auto result = client.request(Method::kPut, "/echo", body);
    ASSERT_TRUE(result) << base::render(result.error());
    EXPECT_EQ(result->body, body);
  }
}

TEST_F(Tls, AnUnknownAuthorityIsRefused) {
  RunningServer server(router(), options());
  const auto result = server.client({kToken, file("other", ".pem"), 5'000}).request(Method::kPut, "/echo", "x");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("certificate verify failed"), std::string::npos) << result.error().message;
}

TEST_F(Tls, AnotherNameIsRefused) {
  RunningServer server(router(), options());
  Endpoint endpoint = server.endpoint();
  endpoint.host = "localhost";
  EXPECT_FALSE(Client(endpoint, {kToken, file("server", ".pem"), 5'000}).request(Method::kPut, "/echo", "x"));
}

TEST_F(Tls, OlderVersionsAreRefused) {
  RunningServer server(router(), options());
  const std::string command = "openssl s_client -tls1_2 -connect 127.0.0.1:" + std::to_string(server.endpoint().port) +
                              " </dev/null >/dev/null 2>&1";
  EXPECT_NE(std::system(command.c_str()), 0);
}

TEST_F(Tls, PlainTextIsClosedWithoutAnAnswer) {
  RunningServer server(router(), options());
  const std::string answer = test::RawClient(server.endpoint()).ask("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(answer.find("HTTP"), std::string::npos);
}

TEST_F(Tls, MayListenWiderThanThisMachine) {
  RunningServer server(router(), options("https://0.0.0.0:0"));
  EXPECT_NE(server.endpoint().port, 0);
}

TEST_F(Tls, AKeyOfAnotherCertificateIsAClearError) {
  boost::asio::io_context io;
  auto wrong = options();
  wrong.tls->key = file("other", ".key");
  EXPECT_EQ(Server::listen(io, wrong, {}).error().code, base::ErrorCode::kInvalid);
  wrong.tls->key = "/nonexistent";
  EXPECT_EQ(Server::listen(io, wrong, {}).error().place, "/nonexistent");
}

}  // namespace
}  // namespace superspan::http
