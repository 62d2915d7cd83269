// SPDX-License-Identifier: Apache-2.0
// Errors on the wire: application/problem+json (RFC 9457) with our members `hint` and `errors`.
//
//   {"type": "urn:superspan:problem:invalid", "title": "invalid", "status": 400, "detail": "unknown key 'tols'",
//    "hint": "did you mean 'tools'?",
//    "errors": [{"pointer": "/tols", "detail": "unknown key 'tols'", "hint": "did you mean 'tools'?"}]}
//
// An error with a place in a text adds {"source": {"text": ..., "begin": 4, "end": 9}} to its entry of `errors`, so
// that a client can print the caret as if the error had happened there. `pointer` is base::Error::place.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace superspan::http {

// kInvalid 400, kNotFound 404, kConflict 409, kDenied 403, kLimit 422, kTimeout 504, kUnavailable 503, kInternal 500.
[[nodiscard]] int status_of(base::ErrorCode code);
// The other way round, for every status that a server may send (429, 431 and 413 are kLimit, 401 is kDenied).
[[nodiscard]] base::ErrorCode code_of(int status);

[[nodiscard]] Response problem(const base::Error& error);
// With a status that has no code of its own (401, 405, 412, 413, 429, 431).
[[nodiscard]] Response problem(int status, const base::Error& error);
// Several errors of one request; the first is the headline. `errors` is not empty.
[[nodiscard]] Response problem(std::span<const base::Error> errors);
[[nodiscard]] Response problem(int status, std::span<const base::Error> errors);

// The first error of a problem response; for any other response that is not 2xx an error made of its status line.
[[nodiscard]] base::Error error_of(const Response& response);
// All of them; at least one.
[[nodiscard]] std::vector<base::Error> errors_of(const Response& response);
// The response if it is 2xx, else error_of(response).
[[nodiscard]] base::Result<Response> checked(base::Result<Response> response);

}  // namespace superspan::http
