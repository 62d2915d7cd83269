// SPDX-License-Identifier: Apache-2.0
// A capture through an engine into a capture: the loop behind `superspan filter`.
#pragma once

#include <functional>

#include "offline/capture_output.h"
#include "offline/engine.h"

namespace superspan::offline {

struct FilterTotals {
  std::uint64_t read = 0;        // packets
  std::uint64_t kept = 0;        // of them
  std::uint64_t kept_bytes = 0;  // captured bytes of those
  bool stopped = false;          // by take() or look()
};

struct FilterSteps {
  CaptureOutput* output = nullptr;  // null: packets are only counted
  // Whole records; false: nobody wants more.
  std::function<base::Result<bool>(base::BytesView)> take;
  // Called now and then; false: stop here.
  std::function<bool(const FilterTotals&)> look;
};

// Reads to the end. `totals` are right also when it fails, and what was kept by then has been taken: a capture that is
// damaged is kept as far as it goes.
[[nodiscard]] base::Status filter(CaptureReader& reader, Engine& engine, const FilterSteps& steps,
                                  FilterTotals& totals);

}  // namespace superspan::offline
