// SPDX-License-Identifier: Apache-2.0
#include "offline/policytest/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/nearest.h"
#include "policy/compile.h"

namespace superspan::offline::policytest {
namespace {

using base::Result;
using base::Status;

constexpr std::string_view kExample = "write for example: policy web: tcp port 443";

bool is_name(std::string_view text) {
  const auto first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto later = [&](char c) { return first(c) || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= 63 && first(text.front()) && std::ranges::all_of(text, later);
}

std::optional<std::uint64_t> count_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& name, std::shared_ptr<const policy::Names> names)
      : source_(text, name) {
    test_.names = std::move(names);
  }

  // Policies come first, wherever they stand, so that each check knows all names.
  Result<PolicyTest> parse() {
    const auto statements = source_.statements();
    if (!statements) return std::unexpected(statements.error());
    for (const bool policies : {true, false}) {
      for (const Statement& statement : *statements) {
        if (auto status = read(statement, policies); !status) return std::unexpected(status.error());
      }
    }
    if (test_.policies.empty()) return source_.error(0, 0, "there is no policy", std::string(kExample));
    if (test_.checks.empty()) {
      return source_.error(0, 0, "nothing is checked",
                           "write for example: packet 10.0.0.1 > 10.0.0.2:443 tcp => " + test_.policies.front().name);
    }
    return std::move(test_);
  }

 private:
  Status read(const Statement& statement, bool policies) {
    const Statement::Piece& first = statement.pieces.front();
    const std::string_view line = source_.text(first.begin, first.end);
    const std::string_view keyword = line.substr(0, line.find_first_of(" \t:"));
    if (keyword == "policy") return policies ? policy(statement) : Status{};
    if (keyword == "packet" || keyword == "pcap") return policies ? Status{} : check(statement, keyword == "packet");
    if (!policies) return {};
    const std::vector<std::string> known{"policy", "packet", "pcap"};
    std::string hint = base::did_you_mean(keyword, known);
    if (hint.empty()) hint = "a line begins with policy, packet, pcap or #";
    return source_.error(first.begin, first.begin + keyword.size(), fmt::format("'{}' begins no line", keyword), hint);
  }

  // policy NAME: EXPRESSION
  Status policy(const Statement& statement) {
    const Statement::Piece& first = statement.pieces.front();
    const std::string_view line = source_.text(first.begin, first.end);
    const std::size_t colon = line.find(':');
    const std::size_t name_at = std::min(line.find_first_not_of(" \t", 6), line.size());
    if (colon == std::string_view::npos || colon < name_at) {
      return source_.error(first.begin, first.end, "a policy is a name, a colon and an expression",
                           std::string(kExample));
    }
    std::string name(line.substr(name_at, colon - name_at));
    while (name.ends_with(' ') || name.ends_with('\t')) name.pop_back();
    const auto at_name = [&](const char* message, const char* hint) {
      return source_.error(first.begin + name_at, first.begin + std::max(colon, name_at + 1), message, hint);
    };
    if (!is_name(name)) {
      return at_name("this is not a name", "use a-z, 0-9, '.', '_' and '-', a letter or digit first, 63 at most");
    }
    if (name == "none" || name == "all") return at_name("this word has a meaning here", "choose another name");
    if (std::ranges::find(test_.policies, name, &Policy::name) != test_.policies.end()) {
      return at_name("there are two policies of this name", "give each its own");
    }
    if (test_.policies.size() == kExpressionsMax) return at_name("too many policies", "192 are allowed in a file");
    return expression(statement, std::move(name), first.begin + colon + 1);
  }

  Status expression(const Statement& statement, std::string name, std::size_t begin) {
    std::string text;
    std::vector<std::pair<std::size_t, Statement::Piece>> places;  // offset in `text`, where it stands
    for (Statement::Piece piece : statement.pieces) {
      piece.begin = std::max(piece.begin, begin);
      while (piece.begin < piece.end && (source_.text(piece.begin, piece.begin + 1) == " " ||
                                         source_.text(piece.begin, piece.begin + 1) == "\t")) {
        ++piece.begin;
      }
      if (!text.empty()) text += ' ';
      places.emplace_back(text.size(), piece);
      text += source_.text(piece.begin, piece.end);
    }
    const auto compiled = policy::compile(text, {.names = test_.names});
    if (!compiled) return std::unexpected(placed(compiled.error(), places));
    test_.policies.push_back({.name = std::move(name), .expression = std::move(text)});
    return {};
  }

  // An error in an expression, at its place in the file.
  base::Error placed(const base::Error& error,
                     const std::vector<std::pair<std::size_t, Statement::Piece>>& places) const {
    std::size_t begin = places.front().second.begin;
    std::size_t end = places.front().second.end;
    if (error.mark) {
      for (const auto& [offset, piece] : places) {
        if (error.mark->begin < offset) break;
        begin = std::min(piece.begin + error.mark->begin - offset, piece.end);
        end = std::clamp(piece.begin + error.mark->end - offset, begin, std::max(piece.end, begin));
      }
    }
    const std::string hint =
        error.hint.empty() ? "docs/policy-language.md has the language and its limits" : error.hint;
    return source_.error(begin, end, error.message, hint).error();
  }

  Status check(const Statement& statement, bool packet) {
    const auto words = source_.words(statement);
    if (!words) return std::unexpected(words.error());
    const auto is_arrow = [](const Word& word) { return word.text == "=>" && !word.quoted; };
    const auto arrow = std::ranges::find_if(*words, is_arrow);
    if (arrow == words->end() || arrow + 1 == words->end()) {
      return source_.error(words->back().end, words->back().end, "what is expected is missing",
                           "write '=> NAME', '=> none' or '=> all' at the end");
    }
    const std::span<const Word> all(*words);
    const auto split = static_cast<std::size_t>(arrow - words->begin());
    const std::span<const Word> left = all.subspan(1, split - 1);
    std::span<const Word> right = all.subspan(split + 1);
    Check made{.line = statement.line, .statement = source_.line_of(statement), .relevant = {}, .what = {}};
    const bool open = right.back().text == "...";
    if (open) right = right.first(right.size() - 1);
    for (std::size_t index = 0; !open && index < test_.policies.size(); ++index) made.relevant.set(index);
    const Status status =
        packet ? read_packet_check(all.front(), left, right, made) : read_capture_check(all.front(), left, right, made);
    if (!status) return status;
    test_.checks.push_back(std::move(made));
    return {};
  }

  Result<std::size_t> policy_index(const Word& word) const {
    const auto found = std::ranges::find(test_.policies, word.text, &Policy::name);
    if (found != test_.policies.end()) return static_cast<std::size_t>(found - test_.policies.begin());
    std::vector<std::string> names;
    names.reserve(test_.policies.size());
    for (const Policy& policy : test_.policies) names.push_back(policy.name);
    std::string hint = base::did_you_mean(word.text, names);
    if (hint.empty()) hint = "write the name of a policy of this file, none or all";
    return source_.error(word, fmt::format("there is no policy '{}'", word.text), hint);
  }

  Status read_packet_check(const Word& start, std::span<const Word> left, std::span<const Word> right, Check& made) {
    auto frame = read_packet(source_, start, left);
    if (!frame) return std::unexpected(frame.error());
    packet_bytes_ += frame->bytes.size();
    if (packet_bytes_ > kPacketBytesMax) {
      return source_.error(start, "the packets of this file are too many bytes", "put long ones into a capture");
    }
    PacketCheck check{.frame = std::move(*frame), .expected = {}};
    for (const Word& word : right) {
      if (word.text == "none" && right.size() == 1) break;
      if (word.text == "all" && right.size() == 1) {
        for (std::size_t index = 0; index < test_.policies.size(); ++index) check.expected.set(index);
        break;
      }
      const auto index = policy_index(word);
      if (!index) return std::unexpected(index.error());
      check.expected.set(*index);
    }
    made.relevant |= check.expected;
    made.what = std::move(check);
    return {};
  }

  // NAME COUNT [of TOTAL] | NAME all
  Status read_capture_check(const Word& start, std::span<const Word> left, std::span<const Word> right, Check& made) {
    if (left.size() != 1) {
      return source_.error(start, "'pcap' wants one file behind it", "write: pcap captures/dns.pcap => dns 12 of 40");
    }
    CaptureCheck check{.path = left.front().text, .counts = {}};
    check.counts.resize(test_.policies.size());
    const bool none = right.size() == 1 && right.front().text == "none";
    for (std::size_t at = 0; at < right.size() && !none;) {
      const auto index = policy_index(right[at]);
      if (!index) return std::unexpected(index.error());
      const Word& name = right[at++];
      made.relevant.set(*index);
      CaptureCheck::Count& count = check.counts[*index];
      const auto kept = at < right.size() ? count_of(right[at].text) : std::nullopt;
      count.all = at < right.size() && right[at].text == "all";
      if (!kept && !count.all) {
        return source_.error(name, fmt::format("how many packets '{}' keeps is missing", name.text),
                             fmt::format("write '{0} 12', '{0} 12 of 40' or '{0} all'", name.text));
      }
      ++at;
      count.kept = kept.value_or(0);
      if (at >= right.size() || right[at].text != "of") continue;
      count.total = at + 1 < right.size() ? count_of(right[at + 1].text) : std::nullopt;
      if (!count.total) {
        return source_.error(right[at], "'of' wants the number of packets in the capture behind it",
                             "write: dns 12 of 40");
      }
      at += 2;
    }
    made.what = std::move(check);
    return {};
  }

  Source source_;
  PolicyTest test_;
  std::size_t packet_bytes_ = 0;
};

}  // namespace

base::Result<PolicyTest> parse(std::string_view text, const std::string& name,
                               std::shared_ptr<const policy::Names> names) {
  if (text.size() > kFileBytesMax) {
    return base::fail(base::ErrorCode::kInvalid, fmt::format("{} bytes, {} allowed", text.size(), kFileBytesMax),
                      "split it into several files", name);
  }
  return Parser(text, name, std::move(names)).parse();
}

}  // namespace superspan::offline::policytest
