// SPDX-License-Identifier: Apache-2.0
#include "http/transport.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <utility>

namespace superspan::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

void prepare(Socket& socket) {
  error_code ignored;  // a unix socket has no such option
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}

class PlainTransport final : public Transport, public std::enable_shared_from_this<PlainTransport> {
 public:
  explicit PlainTransport(Socket socket) : socket_(std::move(socket)) { prepare(socket_); }

  void handshake(std::function<void(error_code)> done) override {
    asio::post(socket_.get_executor(), [self = shared_from_this(), done = std::move(done)] { done({}); });
  }
  void read_some(std::span<char> into, Done done) override {
    socket_.async_read_some(
        asio::buffer(into.data(), into.size()),
        [self = shared_from_this(), done = std::move(done)](error_code error, std::size_t n) { done(error, n); });
  }
  void write_some(std::string_view bytes, Done done) override {
    socket_.async_write_some(
        asio::buffer(bytes.data(), bytes.size()),
        [self = shared_from_this(), done = std::move(done)](error_code error, std::size_t n) { done(error, n); });
  }
  void shutdown_send() override {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  Socket socket_;
};

class TlsTransport final : public Transport, public std::enable_shared_from_this<TlsTransport> {
 public:
  TlsTransport(Socket socket, const TlsContext& context, const std::string& verify_host)
      : context_(context), stream_(std::move(socket), *context), client_(!verify_host.empty()) {
    prepare(stream_.next_layer());
    if (!client_) return;
    error_code not_an_address;
    asio::ip::make_address(verify_host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(stream_.native_handle(), verify_host.c_str());
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(verify_host));
  }

  void handshake(std::function<void(error_code)> done) override {
    stream_.async_handshake(client_ ? asio::ssl::stream_base::client : asio::ssl::stream_base::server,
                            [self = shared_from_this(), done = std::move(done)](error_code error) { done(error); });
  }
  void read_some(std::span<char> into, Done done) override {
    stream_.async_read_some(
        asio::buffer(into.data(), into.size()),
        [self = shared_from_this(), done = std::move(done)](error_code error, std::size_t n) { done(error, n); });
  }
  void write_some(std::string_view bytes, Done done) override {
    stream_.async_write_some(
        asio::buffer(bytes.data(), bytes.size()),
        [self = shared_from_this(), done = std::move(done)](error_code error, std::size_t n) { done(error, n); });
  }
  void shutdown_send() override {}
  // Without close_notify: the length of every HTTP message is known, so a cut cannot pass for an end.
  void close() override {
    error_code ignored;
    stream_.next_layer().close(ignored);
  }

 private:
  TlsContext context_;
  asio::ssl::stream<Socket> stream_;
  bool client_;
};

std::unexpected<base::Error> tls_failure(const char* what, const std::string& file, const error_code& error) {
  return base::fail(base::ErrorCode::kInvalid, std::string(what) + ": " + error.message(), "give a readable PEM file",
                    file);
}

base::Result<TlsContext> make_context(asio::ssl::context::method method) {
  try {
    auto context = std::make_shared<asio::ssl::context>(method);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_3_VERSION);
    return context;
  } catch (const boost::system::system_error& error) {
    return base::fail(base::ErrorCode::kInternal, std::string("cannot set up TLS: ") + error.what());
  }
}

}  // namespace

base::Result<TlsContext> make_server_tls(const TlsFiles& files) {
  auto context = make_context(asio::ssl::context::tls_server);
  if (!context) return context;
  error_code error;
  (*context)->use_certificate_chain_file(files.certificate, error);
  if (error) return tls_failure("cannot use the TLS certificate", files.certificate, error);
  (*context)->use_private_key_file(files.key, asio::ssl::context::pem, error);
  if (error) return tls_failure("cannot use the TLS key", files.key, error);
  if (SSL_CTX_check_private_key((*context)->native_handle()) != 1) {
    return base::fail(base::ErrorCode::kInvalid, "the TLS key does not belong to the certificate", {}, files.key);
  }
  return context;
}

base::Result<TlsContext> make_client_tls(const std::string& ca_file) {
  auto context = make_context(asio::ssl::context::tls_client);
  if (!context) return context;
  error_code error;
  if (ca_file.empty()) {
    (*context)->set_default_verify_paths(error);
  } else {
    (*context)->load_verify_file(ca_file, error);
  }
  if (error) return tls_failure("cannot use the CA certificates", ca_file, error);
  return context;
}

std::shared_ptr<Transport> make_plain_transport(Socket socket) {
  return std::make_shared<PlainTransport>(std::move(socket));
}

std::shared_ptr<Transport> make_tls_transport(Socket socket, const TlsContext& context,
                                              const std::string& verify_host) {
  return std::make_shared<TlsTransport>(std::move(socket), context, verify_host);
}

}  // namespace superspan::http
