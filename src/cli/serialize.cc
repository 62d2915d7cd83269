// SPDX-License-Identifier: Apache-2.0
// The formats json and yaml of print.h.
#include <array>
#include <boost/json/serialize.hpp>
#include <string>

#include "cli/print.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

void write_json(const json::value& value, std::size_t indent, std::string& out) {
  const std::string inner(indent + 2, ' ');
  const std::string outer(indent, ' ');
  const char* separator = "";
  if (value.is_object() && !value.get_object().empty()) {
    out += "{";
    for (const auto& [key, element] : value.get_object()) {
      out += std::string(separator) + "\n" + inner + json::serialize(json::string(key)) + ": ";
      write_json(element, indent + 2, out);
      separator = ",";
    }
    out += "\n" + outer + "}";
  } else if (value.is_array() && !value.get_array().empty()) {
    out += "[";
    for (const json::value& element : value.get_array()) {
      out += std::string(separator) + "\n" + inner;
      write_json(element, indent + 2, out);
      separator = ",";
    }
    out += "\n" + outer + "]";
  } else {
    out += json::serialize(value);
  }
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Words that YAML 1.1 or 1.2 reads as something else than a string.
bool is_reserved(std::string word) {
  for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  constexpr std::array<std::string_view, 9> kReserved{"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  for (const std::string_view reserved : kReserved) {
    if (word == reserved) return true;
  }
  return false;
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  if (!is_letter(text.front()) && text.front() != '_' && text.front() != '/') return false;
  if (text.back() == ' ' || text.back() == ':' || is_reserved(std::string(text))) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool known = is_letter(c) || (c >= '0' && c <= '9') || std::string_view("_-./ ()=<>+:").contains(c);
    if (!known || (c == ':' && at + 1 < text.size() && text[at + 1] == ' ')) return false;
  }
  return true;
}

std::string scalar(const json::value& value) {
  if (value.is_string() && is_plain(value.get_string())) return std::string(value.get_string());
  return json::serialize(value);  // double-quoted strings, numbers, [] and {} are the same in YAML
}

bool is_block(const json::value& value) {
  return (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
}

// Writes a block whose first line continues the current one; every other line is indented by `indent`.
void write_yaml(const json::value& value, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  bool first = true;
  if (value.is_array()) {
    for (const json::value& element : value.get_array()) {
      out += (first ? "" : margin) + "- ";
      first = false;
      if (is_block(element)) {
        write_yaml(element, indent + 2, out);
      } else {
        out += scalar(element) + "\n";
      }
    }
    return;
  }
  for (const auto& [key, element] : value.get_object()) {
    out += (first ? "" : margin) + scalar(json::string(key)) + ":";
    first = false;
    if (is_block(element)) {
      out += "\n" + std::string(indent + 2, ' ');
      write_yaml(element, indent + 2, out);
    } else {
      out += " " + scalar(element) + "\n";
    }
  }
}

}  // namespace

std::string to_json(const json::value& value) {
  std::string out;
  write_json(value, 0, out);
  return out + "\n";
}

std::string to_yaml(const json::value& value) {
  if (!is_block(value)) return scalar(value) + "\n";
  std::string out;
  write_yaml(value, 0, out);
  return out;
}

}  // namespace superspan::cli
