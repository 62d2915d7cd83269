// SPDX-License-Identifier: Apache-2.0
#include "http/token.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace superspan::http {
namespace {

using base::ErrorCode;

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kTokenDigits = 2 * kTokenBytes;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

std::unexpected<base::Error> system_failure(const std::string& what, const std::filesystem::path& file) {
  const ErrorCode code = errno == ENOENT   ? ErrorCode::kNotFound
                         : errno == EACCES ? ErrorCode::kDenied
                         : errno == EPERM  ? ErrorCode::kDenied
                         : errno == EROFS  ? ErrorCode::kDenied
                                           : ErrorCode::kInternal;
  return base::fail(code, what + ": " + std::strerror(errno), {}, file.string());
}

bool is_token(std::string_view text) {
  return text.size() >= 16 && text.size() <= 512 &&
         text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~+/=") ==
             std::string_view::npos;
}

base::Result<std::string> read_open(int descriptor, const std::filesystem::path& file) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return system_failure("cannot look at the token file", file);
  if ((status.st_mode & 0077) != 0) {
    return base::fail(ErrorCode::kDenied, "others than the owner can read the token file", "chmod 600 " + file.string(),
                      file.string());
  }
  std::array<char, 600> buffer{};
  const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
  if (count < 0) return system_failure("cannot read the token file", file);
  std::string_view text(buffer.data(), static_cast<std::size_t>(count));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  if (!is_token(text)) {
    return base::fail(ErrorCode::kInvalid, "the file holds no token",
                      "remove it and restart superspand, which makes a new one", file.string());
  }
  return std::string(text);
}

base::Status write_token(int descriptor, const std::filesystem::path& file, const std::string& token) {
  const std::string line = token + "\n";
  if (::write(descriptor, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fsync(descriptor) != 0) {
    const auto failure = system_failure("cannot write the token file", file);
    ::unlink(file.c_str());
    return failure;
  }
  return {};
}

}  // namespace

base::Result<std::string> make_token() {
  std::array<unsigned char, kTokenBytes> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return base::fail(ErrorCode::kInternal, "the kernel gives no random bytes");
  }
  constexpr char kHex[] = "0123456789abcdef";
  std::string token;
  token.reserve(kTokenDigits);
  for (const unsigned char byte : bytes) token += {kHex[byte >> 4], kHex[byte & 15]};
  return token;
}

base::Result<std::string> read_token(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) return system_failure("cannot open the token file", file);
  return read_open(descriptor.get(), file);
}

base::Result<std::string> read_or_make_token(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (descriptor.get() < 0) {
    if (errno == EEXIST) return read_token(file);
    return system_failure("cannot make the token file", file);
  }
  auto token = make_token();
  if (!token) return token;
  if (auto written = write_token(descriptor.get(), file, *token); !written) return std::unexpected(written.error());
  return token;
}

bool equal_in_constant_time(std::string_view expected, std::string_view given) {
  return expected.size() == given.size() && CRYPTO_memcmp(expected.data(), given.data(), expected.size()) == 0;
}

std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return {};
  for (std::size_t at = 0; at < kScheme.size(); ++at) {
    const char c = authorization[at];
    if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != kScheme[at]) return {};
  }
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

}  // namespace superspan::http
