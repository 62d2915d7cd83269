// SPDX-License-Identifier: Apache-2.0
#include "http/endpoint.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace superspan::http {
namespace {

TEST(Endpoint, WhatIsReadIsPrintedTheSame) {
  for (const char* text :
       {"http://127.0.0.1:8600", "https://fabric.example.org:443", "http://[::1]:0", "unix:/run/superspan/api.sock"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(to_string(*endpoint), text);
  }
}

TEST(Endpoint, WithoutASchemeItIsHttp) {
  EXPECT_EQ(to_string(*parse_endpoint("127.0.0.1:1")), "http://127.0.0.1:1");
}

TEST(Endpoint, ErrorsNameTheReason) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"http://127.0.0.1", "the port is missing"},
      {"http://:80", "the host is missing"},
      {"http://a:65536", "the port must be a number from 0 to 65535"},
      {"http://a:", "the port must be a number from 0 to 65535"},
      {"http://::1:80", "an IPv6 address needs brackets"},
      {"http://a b:80", "the host has a character that no host name has"},
      {"http://a\r\nX: y:80", "an IPv6 address needs brackets"},
      {"unix:api.sock", "the socket's path must be absolute"},
      {"unix:/" + std::string(107, 'x'), "the socket's path is longer than 107 bytes"},
      {"", "the port is missing"},
  };
  for (const auto& [text, reason] : table) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().message, "'" + text + "' is no endpoint: " + reason);
  }
}

TEST(Endpoint, OnlyThisMachineIsLocal) {
  for (const char* text :
       {"http://127.0.0.1:1", "http://127.8.9.1:1", "http://[::1]:1", "http://localhost:1", "unix:/a"}) {
    EXPECT_TRUE(is_local(*parse_endpoint(text))) << text;
  }
  for (const char* text : {"http://0.0.0.0:1", "http://[::]:1", "http://127.evil.org:1", "http://10.0.0.1:1"}) {
    EXPECT_FALSE(is_local(*parse_endpoint(text))) << text;
  }
}

}  // namespace
}  // namespace superspan::http
