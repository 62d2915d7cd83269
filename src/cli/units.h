// SPDX-License-Identifier: Apache-2.0
// Durations, counts and sizes as people write and read them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace superspan::cli {

// "10s", "5m", "2h", "1h30m", "1d"; at least one second, at most 365 days. kInvalid otherwise.
[[nodiscard]] base::Result<std::chrono::seconds> parse_duration(std::string_view text);

// A decimal number from 1 to 2^63-1. kInvalid otherwise.
[[nodiscard]] base::Result<std::uint64_t> parse_count(std::string_view text);

// "15m", "1h30m", "0s": what parse_duration reads (apart from zero).
[[nodiscard]] std::string format_duration(std::chrono::seconds duration);

// "999 B", "1.2 kB", "3.4 GB": powers of 1000, three digits at most.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

}  // namespace superspan::cli
