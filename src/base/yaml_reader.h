// SPDX-License-Identifier: Apache-2.0
// What readers of YAML and JSON files share: strict keys, lists, texts, names and numbers. Every error says where and
// what to write instead.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace superspan::base {

// The base of a reader of one kind of file; `text` and `file_name` outlive it. YAML::Exception passes through.
class YamlReader {
 protected:
  YamlReader(std::string_view text, const std::string& file_name) : text_(text), file_name_(file_name) {}

  using Handler = std::function<Status(const YAML::Node& value)>;
  struct Key {
    const char* name;
    bool required;
    Handler handler;
  };

  [[nodiscard]] std::unexpected<Error> wrong(const YAML::Mark& mark, std::size_t length, std::string message,
                                             std::string hint = {}) const;
  [[nodiscard]] std::unexpected<Error> wrong(const YAML::Node& node, std::string message, std::string hint = {}) const;

  [[nodiscard]] Status map(const YAML::Node& node, const std::string& what, const std::vector<Key>& keys) const;
  [[nodiscard]] Status list(const YAML::Node& node, const std::string& what, const Handler& item) const;
  [[nodiscard]] Handler text(std::string& out) const;
  [[nodiscard]] Handler identifier(std::string& out) const;
  [[nodiscard]] Handler number(std::uint64_t low, std::uint64_t high, const std::string& what,
                               std::function<void(std::uint64_t)> store) const;
  [[nodiscard]] static std::optional<std::uint64_t> parse_number(std::string_view text, int base);

  // Not empty and without aliases. `what`: "the fabric file"; `hint`: what an empty one lacks.
  [[nodiscard]] Status check_document(const std::string& what, const std::string& hint) const;

  std::string_view text_;
  const std::string& file_name_;
};

}  // namespace superspan::base
