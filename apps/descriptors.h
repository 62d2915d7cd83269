// SPDX-License-Identifier: Apache-2.0
// How many file descriptors the process may have, and who gets them.
#pragma once

#include <cstddef>

namespace superspan::apps {

// Raises the soft limit of open files to the hard one. What the limit is now.
[[nodiscard]] std::size_t raise_descriptor_limit();

struct DescriptorShare {
  std::size_t clients = 0;   // connections of the API
  std::size_t switches = 0;  // OpenFlow connections
};
// What each may have of `limit` descriptors, at most what is wanted, so that neither can take what the other, files and
// outgoing connections need. At least one each that wants any.
[[nodiscard]] DescriptorShare share_descriptors(std::size_t limit, DescriptorShare wanted);

}  // namespace superspan::apps
