// SPDX-License-Identifier: Apache-2.0
// Lists and objects of the API as a table for people, or as JSON or YAML for programs (option -o).
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/command.h"

namespace superspan::cli {

// How a member of an object is shown in a table.
struct Column {
  std::string title;  // "PACKETS"
  std::string path;  // "limits.duration_s"; what is absent, null or "" is shown as "-"; so are kSeconds and kLimit of 0
  enum class As : std::uint8_t { kText, kNumber, kBytes, kSeconds, kLimit } as = As::kText;
};

// One line for each element, columns aligned, a header line (bold if `color`). Lists in a cell are joined with commas.
[[nodiscard]] std::string table(const boost::json::array& rows, std::span<const Column> columns, bool color = false);
// One line for each column: title and value. Absent values are left out; of a list, each sentence has its own line.
[[nodiscard]] std::string details(const boost::json::value& object, std::span<const Column> columns);

// Two spaces of indentation, members in the order received, newline at the end.
[[nodiscard]] std::string to_json(const boost::json::value& value);
// YAML 1.2 block style; strings are quoted where they could be taken for something else.
[[nodiscard]] std::string to_yaml(const boost::json::value& value);

// Prints a list in the format that -o asks for. `noun` ("policies") names what there is none of, on err.
void print_list(const Invocation& invocation, const boost::json::array& rows, std::span<const Column> columns,
                std::string_view noun);
void print_object(const Invocation& invocation, const boost::json::value& object, std::span<const Column> columns);

// False if the format is not a table and the value has been printed.
[[nodiscard]] bool wants_table(const Invocation& invocation, const boost::json::value& value);

// The list in an answer: the array itself, or the array member of an object that wraps it. kInternal if there is none.
[[nodiscard]] base::Result<boost::json::array> rows_of(const boost::json::value& answer);

// The member at a dotted path, or null.
[[nodiscard]] const boost::json::value* member(const boost::json::value& object, std::string_view path);
[[nodiscard]] std::string text_member(const boost::json::value& object, std::string_view path);
[[nodiscard]] std::uint64_t count_member(const boost::json::value& object, std::string_view path);

// Control characters (also C1 and escape sequences) become '.', so that names from the network cannot drive a terminal.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace superspan::cli
