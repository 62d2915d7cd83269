// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

namespace superspan::cli {
namespace {

volatile sig_atomic_t interrupts = 0;

void note_interrupt(int /*signal*/) {
  interrupts = interrupts + 1;
}

}  // namespace

InterruptScope::InterruptScope() {
  interrupts = 0;
  for (std::size_t index = 0; index < kSignals.size(); ++index) {
    struct sigaction action{};
    // No SA_RESTART: a write to a reader that takes nothing must end when the person wants to leave.
    action.sa_handler = kSignals[index] == SIGPIPE ? SIG_IGN : note_interrupt;
    sigemptyset(&action.sa_mask);
    sigaction(kSignals[index], &action, &earlier_[index]);
  }
}

InterruptScope::~InterruptScope() {
  for (std::size_t index = 0; index < kSignals.size(); ++index) sigaction(kSignals[index], &earlier_[index], nullptr);
}

int InterruptScope::count() {
  return interrupts;
}

}  // namespace superspan::cli
