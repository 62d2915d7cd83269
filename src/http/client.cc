// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <deque>
#include <optional>
#include <utility>

#include "http/exchange.h"

namespace superspan::http {

// --- the blocking client: an io_context of its own, run while a call is under way ---

class Client::Impl {
 public:
  Impl(Endpoint endpoint, ClientOptions options)
      : exchange_(std::make_shared<Exchange>(io_, std::move(endpoint), std::move(options))) {}
  ~Impl() { exchange_->cancel(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  base::Result<Response> run(Exchange::Call call, const OnChunk* on_tick, std::int64_t tick_ms) {
    std::optional<base::Result<Response>> result;
    call.done = [&result](base::Result<Response> answer) { result = std::move(answer); };
    exchange_->start(std::move(call));
    while (!result) {
      io_.restart();
      if (on_tick == nullptr) {
        io_.run_one();
      } else if (io_.run_one_for(std::chrono::milliseconds(tick_ms)) == 0 && !result && !(*on_tick)({})) {
        exchange_->cancel();
        return Response{};
      }
    }
    return std::move(*result);
  }

 private:
  boost::asio::io_context io_{1};
  std::shared_ptr<Exchange> exchange_;
};

Client::Client(Endpoint endpoint, ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(endpoint), std::move(options))) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

base::Result<Response> Client::request(Method method, std::string_view target, std::string body, Fields headers) {
  return impl_->run({method, std::string(target), std::move(body), {}, {}, std::move(headers)}, nullptr, 0);
}

base::Result<Response> Client::stream(std::string_view target, const OnChunk& on_chunk, std::int64_t tick_ms) {
  return impl_->run({Method::kGet, std::string(target), {}, {}, on_chunk}, &on_chunk, tick_ms);
}

// --- the asynchronous client: a queue in front of the engine ---

class AsyncClient::Impl : public std::enable_shared_from_this<AsyncClient::Impl> {
 public:
  Impl(boost::asio::io_context& io, Endpoint endpoint, ClientOptions options)
      : exchange_(std::make_shared<Exchange>(io, std::move(endpoint), std::move(options))) {}

  void request(Exchange::Call call) {
    waiting_.push_back(std::move(call));
    if (!busy_) next();
  }
  void close() {
    waiting_.clear();
    exchange_->cancel();
  }
  [[nodiscard]] const Endpoint& endpoint() const { return exchange_->endpoint(); }

 private:
  void next() {
    Exchange::Call call = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    // The next request starts before the caller hears of this one, so that a callback may destroy the client.
    call.done = [weak = weak_from_this(), done = std::move(call.done)](base::Result<Response> result) {
      if (const auto self = weak.lock()) {
        self->busy_ = false;
        if (!self->waiting_.empty()) self->next();
      }
      done(std::move(result));
    };
    exchange_->start(std::move(call));
  }

  std::shared_ptr<Exchange> exchange_;
  std::deque<Exchange::Call> waiting_;
  bool busy_ = false;
};

AsyncClient::AsyncClient(boost::asio::io_context& io, Endpoint endpoint, ClientOptions options)
    : impl_(std::make_shared<Impl>(io, std::move(endpoint), std::move(options))) {}
AsyncClient::AsyncClient(AsyncClient&&) noexcept = default;
AsyncClient& AsyncClient::operator=(AsyncClient&& other) noexcept {
  if (impl_) impl_->close();
  impl_ = std::move(other.impl_);
  return *this;
}
AsyncClient::~AsyncClient() {
  if (impl_) impl_->close();
}

void AsyncClient::request(Method method, std::string_view target, std::string body, Done done) {
  impl_->request({method, std::string(target), std::move(body), std::move(done), {}});
}
const Endpoint& AsyncClient::endpoint() const {
  return impl_->endpoint();
}

}  // namespace superspan::http
