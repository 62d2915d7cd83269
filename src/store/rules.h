// SPDX-License-Identifier: Apache-2.0
// The rules that every store enforces, whatever holds the bytes. Internal to store.
#pragma once

#include "store/store.h"

namespace superspan::store {

[[nodiscard]] inline base::Status check_counters(const Counters& before, const Counters& after) {
  if (after.epoch < before.epoch || after.next_number < before.next_number) {
    return base::fail(base::ErrorCode::kConflict, "the epoch or the next policy number would go back",
                      "load the store again; somebody else has changed it");
  }
  return {};
}

[[nodiscard]] inline std::unexpected<base::Error> number_taken(const Policy& policy) {
  return base::fail(base::ErrorCode::kConflict,
                    "policy '" + policy.name + "' has the number " + std::to_string(policy.number) + " of another one");
}

}  // namespace superspan::store
