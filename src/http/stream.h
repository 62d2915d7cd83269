// SPDX-License-Identifier: Apache-2.0
// A response whose body is sent while it is being made: server-sent events, pcapng. The queue between the writer and
// the socket is bounded; a full queue is told to the writer, who decides what to lose and counts it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "http/message.h"

namespace superspan::http {

struct StreamHead {
  int status = 200;
  std::string content_type = "application/octet-stream";
  Fields headers;
  std::size_t queue_bytes = 1024 * 1024;   // bound of the queue
  std::int64_t stall_timeout_ms = 30'000;  // the reader takes nothing for so long: closed. 0: never
};

// All members may be called from any thread. The callbacks run on the server's io thread.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;

  // False if the stream is closed or the chunk does not fit in the queue; nothing of it is sent then. A chunk larger
  // than the whole queue fits only into an empty queue.
  virtual bool write(std::string chunk) = 0;
  // Sends what is queued and then the end of the body.
  virtual void finish() = 0;
  // Cuts the connection, so that the reader knows that the body is incomplete.
  virtual void abort() = 0;

  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  // The reader is gone, or finish() or abort() was called.
  [[nodiscard]] virtual bool closed() const = 0;

  // Called when the queue has become empty after a write. Replaces the earlier callback.
  virtual void on_drained(std::function<void()> callback) = 0;
  // Called once when the connection is over for any reason; at once (posted) if it is already.
  virtual void on_closed(std::function<void()> callback) = 0;
};

}  // namespace superspan::http
