// SPDX-License-Identifier: Apache-2.0
// Policies as files: YAML or JSON, one document or many ('---' between them, or a list), keys as in the API.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace superspan::cli {

inline constexpr std::size_t kPolicyFileBytesMax = 1 << 20;

struct PolicyDocument {
  boost::json::object policy;  // ready for PUT /v1/policies/{name}
  std::string name;
  std::string place;                          // "web.yaml:3", where the document begins
  std::map<std::string, std::string> places;  // "/limits/packets" -> "web.yaml:9:12", for errors of the controller
};

// Checks everything that can be checked without the controller: syntax, keys, types. The keys that the controller adds
// when it shows a policy (state, number, ...) are left out, so what `policy show -o yaml` prints can be applied again.
// Errors are kInvalid with file:line:column of the wrong word, and name the nearest known key. `file` is for places;
// `earlier` come from other files, so their names are taken.
[[nodiscard]] base::Result<std::vector<PolicyDocument>> read_policies(std::string_view text, const std::string& file,
                                                                      std::span<const PolicyDocument> earlier = {});

}  // namespace superspan::cli
