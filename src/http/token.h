// SPDX-License-Identifier: Apache-2.0
// Bearer tokens (RFC 6750): 256 random bits as 64 hexadecimal digits. A token file has mode 0600 and one line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace superspan::http {

// From the kernel's random source. kInternal if that fails, never a weaker token.
[[nodiscard]] base::Result<std::string> make_token();

// The token of a file that must exist. kDenied if others than the owner may read it, kInvalid if it holds no token.
[[nodiscard]] base::Result<std::string> read_token(const std::filesystem::path& file);

// read_token, or a new token written to a new file (O_EXCL, mode 0600, synced) if there is no file yet.
[[nodiscard]] base::Result<std::string> read_or_make_token(const std::filesystem::path& file);

// Takes the same time for every `given` of one length.
[[nodiscard]] bool equal_in_constant_time(std::string_view expected, std::string_view given);

// "Bearer abc" -> "abc"; nothing of the scheme: empty.
[[nodiscard]] std::string_view bearer_token(std::string_view authorization);

}  // namespace superspan::http
