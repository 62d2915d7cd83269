// SPDX-License-Identifier: Apache-2.0
#include "cli/documents.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "cli/print.h"

namespace superspan::cli {
namespace {

namespace json = boost::json;

constexpr const char* kWeb = R"(name: web
expression: tcp port 443
taps: [leaf1-spine1]
tools:
  - ids1
  - node1
record: yes
stream: false
limits: {duration_s: 900, packets: 0, bytes: 0}
owner: alice
reason: "slow: checkout"
ticket: 0017
snaplen: 128
)";

constexpr const char* kWebJson =
    R"({"name":"web","expression":"tcp port 443","taps":["leaf1-spine1"],"tools":["ids1","node1"],"record":true,)"
    R"("stream":false,"limits":{"duration_s":900,"packets":0,"bytes":0},"owner":"alice","reason":"slow: checkout",)"
    R"("ticket":"0017","snaplen":128})";

TEST(Documents, AreReadFromYamlAndJson) {
  for (const char* text : {kWeb, kWebJson}) {
    const auto documents = read_policies(text, "web.yaml");
    ASSERT_TRUE(documents) << base::render(documents.error());
    ASSERT_EQ(documents->size(), 1U);
    EXPECT_EQ(json::serialize(documents->front().policy), kWebJson);
    EXPECT_EQ(documents->front().name, "web");
    EXPECT_EQ(documents->front().place, "web.yaml:1:1");
  }
  EXPECT_EQ(read_policies(kWeb, "web.yaml")->front().places.at("/limits/packets"), "web.yaml:9:36");
}

TEST(Documents, MayBeSeveralInOneFile) {
  const auto documents = read_policies(
      "---\nname: a\nexpression: tcp\n---\n- {name: b, expression: udp}\n"
      "- {name: c, expression: ''}\n---\n",
      "x");
  ASSERT_TRUE(documents) << base::render(documents.error());
  ASSERT_EQ(documents->size(), 3U);
  EXPECT_EQ(documents->at(1).name, "b");
  EXPECT_EQ(documents->at(2).place, "x:6:3");
}

TEST(Documents, ThatTheControllerPrintedCanBeReadAgain) {
  const json::value shown = json::parse(
      R"({"name":"web","expression":"tcp port 443","taps":["on","1"],"limits":{"duration_s":900},"number":3,)"
      R"("revision":1,"state":"active","why":"","ended_because":"","ended":"","created":"2026-11-21T10:00:00Z",)"
      R"("epoch":7,"residual":"","overmatches":[],"warnings":[],"destinations":["node1"]})");
  const auto documents = read_policies(to_yaml(shown), "-");
  ASSERT_TRUE(documents) << base::render(documents.error());
  EXPECT_EQ(json::serialize(documents->front().policy),
            R"({"name":"web","expression":"tcp port 443","taps":["on","1"],"limits":{"duration_s":900}})");
}

TEST(Documents, NameLineAndRemedyOfWhatIsWrong) {
  struct Case {
    std::string text;
    std::string error;
  };
  const std::array cases{
      Case{"", "web.yaml: there is no policy in it\nhint: see `superspan policy apply --help`"},
      Case{"just words", "web.yaml:1:1: a mapping of keys and values is wanted here\nhint: write `key: value` lines"},
      Case{"name: web\nexpresion: tcp", "web.yaml:2:1: unknown key 'expresion'\nhint: did you mean 'expression'?"},
      Case{"name: web\ncolour: red",
           "web.yaml:2:1: unknown key 'colour'\nhint: known keys: name, expression, taps, tools, record, stream, "
           "limits, owner, reason, ticket, snaplen"},
      Case{"name: web\nexpression: tcp\nlimits:\n  packet: 5",
           "web.yaml:4:3: unknown key 'packet'\nhint: did you mean 'packets'?"},
      Case{"expression: tcp", "web.yaml:1:1: the policy has no 'name'\nhint: add a line like `name: web`"},
      Case{"name: web",
           "web.yaml:1:1: the policy has no 'expression'\nhint: add a line like `expression: tcp port 443`"},
      Case{"name: web\nname: dns\nexpression: tcp", "web.yaml:2:1: 'name' stands here twice\nhint: keep one"},
      Case{"name: web\nexpression: tcp\ntools: ids1",
           "web.yaml:3:8: 'tools' must be a list\nhint: write `tools: [NAME, NAME]`"},
      Case{"name: web\nexpression: tcp\ntools: [{a: b}]",
           "web.yaml:3:9: 'tools' must list names\nhint: write plain names"},
      Case{"name: web\nexpression: tcp\nrecord: maybe",
           "web.yaml:3:9: 'record' must be true or false\nhint: write true or false"},
      Case{"name: web\nexpression: tcp\nlimits: {packets: -1}",
           "web.yaml:3:19: 'packets' must be a whole number\nhint: write digits; 0 means no limit"},
      Case{"name: [a]\nexpression: tcp",
           "web.yaml:1:7: 'name' must be a text\nhint: write it on one line, in quotes if need be"},
      Case{"name: a\nexpression: tcp\n---\nname: a\nexpression: udp",
           "web.yaml:4:1: policy 'a' stands here twice\nhint: it stands at web.yaml:1:1 already"},
  };
  for (const Case& c : cases) {
    const auto documents = read_policies(c.text, "web.yaml");
    ASSERT_FALSE(documents) << c.text;
    EXPECT_EQ(base::render(documents.error()), c.error);
    EXPECT_NE(documents.error().code, base::ErrorCode::kInternal);
  }
}

TEST(Documents, BrokenSyntaxIsShownWithItsLine) {
  for (const char* text : {"name: web\n  expression: [", "{\"name\": \"web\",,}", "name: \"web\nexpression: tcp",
                           "\t- a", "name: *nobody", "a: b: c", "%YAML 9.9.9\n"}) {
    const auto documents = read_policies(text, "web.yaml");
    ASSERT_FALSE(documents) << text;
    EXPECT_EQ(documents.error().code, base::ErrorCode::kInvalid);
    EXPECT_TRUE(documents.error().place.starts_with("web.yaml")) << documents.error().place;
  }
}

}  // namespace
}  // namespace superspan::cli
