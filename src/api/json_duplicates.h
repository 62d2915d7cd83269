// SPDX-License-Identifier: Apache-2.0
// Keys that stand twice in one JSON object. Parsers keep the last one in silence; people then wonder about the first.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace superspan::api {

// The JSON pointer (RFC 6901) of the first key that stands twice. `json` must be valid JSON.
[[nodiscard]] std::optional<std::string> duplicate_key(std::string_view json);

// A key as one step of a JSON pointer: "a/b" is "a~1b".
[[nodiscard]] std::string pointer_step(std::string_view key);

}  // namespace superspan::api
