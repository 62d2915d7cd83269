// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

namespace superspan::base {
namespace {

// Walks the file once before it is loaded. Aliases let a small file describe an endless one, and nothing here needs
// them, so they are refused.
class AliasFinder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (!found) found = mark;
  }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  std::optional<YAML::Mark> found;
};

bool is_identifier(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && plain(text[0]) &&
         std::ranges::all_of(text, [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

std::optional<std::uint64_t> YamlReader::parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::unexpected<Error> YamlReader::wrong(const YAML::Mark& mark, std::size_t length, std::string message,
                                         std::string hint) const {
  Error error{ErrorCode::kInvalid, std::move(message), std::move(hint), file_name_, std::nullopt};
  if (mark.is_null()) return std::unexpected(std::move(error));
  const std::size_t begin = std::min<std::size_t>(static_cast<std::size_t>(mark.pos), text_.size());
  const std::size_t end = std::min({begin + std::max<std::size_t>(length, 1), text_.size(), text_.find('\n', begin)});
  error.mark = SourceMark{std::string(text_), begin, end};
  return std::unexpected(std::move(error));
}

std::unexpected<Error> YamlReader::wrong(const YAML::Node& node, std::string message, std::string hint) const {
  return wrong(node.Mark(), node.IsScalar() ? node.Scalar().size() : 1, std::move(message), std::move(hint));
}

Status YamlReader::map(const YAML::Node& node, const std::string& what, const std::vector<Key>& keys) const {
  if (!node.IsMap()) return wrong(node, what + " must be keys with values", "write `{name: ..., ...}`");
  std::set<std::string> seen;
  std::vector<std::string> known;
  known.reserve(keys.size());
  for (const Key& key : keys) known.emplace_back(key.name);
  for (const auto& pair : node) {
    const std::string name = pair.first.IsScalar() ? pair.first.Scalar() : "";
    const auto key = std::ranges::find(keys, name, &Key::name);
    if (key == keys.end()) return wrong(pair.first, "unknown key '" + name + "' in " + what, "known: " + join(known));
    if (!seen.insert(name).second) return wrong(pair.first, "key '" + name + "' appears twice in " + what);
    if (const Status status = key->handler(pair.second); !status) return status;
  }
  for (const Key& key : keys) {
    if (key.required && !seen.contains(key.name)) {
      return wrong(node, what + " has no '" + key.name + "'", std::string("add `") + key.name + ": ...`");
    }
  }
  return {};
}

Status YamlReader::list(const YAML::Node& node, const std::string& what, const Handler& item) const {
  if (node.IsNull()) return {};
  if (!node.IsSequence()) return wrong(node, what + " must be a list", "start each entry with `- `");
  for (const YAML::Node& entry : node) {
    if (const Status status = item(entry); !status) return status;
  }
  return {};
}

YamlReader::Handler YamlReader::text(std::string& out) const {
  return [this, &out](const YAML::Node& value) -> Status {
    if (!value.IsScalar()) return wrong(value, "a text is wanted here", "write it in quotes");
    out = value.Scalar();
    return {};
  };
}

YamlReader::Handler YamlReader::identifier(std::string& out) const {
  return [this, &out](const YAML::Node& value) -> Status {
    if (!value.IsScalar() || !is_identifier(value.Scalar())) {
      return wrong(value, "this is not a name",
                   "use 1 to 63 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit");
    }
    out = value.Scalar();
    return {};
  };
}

YamlReader::Handler YamlReader::number(std::uint64_t low, std::uint64_t high, const std::string& what,
                                       std::function<void(std::uint64_t)> store) const {
  return [this, low, high, what, store = std::move(store)](const YAML::Node& value) -> Status {
    const auto parsed = value.IsScalar() ? parse_number(value.Scalar(), 10) : std::nullopt;
    if (!parsed || *parsed < low || *parsed > high) {
      return wrong(value, "this is not a " + what,
                   "write a number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    store(*parsed);
    return {};
  };
}

Status YamlReader::check_document(const std::string& what, const std::string& hint) const {
  std::istringstream stream{std::string(text_)};
  AliasFinder finder;
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(finder)) {
    return fail(ErrorCode::kInvalid, what + " is empty", hint, file_name_);
  }
  if (finder.found) return wrong(*finder.found, 1, "an alias", "write the value out; " + what + " has no aliases");
  return {};
}

}  // namespace superspan::base
