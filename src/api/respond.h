// SPDX-License-Identifier: Apache-2.0
// What the resources share.
#pragma once

#include <boost/json.hpp>
#include <string_view>

#include "base/result.h"
#include "fabric/topology.h"
#include "http/message.h"

namespace superspan::api {

[[nodiscard]] http::Response json_response(const boost::json::value& value, int status = 200);

// A whole number in the query; `absent` if it is not there. kInvalid with the argument as place.
[[nodiscard]] base::Result<std::uint64_t> number_argument(const http::Request& request, std::string_view name,
                                                          std::uint64_t max, std::uint64_t absent);

// `true` or `false` in the query; absent: false. kInvalid with the argument as place.
[[nodiscard]] base::Result<bool> flag_argument(const http::Request& request, std::string_view name);

// "filter1:49"
[[nodiscard]] std::string place_text(const fabric::Topology& topology, fabric::Attachment where);

}  // namespace superspan::api
