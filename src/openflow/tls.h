// SPDX-License-Identifier: Apache-2.0
// TLS 1.3 for the OpenFlow port: the context, and who the peer's certificate says it is.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "openflow/flow.h"
#include "openflow/server.h"

namespace superspan::openflow {

// Accepts only TLS 1.3 peers with a certificate of `files.authority`. kInvalid names the file that is wrong.
[[nodiscard]] base::Result<boost::asio::ssl::context> make_tls_context(const TlsFiles& files);

struct PeerIdentity {
  std::string fingerprint;            // SHA-256 of the certificate, hex
  std::vector<DatapathId> datapaths;  // from subject alternative names and the common name
};
// Of a finished handshake.
[[nodiscard]] PeerIdentity peer_identity(SSL* connection);

}  // namespace superspan::openflow
