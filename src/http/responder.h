// SPDX-License-Identifier: Apache-2.0
// The body of Responder. Internal to http.
#pragma once

#include <memory>
#include <utility>

#include "http/connection.h"

namespace superspan::http {

// Does not keep the connection alive: a client that went away frees it at once.
class Responder::Impl {
 public:
  explicit Impl(std::weak_ptr<Connection> connection) : connection_(std::move(connection)) {}
  // The connection, once; nothing if it is gone or was answered.
  [[nodiscard]] std::shared_ptr<Connection> claim() { return std::exchange(connection_, {}).lock(); }

 private:
  std::weak_ptr<Connection> connection_;
};

}  // namespace superspan::http
