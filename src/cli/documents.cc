// SPDX-License-Identifier: Apache-2.0
#include "cli/documents.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "base/nearest.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

constexpr std::size_t kPoliciesMax = 1000;

enum class Type { kText, kTextList, kFlag, kCount, kLimits, kReadOnly };
struct Key {
  std::string name;
  Type type;
};
const std::vector<Key> kPolicyKeys{{"name", Type::kText},
                                   {"expression", Type::kText},
                                   {"taps", Type::kTextList},
                                   {"tools", Type::kTextList},
                                   {"record", Type::kFlag},
                                   {"stream", Type::kFlag},
                                   {"limits", Type::kLimits},
                                   {"owner", Type::kText},
                                   {"reason", Type::kText},
                                   {"ticket", Type::kText},
                                   {"snaplen", Type::kCount},
                                   {"number", Type::kReadOnly},
                                   {"revision", Type::kReadOnly},
                                   {"state", Type::kReadOnly},
                                   {"ended_because", Type::kReadOnly},
                                   {"created", Type::kReadOnly},
                                   {"epoch", Type::kReadOnly},
                                   {"residual", Type::kReadOnly},
                                   {"overmatches", Type::kReadOnly},
                                   {"warnings", Type::kReadOnly},
                                   {"why", Type::kReadOnly},
                                   {"ended", Type::kReadOnly},
                                   {"destinations", Type::kReadOnly}};
const std::vector<Key> kLimitKeys{{"duration_s", Type::kCount}, {"packets", Type::kCount}, {"bytes", Type::kCount}};

// Reads one file; remembers where each value stands.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  base::Result<PolicyDocument> policy(const YAML::Node& node) {
    places_.clear();
    auto object = mapping(node, kPolicyKeys, "");
    if (!object) return std::unexpected(object.error());
    for (const char* required : {"name", "expression"}) {
      if (object->contains(required)) continue;
      return wrong(node, fmt::format("the policy has no '{}'", required),
                   required == std::string_view("name") ? "add a line like `name: web`"
                                                        : "add a line like `expression: tcp port 443`");
    }
    PolicyDocument document{.policy = std::move(*object), .name = {}, .place = place(node), .places = places_};
    document.name = document.policy.at("name").as_string();
    return document;
  }

  [[nodiscard]] std::unexpected<base::Error> wrong(const YAML::Node& node, std::string message,
                                                   std::string hint) const {
    return base::fail(base::ErrorCode::kInvalid, std::move(message), std::move(hint), place(node));
  }

  [[nodiscard]] std::string place(const YAML::Mark& mark) const {
    return mark.is_null() ? file_ : fmt::format("{}:{}:{}", file_, mark.line + 1, mark.column + 1);
  }

 private:
  [[nodiscard]] std::string place(const YAML::Node& node) const { return place(node.Mark()); }

  base::Result<json::object> mapping(const YAML::Node& node, const std::vector<Key>& keys, const std::string& pointer) {
    if (!node.IsMap()) return wrong(node, "a mapping of keys and values is wanted here", "write `key: value` lines");
    json::object object;
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const auto key = std::ranges::find(keys, name, &Key::name);
      if (key == keys.end()) return unknown(entry.first, name, keys);
      if (!seen.insert(name).second) return wrong(entry.first, fmt::format("'{}' stands here twice", name), "keep one");
      if (key->type == Type::kReadOnly) continue;
      const std::string here = fmt::format("{}/{}", pointer, name);
      places_[here] = place(entry.second);
      auto value = this->value(entry.second, *key, here);
      if (!value) return std::unexpected(value.error());
      object[name] = std::move(*value);
    }
    return object;
  }

  [[nodiscard]] std::unexpected<base::Error> unknown(const YAML::Node& node, const std::string& name,
                                                     const std::vector<Key>& keys) const {
    std::vector<std::string> known;
    for (const Key& key : keys) {
      if (key.type != Type::kReadOnly) known.push_back(key.name);
    }
    std::string hint = base::did_you_mean(name, known);
    if (hint.empty()) hint = fmt::format("known keys: {}", fmt::join(known, ", "));
    return wrong(node, fmt::format("unknown key '{}'", name), hint);
  }

  base::Result<json::value> value(const YAML::Node& node, const Key& key, const std::string& pointer) {
    switch (key.type) {
      case Type::kText:
        if (node.IsScalar()) return json::value(node.Scalar());
        if (node.IsNull()) return json::value("");
        return wrong(node, fmt::format("'{}' must be a text", key.name), "write it on one line, in quotes if need be");
      case Type::kTextList:
        return text_list(node, key, pointer);
      case Type::kFlag:
        return flag(node, key);
      case Type::kCount:
        return count(node, key);
      case Type::kLimits: {
        auto limits = mapping(node, kLimitKeys, pointer);
        if (!limits) return std::unexpected(limits.error());
        return json::value(std::move(*limits));
      }
      case Type::kReadOnly:
        break;
    }
    return json::value(nullptr);
  }

  base::Result<json::value> text_list(const YAML::Node& node, const Key& key, const std::string& pointer) {
    json::array list;
    if (node.IsNull()) return list;
    if (!node.IsSequence()) {
      return wrong(node, fmt::format("'{}' must be a list", key.name),
                   fmt::format("write `{}: [NAME, NAME]`", key.name));
    }
    for (const YAML::Node& element : node) {
      if (!element.IsScalar())
        return wrong(element, fmt::format("'{}' must list names", key.name), "write plain names");
      places_[fmt::format("{}/{}", pointer, list.size())] = place(element);
      list.emplace_back(element.Scalar());
    }
    return list;
  }

  base::Result<json::value> flag(const YAML::Node& node, const Key& key) const {
    const std::string text = node.IsScalar() ? node.Scalar() : "";
    if (text == "true" || text == "yes") return json::value(true);
    if (text == "false" || text == "no") return json::value(false);
    return wrong(node, fmt::format("'{}' must be true or false", key.name), "write true or false");
  }

  base::Result<json::value> count(const YAML::Node& node, const Key& key) const {
    const std::string text = node.IsScalar() ? node.Scalar() : "";
    const bool digits =
        !text.empty() && text.size() <= 18 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits)
      return wrong(node, fmt::format("'{}' must be a whole number", key.name), "write digits; 0 means no limit");
    return json::value(std::stoll(text));
  }

  std::string file_;
  std::map<std::string, std::string> places_;
};

base::Result<std::vector<YAML::Node>> load(std::string_view text, const Reader& reader) {
  try {
    return YAML::LoadAll(std::string(text));
  } catch (const YAML::Exception& error) {
    return base::fail(base::ErrorCode::kInvalid, fmt::format("this is not YAML or JSON: {}", error.msg),
                      "look at quotes, indentation and brackets before this place", reader.place(error.mark));
  }
}

}  // namespace

base::Result<std::vector<PolicyDocument>> read_policies(std::string_view text, const std::string& file,
                                                        std::span<const PolicyDocument> earlier) {
  if (text.size() > kPolicyFileBytesMax) {
    return base::fail(base::ErrorCode::kLimit, "the file is larger than 1 MiB", "split it", file);
  }
  Reader reader(file);
  const auto loaded = load(text, reader);
  if (!loaded) return std::unexpected(loaded.error());
  std::vector<YAML::Node> nodes;
  for (const YAML::Node& node : *loaded) {
    if (node.IsNull()) continue;
    if (!node.IsSequence()) nodes.push_back(node);
    if (!node.IsSequence()) continue;
    for (const YAML::Node& element : node) nodes.push_back(element);
  }
  if (nodes.empty()) {
    return base::fail(base::ErrorCode::kInvalid, "there is no policy in it", "see `superspan policy apply --help`",
                      file);
  }
  if (earlier.size() + nodes.size() > kPoliciesMax) {
    return base::fail(base::ErrorCode::kLimit, "there are more than 1000 policies", "apply them in several parts",
                      file);
  }
  std::vector<PolicyDocument> documents;
  std::map<std::string, std::string> names;
  for (const PolicyDocument& other : earlier) names.emplace(other.name, other.place);
  for (const YAML::Node& node : nodes) {
    auto document = reader.policy(node);
    if (!document) return std::unexpected(document.error());
    const auto [known, fresh] = names.emplace(document->name, document->place);
    if (!fresh) {
      return reader.wrong(node, fmt::format("policy '{}' stands here twice", document->name),
                          fmt::format("it stands at {} already", known->second));
    }
    documents.push_back(std::move(*document));
  }
  return documents;
}

}  // namespace superspan::cli
