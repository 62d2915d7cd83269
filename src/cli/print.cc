// SPDX-License-Identifier: Apache-2.0
#include "cli/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <ostream>

#include "cli/units.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

constexpr std::string_view kAbsent = "-";

// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

std::string plain(const json::value& value) {
  if (value.is_string()) return printable(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "yes" : "no";
  if (value.is_null()) return "";
  std::string text;
  if (value.is_object()) {
    for (const auto& [key, member] : value.get_object()) {
      text += fmt::format("{}{}={}", text.empty() ? "" : ",", printable(key), plain(member));
    }
    return text;
  }
  if (!value.is_array()) return printable(json::serialize(value));
  for (const json::value& element : value.get_array()) text += (text.empty() ? "" : ",") + plain(element);
  return text;
}

std::string cell(const json::value& row, const Column& column) {
  const json::value* value = member(row, column.path);
  if (value == nullptr) return std::string(kAbsent);
  const std::uint64_t number = count_member(row, column.path);
  std::string text;
  if (column.as == Column::As::kBytes) {
    text = format_bytes(number);
  } else if (column.as == Column::As::kSeconds) {
    text = number == 0 ? "" : format_duration(std::chrono::seconds(number));
  } else if (column.as == Column::As::kLimit) {
    text = number == 0 ? "" : std::to_string(number);
  } else {
    text = plain(*value);
  }
  return text.empty() ? std::string(kAbsent) : text;
}

// Names fit on one line; sentences do not.
std::vector<std::string> lines_of(const json::value& object, const Column& column) {
  const json::value* value = member(object, column.path);
  const std::string all = cell(object, column);
  if (all == kAbsent) return {};
  if (value == nullptr || !value->is_array() || !all.contains(' ')) return {all};
  std::vector<std::string> lines;
  for (const json::value& element : value->get_array()) lines.push_back(plain(element));
  return lines;
}

bool right_aligned(const Column& column) {
  return column.as != Column::As::kText;
}

std::string line(const std::vector<std::string>& cells, std::span<const Column> columns,
                 const std::vector<std::size_t>& widths) {
  std::string text;
  for (std::size_t index = 0; index < cells.size(); ++index) {
    const std::string padding(widths[index] - width_of(cells[index]), ' ');
    if (index > 0) text += "  ";
    text += right_aligned(columns[index]) ? padding + cells[index] : cells[index] + padding;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result(text);
  for (std::size_t at = 0; at < result.size(); ++at) {
    const auto byte = static_cast<unsigned char>(result[at]);
    const bool c1 = byte == 0xc2 && at + 1 < result.size() && static_cast<unsigned char>(result[at + 1]) < 0xa0;
    if (byte < 0x20 || byte == 0x7f) result[at] = '.';
    if (c1) result.replace(at, 2, ".");
  }
  return result;
}

const json::value* member(const json::value& object, std::string_view path) {
  const json::value* at = &object;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    if (!at->is_object()) return nullptr;
    at = at->get_object().if_contains(path.substr(0, dot));
    if (at == nullptr) return nullptr;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

std::string text_member(const json::value& object, std::string_view path) {
  const json::value* value = member(object, path);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t count_member(const json::value& object, std::string_view path) {
  const json::value* value = member(object, path);
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

std::string table(const json::array& rows, std::span<const Column> columns, bool color) {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns) lines[0].push_back(column.title);
  for (const json::value& row : rows) {
    lines.emplace_back();
    for (const Column& column : columns) lines.back().push_back(cell(row, column));
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& cells : lines) {
    for (std::size_t index = 0; index < cells.size(); ++index) {
      widths[index] = std::max(widths[index], width_of(cells[index]));
    }
  }
  std::string text;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    const std::string shown = line(lines[row], columns, widths);
    text += row == 0 && color ? "\x1b[1m" + shown + "\x1b[0m\n" : shown + "\n";
  }
  return text;
}

std::string details(const json::value& object, std::span<const Column> columns) {
  std::size_t width = 0;
  for (const Column& column : columns) width = std::max(width, column.title.size());
  std::string text;
  for (const Column& column : columns) {
    std::string title = column.title;
    for (const std::string& value : lines_of(object, column)) {
      text += fmt::format("{:<{}}  {}\n", title, width, value);
      title.clear();
    }
  }
  return text;
}

bool wants_table(const Invocation& invocation, const json::value& value) {
  const std::string format = invocation.arguments.text("output").value_or("table");
  if (format == "json") invocation.terminal.out << to_json(value);
  if (format == "yaml") invocation.terminal.out << to_yaml(value);
  return format == "table";
}

void print_list(const Invocation& invocation, const json::array& rows, std::span<const Column> columns,
                std::string_view noun) {
  if (!wants_table(invocation, rows)) return;
  if (rows.empty()) {
    invocation.terminal.err << "no " << noun << "\n";
  } else {
    invocation.terminal.out << table(rows, columns, invocation.terminal.color());
  }
}

void print_object(const Invocation& invocation, const json::value& object, std::span<const Column> columns) {
  if (wants_table(invocation, object)) invocation.terminal.out << details(object, columns);
}

base::Result<json::array> rows_of(const json::value& answer) {
  if (answer.is_array()) return answer.get_array();
  if (answer.is_object()) {
    for (const auto& [key, value] : answer.get_object()) {
      if (value.is_array()) return value.get_array();
    }
  }
  return base::fail(base::ErrorCode::kInternal, "the controller's answer holds no list",
                    "are the command and the controller of the same version? see `superspan version`");
}

}  // namespace superspan::cli
