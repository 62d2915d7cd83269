// SPDX-License-Identifier: Apache-2.0
#include "cli/print.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace superspan::cli {
namespace {

namespace json = boost::json;

const std::vector<Column> kColumns{{"NAME", "name"},
                                   {"TAPS", "taps"},
                                   {"DURATION", "limits.duration_s", Column::As::kSeconds},
                                   {"BYTES", "bytes", Column::As::kBytes},
                                   {"PACKETS", "packets", Column::As::kNumber}};

const json::value kRows = json::parse(R"([
  {"name": "web", "taps": ["leaf1", "leaf2"], "limits": {"duration_s": 900}, "bytes": 1234567, "packets": 12},
  {"name": "größe", "taps": [], "limits": {"duration_s": 0}, "packets": 1234}])");

TEST(Table, AlignsColumnsAndShowsWhatIsAbsent) {
  EXPECT_EQ(table(kRows.as_array(), kColumns),
            "NAME   TAPS         DURATION   BYTES  PACKETS\n"
            "web    leaf1,leaf2       15m  1.2 MB       12\n"
            "größe  -                   -       -     1234\n");
}

TEST(Table, HasABoldHeaderOnlyInColour) {
  const std::vector<Column> columns{{"NAME", "name"}};
  EXPECT_EQ(table(kRows.as_array(), columns, true), "\x1b[1mNAME\x1b[0m\nweb\ngröße\n");
}

TEST(Details, LeaveOutWhatIsAbsent) {
  EXPECT_EQ(details(kRows.at(1), kColumns), "NAME      größe\nPACKETS   1234\n");
}

TEST(Printable, KeepsNamesFromDrivingTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\x7f"), "a.[31mb.c.");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m größe"),
            ".31m größe");
}

TEST(Json, IsIndentedAndKeepsTheOrder) {
  EXPECT_EQ(to_json(json::parse(R"({"b":[1,{"c":"x\ny"}],"a":{},"d":[],"e":null})")),
            "{\n"
            "  \"b\": [\n"
            "    1,\n"
            "    {\n"
            "      \"c\": \"x\\ny\"\n"
            "    }\n"
            "  ],\n"
            "  \"a\": {},\n"
            "  \"d\": [],\n"
            "  \"e\": null\n"
            "}\n");
}

TEST(Yaml, QuotesWhatCouldBeTakenForSomethingElse) {
  const json::value value =
      json::parse(R"json({"name":"web","expression":"tcp port 443 and not (udp)","taps":["a","on","1e3"],
                                    "limits":{"packets":0},"owner":"","reason":"a: b","ticket":"OPS #1","up":true,
                                    "list":[{"x":1,"y":[2]},[3]],"none":null})json");
  EXPECT_EQ(to_yaml(value),
            "name: web\n"
            "expression: tcp port 443 and not (udp)\n"
            "taps:\n"
            "  - a\n"
            "  - \"on\"\n"
            "  - \"1e3\"\n"
            "limits:\n"
            "  packets: 0\n"
            "owner: \"\"\n"
            "reason: \"a: b\"\n"
            "ticket: \"OPS #1\"\n"
            "up: true\n"
            "list:\n"
            "  - x: 1\n"
            "    \"y\":\n"
            "      - 2\n"
            "  - - 3\n"
            "none: null\n");
}

TEST(Yaml, IsReadBackAsTheSameTexts) {
  for (const char* text : {"",           " ",
                           "a ",         " a",
                           "true",       "No",
                           "null",       "~",
                           "1",          "0x1f",
                           "1.5",        "-",
                           "- a",        "a: b",
                           "a:",         "#",
                           "a #b",       "[a]",
                           "{a}",        "*a",
                           "&a",         "!a",
                           "%a",         "@a",
                           "`a",         "'a'",
                           "\"a\"",      "|",
                           ">",          "?",
                           "a\nb",       "größe",
                           "2026-11-21", "tcp[0] & 1 != 0",
                           "\x01",       "\\",
                           "=",          "<<"}) {
    const json::object object{{"key", text}};
    const YAML::Node node = YAML::Load(to_yaml(object));
    EXPECT_EQ(node["key"].Scalar(), text);
  }
}

TEST(Rows, AreFoundBareOrWrapped) {
  EXPECT_EQ(rows_of(json::parse("[1,2]"))->size(), 2U);
  EXPECT_EQ(rows_of(json::parse(R"({"epoch": 3, "taps": [1]})"))->size(), 1U);
  EXPECT_FALSE(rows_of(json::parse(R"({"epoch": 3})")));
  EXPECT_FALSE(rows_of(nullptr));
}

}  // namespace
}  // namespace superspan::cli
