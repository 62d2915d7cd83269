// SPDX-License-Identifier: Apache-2.0
// What a test cannot show while a sanitizer watches. GCC defines these macros for -fsanitize=address and =thread.
#pragma once

namespace superspan::base::testing {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

}  // namespace superspan::base::testing
