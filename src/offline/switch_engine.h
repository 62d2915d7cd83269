// SPDX-License-Identifier: Apache-2.0
// A fabric of one switch in memory, with a tap, a tool and a node that every expression sends its copies to.
#pragma once

#include <optional>
#include <vector>

#include "fabric/simulate.h"
#include "offline/bpf_program.h"
#include "offline/engine.h"

namespace superspan::offline {

class SwitchEngine final : public Engine {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Engine>> create(std::span<const std::string> expressions,
                                                                    const std::shared_ptr<const policy::Names>& names);

  // What the node keeps. Makes sure on the way that the tool got the frame exactly if some rule accepted it, that every
  // copy is the frame bit for bit, and that nothing left the tap.
  [[nodiscard]] base::Result<Verdict> judge(const Frame& frame) override;

 private:
  struct Subject {
    fabric::Slot slot;
    std::optional<BpfProgram> residual;
  };
  explicit SwitchEngine(fabric::Topology topology) : topology_(std::move(topology)), simulator_(topology_) {}
  [[nodiscard]] base::Status install(std::span<const std::string> expressions,
                                     const std::shared_ptr<const policy::Names>& names);

  fabric::Topology topology_;
  fabric::Simulator simulator_;
  std::vector<Subject> subjects_;
};

}  // namespace superspan::offline
