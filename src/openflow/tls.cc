// SPDX-License-Identifier: Apache-2.0
#include "openflow/tls.h"

#include <openssl/x509v3.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

namespace superspan::openflow {
namespace {

using base::ErrorCode;
namespace ssl = boost::asio::ssl;

constexpr std::string_view kDatapathUri = "superspan:datapath:";

std::optional<DatapathId> parse_datapath(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  DatapathId id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return id;
}

std::string_view view(const ASN1_STRING* text) {
  const void* data = ASN1_STRING_get0_data(text);
  return {static_cast<const char*>(data), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

void add_alternative_names(const X509* certificate, std::vector<DatapathId>& out) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  if (!names) return;
  for (int index = 0; index < sk_GENERAL_NAME_num(names.get()); ++index) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), index);
    if (name->type != GEN_URI) continue;
    const std::string_view uri = view(name->d.uniformResourceIdentifier);
    if (!uri.starts_with(kDatapathUri)) continue;
    if (const auto id = parse_datapath(uri.substr(kDatapathUri.size()))) out.push_back(*id);
  }
}

void add_common_name(const X509* certificate, std::vector<DatapathId>& out) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return;
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  if (const auto id = parse_datapath(view(value))) out.push_back(*id);
}

std::string fingerprint(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &length) != 1) return {};
  std::string text;
  for (unsigned index = 0; index < length; ++index) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[digest[index] >> 4];
    text += kDigits[digest[index] & 15];
  }
  return text;
}

}  // namespace

base::Result<ssl::context> make_tls_context(const TlsFiles& files) {
  try {
    ssl::context context(ssl::context::tls_server);
    boost::system::error_code error;
    const auto wrong = [&error](const std::string& what, const std::string& file) {
      return base::fail(ErrorCode::kInvalid, "cannot use the TLS " + what + ": " + error.message(),
                        "it must be a readable PEM file", file);
    };
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context.native_handle(), 0);
    context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    if (context.load_verify_file(files.authority, error)) return wrong("authority", files.authority);
    if (context.use_certificate_chain_file(files.certificate, error)) return wrong("certificate", files.certificate);
    if (context.use_private_key_file(files.key, ssl::context::pem, error)) return wrong("key", files.key);
    return context;
  } catch (const boost::system::system_error& error) {
    return base::fail(ErrorCode::kInternal, std::string("TLS does not work: ") + error.what());
  }
}

PeerIdentity peer_identity(SSL* connection) {
  PeerIdentity identity;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(connection), &X509_free);
  if (!certificate) return identity;
  identity.fingerprint = fingerprint(certificate.get());
  add_alternative_names(certificate.get(), identity.datapaths);
  add_common_name(certificate.get(), identity.datapaths);
  return identity;
}

}  // namespace superspan::openflow
