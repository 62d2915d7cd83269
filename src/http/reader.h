// SPDX-License-Identifier: Apache-2.0
// Bytes to requests and responses (RFC 9112), without I/O. Beast's parser does the work; these classes keep it in one
// file and turn its errors into statuses and sentences. Internal to http.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace superspan::http {

struct Progress {
  enum class State { kMore, kDone, kError };
  State state = State::kMore;
  std::size_t consumed = 0;  // bytes that the caller may drop; the others must be given again, with more behind them
  int status = 0;            // kError of a request: what to answer
  std::string error;         // kError
};

// One request. Make a new one for the next.
class RequestReader {
 public:
  RequestReader(std::size_t header_bytes, std::size_t body_bytes);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  Progress feed(std::string_view bytes);

  // The following are known once the header is there.
  [[nodiscard]] bool header_done() const;
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool expects_continue() const;
  [[nodiscard]] bool chunked_replies() const;  // the client speaks HTTP/1.1
  [[nodiscard]] std::string authorization() const;
  [[nodiscard]] Method method() const;
  [[nodiscard]] std::string_view target() const;  // as sent; until take()

  // Once after kDone. kInvalid if the target is broken.
  [[nodiscard]] base::Result<Request> take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One response; 1xx responses before it are skipped.
class ResponseReader {
 public:
  // `body_bytes` 0: no limit.
  explicit ResponseReader(std::size_t body_bytes);
  ~ResponseReader();
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;

  Progress feed(std::string_view bytes);
  // The connection ended: done if the body was allowed to end so, else an error.
  Progress end_of_stream();
  [[nodiscard]] bool header_done() const;
  [[nodiscard]] bool keep_alive() const;
  // Status and headers once the header is there; the body is what was not taken yet.
  [[nodiscard]] Response take();
  // The part of the body that came since the last call.
  [[nodiscard]] std::string take_body();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace superspan::http
