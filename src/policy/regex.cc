// SPDX-License-Identifier: Apache-2.0
#include "policy/regex.h"

#include <hs/hs.h>

#include <array>
#include <atomic>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace superspan::policy {
namespace {

using base::ErrorCode;

constexpr std::size_t kPlacesMax = 4'096;
constexpr std::size_t kScratches = 4;  // threads that look at once without waiting

// How many places a pattern has with all counted repetitions written out, roughly: what compiling costs. Rather too
// many than too few.
class PlaceCounter {
 public:
  explicit PlaceCounter(std::string_view pattern) : pattern_(pattern) {}

  std::size_t run() {
    std::vector<std::size_t> outer;  // places in front of each open parenthesis
    std::size_t places = 0;
    std::size_t last = 0;  // of what a repetition would repeat
    while (at_ < pattern_.size() && places <= kPlacesMax) {
      const char byte = pattern_[at_];
      if (byte == '(') {
        outer.push_back(places);
        places = last = 0;
        ++at_;
      } else if (byte == ')' && !outer.empty()) {
        last = places;
        places += outer.back();
        outer.pop_back();
        ++at_;
      } else if (const auto times = repetition()) {
        places += last * (*times - 1);
        last *= *times;
      } else {
        skip_one();
        last = 1;
        ++places;
      }
    }
    return places;
  }

 private:
  void skip_one() {
    if (pattern_[at_] == '[') {
      at_ += pattern_.substr(at_ + 1).starts_with('^') ? 3 : 2;  // a first ']' is itself
      while (at_ < pattern_.size() && pattern_[at_] != ']') at_ += pattern_[at_] == '\\' ? 2 : 1;
      ++at_;
      return;
    }
    at_ += pattern_[at_] == '\\' ? 2 : 1;
  }

  // {3}, {3,} and {3,5}.
  std::optional<std::size_t> repetition() {
    const std::string_view rest = pattern_.substr(at_);
    const std::size_t close = rest.find('}');
    if (!rest.starts_with('{') || close == std::string_view::npos) return std::nullopt;
    const std::string_view counts = rest.substr(1, close - 1);
    if (counts.empty() || counts.find_first_not_of("0123456789,") != std::string_view::npos) return std::nullopt;
    std::size_t most = 1;
    for (std::size_t begin = 0; begin <= counts.size();) {
      const std::size_t end = std::min(counts.find(',', begin), counts.size());
      std::size_t number = 0;
      const auto parsed = std::from_chars(counts.data() + begin, counts.data() + end, number);
      if (parsed.ec == std::errc::result_out_of_range) number = kPlacesMax + 1;
      most = std::max(most, std::min(number, kPlacesMax + 1));
      begin = end + 1;
    }
    at_ += close + 1;
    return most;
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
};

unsigned hyperscan_flags(const std::string& flags) {
  unsigned bits = HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY;
  if (flags.find('i') != std::string::npos) bits |= HS_FLAG_CASELESS;
  if (flags.find('s') != std::string::npos) bits |= HS_FLAG_DOTALL;
  if (flags.find('m') != std::string::npos) bits |= HS_FLAG_MULTILINE;
  return bits;
}

int stop(unsigned /*id*/, unsigned long long /*from*/, unsigned long long /*to*/, unsigned /*flags*/, void* context) {
  *static_cast<bool*>(context) = true;
  return 1;
}

}  // namespace

struct Regex::Program {
  struct Slot {
    hs_scratch_t* scratch = nullptr;
    std::atomic_flag taken;
  };
  hs_database_t* database = nullptr;
  std::array<Slot, kScratches> slots;

  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    for (Slot& slot : slots) hs_free_scratch(slot.scratch);
    hs_free_database(database);
  }
};

base::Result<Regex> Regex::compile(const std::string& pattern, const std::string& flags) {
  if (PlaceCounter(pattern).run() > kPlacesMax) {
    return base::fail(ErrorCode::kLimit, "the regular expression repeats too much",
                      "with its repetitions written out it may have 4096 characters; use * or + instead of counts");
  }
  if (pattern.find('\0') != std::string::npos) {
    return base::fail(ErrorCode::kInvalid, "a regular expression has no zero bytes", "write \\x00");
  }
  auto program = std::make_shared<Program>();
  hs_compile_error_t* error = nullptr;
  if (hs_compile(pattern.c_str(), hyperscan_flags(flags), HS_MODE_BLOCK, nullptr, &program->database, &error) !=
      HS_SUCCESS) {
    std::string message = error != nullptr && error->message != nullptr ? error->message : "unknown error";
    while (message.ends_with('.')) message.pop_back();
    hs_free_compile_error(error);
    return base::fail(ErrorCode::kInvalid, "this is no regular expression: " + message,
                      "write it as Hyperscan has it: no back-references, no look-around; a '/' as \\/");
  }
  for (Program::Slot& slot : program->slots) {
    if (hs_alloc_scratch(program->database, &slot.scratch) != HS_SUCCESS) {
      return base::fail(ErrorCode::kUnavailable, "no memory for a regular expression");
    }
  }
  return Regex(std::move(program));
}

bool Regex::found_in(base::BytesView bytes) const {
  bool found = false;
  for (std::size_t at = 0;; at = (at + 1) % kScratches) {
    Program::Slot& slot = program_->slots[at];
    if (slot.taken.test_and_set(std::memory_order_acquire)) continue;
    (void)hs_scan(program_->database, static_cast<const char*>(static_cast<const void*>(bytes.data())),
                  static_cast<unsigned>(bytes.size()), 0, slot.scratch, stop, &found);
    slot.taken.clear(std::memory_order_release);
    return found;
  }
}

}  // namespace superspan::policy
