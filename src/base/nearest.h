// SPDX-License-Identifier: Apache-2.0
// "did you mean": the known words that are close to a mistyped one.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace superspan::base {

// At most three of `known`, nearest first, that differ from `word` by at most two edits (one for words of up to three
// letters; Levenshtein distance with swaps of neighbours) or that begin with it. Nothing is near to more than 64 bytes.
[[nodiscard]] std::vector<std::string> nearest(std::string_view word, std::span<const std::string> known);

// "did you mean 'taps' or 'tools'?", or empty when nothing is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace superspan::base
