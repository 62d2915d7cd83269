// SPDX-License-Identifier: Apache-2.0
// Text made to hurt: every one of these must end quickly, with an error that has a reason and a remedy.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "policy/compile.h"
#include "policy/evaluate.h"

namespace superspan::policy {
namespace {

std::string repeated(const std::string& text, std::size_t count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

base::ErrorCode refused(const std::string& expression) {
  const auto begin = std::chrono::steady_clock::now();
  const auto compiled = compile(expression);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << expression.substr(0, 60);
  EXPECT_FALSE(compiled) << expression.substr(0, 60);
  if (compiled) return base::ErrorCode::kInternal;
  EXPECT_FALSE(compiled.error().message.empty());
  EXPECT_FALSE(compiled.error().hint.empty());
  EXPECT_LT(base::render(compiled.error()).size(), 1000U);
  return compiled.error().code;
}

TEST(HostileText, EndsQuickly) {
  EXPECT_EQ(refused(std::string(60'000, '(')), base::ErrorCode::kLimit);
  EXPECT_EQ(refused(std::string(100'000, '(')), base::ErrorCode::kLimit);
  EXPECT_EQ(refused(repeated("!", 60'000)), base::ErrorCode::kLimit);
  EXPECT_EQ(refused(repeated("not ", 10'000)), base::ErrorCode::kLimit);
  EXPECT_EQ(refused(std::string(1U << 20, 'a')), base::ErrorCode::kLimit);
  EXPECT_EQ(refused(repeated("tcp and ", 8'000) + "udp"), base::ErrorCode::kLimit);
  EXPECT_EQ(refused(repeated("(tcp) ", 5'000)), base::ErrorCode::kInvalid);
  EXPECT_EQ(refused("host " + repeated("(", 300) + "10.0.0.1" + repeated(")", 300)), base::ErrorCode::kInvalid);
  EXPECT_EQ(refused("host '; drop table"), base::ErrorCode::kInvalid);
  EXPECT_EQ(refused(std::string("tcp\0udp", 7)), base::ErrorCode::kInvalid);
  EXPECT_EQ(refused("h\xc3\xb6st 10.0.0.1"), base::ErrorCode::kInvalid);
  EXPECT_EQ(refused("port 99999999999999999999"), base::ErrorCode::kInvalid);
}

TEST(HostileText, OfArithmeticEndsQuickly) {
  EXPECT_EQ(refused(repeated("-", 60'000) + "1 = 1"), base::ErrorCode::kLimit);
  EXPECT_EQ(refused("1" + repeated(" % 1", 10'000) + " = 1"), base::ErrorCode::kLimit);
  EXPECT_EQ(refused("1" + repeated(" + 1", 10'000) + " = 1"), base::ErrorCode::kLimit);
  EXPECT_EQ(refused(repeated("ip[", 20'000) + "0"), base::ErrorCode::kLimit);
  EXPECT_EQ(refused("port 1 or " + repeated("(", 60'000) + "1"), base::ErrorCode::kLimit);
  EXPECT_EQ(refused("port 1 or " + repeated("!(", 20'000) + "1"), base::ErrorCode::kLimit);
  EXPECT_EQ(refused("1 + (" + repeated("1 + (", 20) + "1" + repeated(")", 21) + " = 1"), base::ErrorCode::kInvalid);
  EXPECT_EQ(refused(repeated("geneve and ", 6) + "ip"), base::ErrorCode::kInvalid);
  EXPECT_EQ(refused("host " + repeated("1:", 30'000)), base::ErrorCode::kInvalid);
  EXPECT_EQ(refused("host " + repeated("a--", 20'000)), base::ErrorCode::kInvalid);
  EXPECT_EQ(refused("ip[16:4] > 0x0a000001 and ip[12:4] > 0x0a000001 and tcp[0:4] > 0x03e903e9"),
            base::ErrorCode::kLimit);
}

TEST(LongLists, OfComparisonsCompile) {
  std::string bytes = "len = 1" + repeated(" + 1", 1'000);
  std::string guarded = "tcp[13] = 0";
  for (int value = 1; value < 500; ++value) {
    bytes += " or ether[" + std::to_string(value % 14) + "] = " + std::to_string(value % 256);
    guarded += " or tcp[13] = " + std::to_string(value % 256);
  }
  EXPECT_TRUE(Evaluator::create(bytes));
  EXPECT_TRUE(compile(guarded));
  const auto compiled = compile(bytes);
  EXPECT_TRUE(compiled || compiled.error().code == base::ErrorCode::kLimit);
}

TEST(HostileText, ManyValuesHitALimitAndNotTheMachine) {
  std::string ranges = "portrange 1-65534";
  for (int port = 2; port < 1500; ++port) ranges += " or " + std::to_string(port) + "-" + std::to_string(65534 - port);
  EXPECT_EQ(refused(ranges), base::ErrorCode::kLimit);
  std::string crossed = "ip";
  for (int host = 1; host < 250; ++host) {
    const std::string number = std::to_string(host);
    crossed += " and (src host 10.0.0." + number + " or dst host 10.1.0." + number + " or port " + number + ")";
  }
  const auto compiled = compile(crossed);
  EXPECT_TRUE(compiled || compiled.error().code == base::ErrorCode::kLimit);
}

TEST(LongLists, Compile) {
  std::string hosts = "ip host 10.0.0.0";
  for (int host = 1; host < 1500; ++host) {
    hosts += " or 10.0." + std::to_string(host / 256) + "." + std::to_string(host % 256);
  }
  const auto compiled = compile(hosts);
  ASSERT_TRUE(compiled) << base::render(compiled.error());
  EXPECT_EQ(compiled->rules.size(), 3001U);
  EXPECT_TRUE(Evaluator::create(hosts));
}

}  // namespace
}  // namespace superspan::policy
