// SPDX-License-Identifier: Apache-2.0
#include "http/responder.h"

#include <utility>

#include "http/problem.h"
#include "http/server_stream.h"

namespace superspan::http {

Responder::Responder(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Responder::Responder(Responder&&) noexcept = default;
Responder& Responder::operator=(Responder&&) noexcept = default;

Responder::~Responder() {
  if (impl_) reply(problem({base::ErrorCode::kInternal, "the request was dropped without an answer", "", "", {}}));
}

void Responder::reply(Response response) {
  const auto impl = std::exchange(impl_, nullptr);
  if (!impl) return;
  if (auto connection = impl->claim()) connection->post_reply(std::move(response));
}

std::shared_ptr<ResponseStream> Responder::stream(StreamHead head) {
  const auto impl = std::exchange(impl_, nullptr);
  auto connection = impl ? impl->claim() : nullptr;
  if (!connection) return nullptr;
  ServerCore& core = connection->core();
  if (core.open_streams.fetch_add(1) >= core.options.limits.streams) {
    --core.open_streams;
    connection->post_reply(
        problem({base::ErrorCode::kUnavailable, "too many open streams", "close one first", "", {}}));
    return nullptr;
  }
  auto stream = std::make_shared<ServerStream>(core.io, connection, head.queue_bytes);
  connection->post_stream_start(stream, std::move(head));
  return stream;
}

}  // namespace superspan::http
