// SPDX-License-Identifier: Apache-2.0
// What the histories of the engine have in common: two policies, and counting in a log.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "fabric/testing/support.h"

namespace superspan::fabric::support {

inline std::shared_ptr<const policy::CompiledPolicy> web() {
  static const auto compiled =
      rules({accept({is(Field::kEthType, 0x800), is(Field::kIpProto, 6), is(Field::kL4Destination, 80)})});
  return compiled;
}
inline std::shared_ptr<const policy::CompiledPolicy> everything() {
  static const auto compiled = rules({accept({})});
  return compiled;
}

inline std::size_t times(const std::string& word, const std::string& log) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = log.find(word, at)) != std::string::npos; ++at) ++count;
  return count;
}

}  // namespace superspan::fabric::support
