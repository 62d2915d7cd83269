// SPDX-License-Identifier: Apache-2.0
#include "api/json_duplicates.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

namespace superspan::api {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view json) : rest_(json) {}

  // Consumes one value. True: a key in it stands twice, and pointer() is where.
  bool value(const std::string& pointer) {
    skip_space();
    if (rest_.empty()) return false;
    switch (rest_.front()) {
      case '{':
        return object(pointer);
      case '[':
        return array(pointer);
      case '"':
        static_cast<void>(string());
        return false;
      default:
        rest_.remove_prefix(std::min(rest_.find_first_of(",]} \t\r\n"), rest_.size()));
        return false;
    }
  }
  [[nodiscard]] const std::string& pointer() const { return pointer_; }

 private:
  bool object(const std::string& pointer) {
    std::set<std::string> keys;
    for (take('{'); !take('}') && !rest_.empty(); take(',')) {
      skip_space();
      const std::string key = string();
      const std::string here = pointer + "/" + pointer_step(key);
      if (!keys.insert(key).second) {
        pointer_ = here;
        return true;
      }
      take(':');
      if (value(here)) return true;
    }
    return false;
  }

  bool array(const std::string& pointer) {
    std::size_t index = 0;
    for (take('['); !take(']') && !rest_.empty(); take(',')) {
      if (value(pointer + "/" + std::to_string(index++))) return true;
    }
    return false;
  }

  std::string string() {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    const std::string_view quoted = rest_.substr(0, end + 1);
    rest_.remove_prefix(quoted.size());
    if (quoted.find('\\') == std::string_view::npos) return std::string(quoted.substr(1, quoted.size() - 2));
    boost::system::error_code broken;
    const auto text = boost::json::parse(boost::json::string_view(quoted.data(), quoted.size()), broken);
    return text.is_string() ? std::string(text.get_string()) : std::string(quoted);
  }

  bool take(char wanted) {
    skip_space();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  std::string_view rest_;
  std::string pointer_;
};

}  // namespace

std::optional<std::string> duplicate_key(std::string_view json) {
  Scanner scanner(json);
  if (!scanner.value("")) return std::nullopt;
  return scanner.pointer();
}

std::string pointer_step(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace superspan::api
