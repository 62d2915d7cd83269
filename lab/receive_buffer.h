// SPDX-License-Identifier: Apache-2.0
// Room for bursts in the sockets through which Open vSwitch's userspace datapath receives. The kernel's default holds
// about 50 full frames with the fabric header; a lab whose switches share two cores with everything else needs more, or
// copies are lost before the switch has seen them. The sockets are taken from the running process (pidfd_getfd(2)),
// because the kernel has no such setting for one namespace (net.core.rmem_default can be read there, not set) and the
// setting for all of them is not the lab's to change. So a switch that is started by hand has narrow buffers:
// `superspan lab restart` widens them.
#pragma once

#include "base/result.h"
#include "lab/process.h"

namespace superspan::lab {

inline constexpr int kReceiveBufferBytes = 64 * 1024 * 1024;

// All packet sockets that the process has open now. kNotFound if the process is gone.
[[nodiscard]] base::Status widen_receive_buffers(ProcessId process);

}  // namespace superspan::lab
