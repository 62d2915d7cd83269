// SPDX-License-Identifier: Apache-2.0
// Where the controller is and with which token it opens. First that is there:
//
//   endpoint   --endpoint, $SUPERSPAN_ENDPOINT, the running lab, http://127.0.0.1:8600
//   token      --token-file, $SUPERSPAN_TOKEN_FILE, the lab's token if the endpoint is the lab's,
//              /var/lib/superspan/token if the endpoint is on this machine
//
// A token that was found and not named is never sent to another machine.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "cli/command.h"
#include "http/endpoint.h"

namespace superspan::cli {

struct Places {
  std::filesystem::path lab_dir = "/run/superspan/lab";  // holds `endpoint` and `token` while a lab is up
  std::filesystem::path state_dir = "/var/lib/superspan";
};

// The real places, moved below $SUPERSPAN_ROOT if that is set.
[[nodiscard]] Places places(const Terminal& terminal);

struct Discovered {
  http::Endpoint endpoint;
  std::string endpoint_from;         // "--endpoint", "SUPERSPAN_ENDPOINT", "/run/superspan/lab/endpoint", "default"
  std::filesystem::path token_file;  // may not exist
};

// kInvalid for a bad endpoint, kDenied if no token may be used for it.
[[nodiscard]] base::Result<Discovered> discover(const Invocation& invocation);

}  // namespace superspan::cli
