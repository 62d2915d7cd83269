// SPDX-License-Identifier: Apache-2.0
// Takes the words of a packet one after the other, as numbers, addresses and bytes; errors say what was wanted.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "offline/policytest/packet.h"
#include "offline/policytest/syntax.h"

namespace superspan::offline::policytest {

// "02ab", "02:ab", "0x02ab" are put behind `bytes`. False: not hexadecimal bytes.
bool append_hex(std::string_view text, base::Bytes& bytes);

class Words {
 public:
  Words(const Source& source, std::span<const Word> words) : source_(source), words_(words) {}

  [[nodiscard]] bool at_end() const { return at_ >= words_.size(); }
  [[nodiscard]] const Word& peek() const { return words_[at_]; }      // not at the end
  [[nodiscard]] const Word& last() const { return words_[at_ - 1]; }  // the one taken last
  const Word& next() { return words_[at_++]; }                        // not at the end
  [[nodiscard]] bool next_is(std::string_view text) const;            // quoted words never are
  bool take(std::string_view text);
  // What stands between an open parenthesis, already taken, and the one that closes it; nothing if none does.
  [[nodiscard]] std::optional<std::span<const Word>> take_group();

  // The following errors stand at `of` if nothing comes behind it.
  [[nodiscard]] base::Result<Word> argument(const Word& of, const std::string& what);
  [[nodiscard]] base::Result<std::uint64_t> number(const Word& of, std::uint64_t most);
  template <typename T>
  [[nodiscard]] base::Status set(T& target, const Word& of, std::uint64_t most) {
    const auto value = number(of, most);
    if (!value) return std::unexpected(value.error());
    target = static_cast<T>(*value);
    return {};
  }
  [[nodiscard]] base::Status mac(const Word& of, net::MacAddress& target);
  // ADDRESS or ADDRESS:PORT; an IPv6 address with a port stands in brackets.
  [[nodiscard]] base::Status end(const Word& word, std::optional<Address>& address,
                                 std::optional<std::uint16_t>& port) const;

 private:
  const Source& source_;
  std::span<const Word> words_;
  std::size_t at_ = 0;
};

}  // namespace superspan::offline::policytest
