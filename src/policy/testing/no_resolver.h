// SPDX-License-Identifier: Apache-2.0
// libpcap asks the resolver for names that it does not know. This program's getaddrinfo does not: a test must not wait
// for the DNS. (localhost stands in a file.) For one source file of a test program.
#pragma once

#include <dlfcn.h>
#include <netdb.h>

#include <string_view>

extern "C" inline __attribute__((used, noinline)) int getaddrinfo(const char* node, const char* service,
                                                                  const addrinfo* hints, addrinfo** found) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto original = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  addrinfo numeric = hints != nullptr ? *hints : addrinfo{};
  const bool local = node != nullptr && std::string_view(node) == "localhost";
  if (node != nullptr && !local) numeric.ai_flags |= AI_NUMERICHOST;
  return original(node, service, &numeric, found);
}
