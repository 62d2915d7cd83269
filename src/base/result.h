// SPDX-License-Identifier: Apache-2.0
// Errors as values. Every fallible function returns Result<T>; nothing above the standard library throws across a
// module.
//
// An Error says what is wrong (message), where (place, and for text input the marked source line) and what to write
// instead (hint). render() prints it the way a person reads it:
//
//   expression:1:10-15: unknown name 'web-07'
//   src host web-07
//            ~~~~~~
//   hint: did you mean 'web-01'?
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace superspan::base {

// What kind of failure; maps one to one to an exit code of the command and to an HTTP status of the API.
enum class ErrorCode : std::uint8_t {
  kInvalid,      // the input is wrong; the same input fails again
  kNotFound,     // the named thing does not exist
  kConflict,     // it exists already, or changed meanwhile
  kDenied,       // not allowed
  kLimit,        // a cap of DESIGN or of the peer was reached
  kTimeout,      // no answer in time; may succeed later
  kUnavailable,  // the other side is away; may succeed later
  kInternal,     // a bug or a broken environment
};

// Text that an error points into. Offsets count bytes from the start of `text`; begin <= end <= text.size().
struct SourceMark {
  std::string text;
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // one sentence, lower case, no full stop
  std::string hint;     // what to write or do instead; may be empty
  std::string place;    // "fabric.yaml:12:5", "expression", "/limits/duration"; may be empty
  std::optional<SourceMark> mark;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {},
                                                 std::string place = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(hint), std::move(place), std::nullopt});
}

// The error as lines for a terminal: place and message, the marked line with tildes (what is long is cut), the hint.
[[nodiscard]] std::string render(const Error& error);

// What a command or program ends with: 2 kInvalid, 3 kNotFound, 4 kConflict, 5 kDenied, 6 kTimeout and kUnavailable,
// 1 the rest. Never 0.
[[nodiscard]] int exit_code(ErrorCode code);

// Short lower-case name of a code ("not-found"), used in API problems and logs.
[[nodiscard]] const char* to_string(ErrorCode code);

}  // namespace superspan::base
