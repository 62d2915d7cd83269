// SPDX-License-Identifier: Apache-2.0
#include "http/reader.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <limits>
#include <optional>
#include <utility>

namespace superspan::http {
namespace {

namespace beast = boost::beast::http;
using boost::system::error_code;

int status_for(const error_code& error) {
  if (error == beast::error::header_limit) return 431;
  if (error == beast::error::body_limit) return 413;
  if (error == beast::error::bad_version) return 505;
  return 400;
}

// Feeds until the parser is done, wants more bytes than there are, or fails. put() stops at message parts, so it is
// called again as long as it moves.
template <typename Parser>
Progress feed_parser(Parser& parser, std::string_view bytes) {
  Progress progress;
  while (!parser.is_done()) {
    error_code error;
    const std::size_t used = parser.put(
        boost::asio::const_buffer(bytes.data() + progress.consumed, bytes.size() - progress.consumed), error);
    progress.consumed += used;
    if (error == beast::error::need_more) return progress;
    if (error) {
      progress.state = Progress::State::kError;
      progress.status = status_for(error);
      progress.error = error.message();
      return progress;
    }
    if (used == 0 && !parser.is_done()) return progress;
  }
  progress.state = Progress::State::kDone;
  return progress;
}

template <typename Message>
Fields fields_of(const Message& message) {
  Fields fields;
  for (const auto& field : message) fields.emplace_back(field.name_string(), field.value());
  return fields;
}

}  // namespace

struct RequestReader::Impl {
  beast::request_parser<beast::string_body> parser;
};

RequestReader::RequestReader(std::size_t header_bytes, std::size_t body_bytes) : impl_(std::make_unique<Impl>()) {
  impl_->parser.header_limit(static_cast<std::uint32_t>(header_bytes));
  impl_->parser.body_limit(body_bytes);
  impl_->parser.eager(true);
}
RequestReader::~RequestReader() = default;

Progress RequestReader::feed(std::string_view bytes) {
  return feed_parser(impl_->parser, bytes);
}
bool RequestReader::header_done() const {
  return impl_->parser.is_header_done();
}
bool RequestReader::keep_alive() const {
  return impl_->parser.keep_alive();
}
bool RequestReader::chunked_replies() const {
  return impl_->parser.get().version() >= 11;
}

bool RequestReader::expects_continue() const {
  return boost::beast::iequals(impl_->parser.get()[beast::field::expect], "100-continue");
}

std::string RequestReader::authorization() const {
  return std::string(impl_->parser.get()[beast::field::authorization]);
}

Method RequestReader::method() const {
  const auto name = impl_->parser.get().method_string();
  return parse_method({name.data(), name.size()});
}

std::string_view RequestReader::target() const {
  const auto target = impl_->parser.get().target();
  return {target.data(), target.size()};
}

base::Result<Request> RequestReader::take() {
  auto message = impl_->parser.release();
  auto target = parse_target(std::string_view(message.target().data(), message.target().size()));
  if (!target) return std::unexpected(target.error());
  Request request;
  request.method_name = std::string(message.method_string());
  request.method = parse_method(request.method_name);
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.headers = fields_of(message);
  request.body = std::move(message.body());
  return request;
}

struct ResponseReader::Impl {
  using Parser = beast::response_parser<beast::string_body>;
  explicit Impl(std::size_t limit) : body_bytes(limit) { restart(); }

  // A parser takes one message; 1xx responses are messages of their own.
  void restart() {
    parser.emplace();
    parser->eager(true);
    parser->header_limit(64 * 1024);
    if (body_bytes == 0) {
      parser->body_limit(boost::none);
    } else {
      parser->body_limit(body_bytes);
    }
  }
  [[nodiscard]] bool informational() const {
    return parser->is_done() && parser->get().result_int() >= 100 && parser->get().result_int() < 200;
  }

  std::size_t body_bytes;
  std::optional<Parser> parser;
};

ResponseReader::ResponseReader(std::size_t body_bytes) : impl_(std::make_unique<Impl>(body_bytes)) {}
ResponseReader::~ResponseReader() = default;

Progress ResponseReader::feed(std::string_view bytes) {
  std::size_t before = 0;
  while (true) {
    Progress progress = feed_parser(*impl_->parser, bytes.substr(before));
    progress.consumed += before;
    if (progress.state != Progress::State::kDone || !impl_->informational()) return progress;
    before = progress.consumed;
    impl_->restart();
  }
}

Progress ResponseReader::end_of_stream() {
  error_code error;
  impl_->parser->put_eof(error);
  if (!error && impl_->parser->is_done()) return {Progress::State::kDone, 0, 0, {}};
  return {Progress::State::kError, 0, 0, "the connection ended in the middle of the answer"};
}

bool ResponseReader::header_done() const {
  return impl_->parser->is_header_done() && !impl_->informational();
}
bool ResponseReader::keep_alive() const {
  return impl_->parser->keep_alive();
}

Response ResponseReader::take() {
  Response response;
  auto& message = impl_->parser->get();
  response.status = static_cast<int>(message.result_int());
  response.content_type = std::string(message[beast::field::content_type]);
  response.headers = fields_of(message);
  response.body = take_body();
  return response;
}

std::string ResponseReader::take_body() {
  return std::exchange(impl_->parser->get().body(), {});
}

}  // namespace superspan::http
