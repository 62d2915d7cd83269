// SPDX-License-Identifier: Apache-2.0
#include "cli/packet_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "cli/interrupt.h"
#include "cli/packet_lines.h"
#include "cli/tcpdump_sink.h"

namespace superspan::cli {

base::Result<bool> write_all(int fd, base::BytesView bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      continue;
    }
    if (errno == EPIPE) return false;
    if (errno == EINTR && InterruptScope::count() < 2) continue;
    if (errno == EINTR) return false;
    return base::fail(base::ErrorCode::kInternal,
                      fmt::format("cannot write to {}: {}", name, std::generic_category().message(errno)));
  }
  return true;
}

bool nobody_reads(int fd) {
  pollfd query{.fd = fd, .events = 0, .revents = 0};
  return poll(&query, 1, 0) == 1 && (query.revents & (POLLERR | POLLNVAL)) != 0;
}

namespace {

class FileSink final : public PacketSink {
 public:
  FileSink(int fd, std::string name, bool owned) : fd_(fd), name_(std::move(name)), owned_(owned) {}
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override {
    if (owned_ && fd_ >= 0) ::close(fd_);
  }

  base::Result<bool> write(base::BytesView blocks) override { return write_all(fd_, blocks, name_); }
  bool reader_gone() override { return nobody_reads(fd_); }
  std::string name() const override { return name_; }

  base::Status close() override {
    if (!owned_) return {};
    const int result = ::close(std::exchange(fd_, -1));
    if (result == 0) return {};
    return base::fail(base::ErrorCode::kInternal,
                      fmt::format("cannot write to {}: {}", name_, std::generic_category().message(errno)));
  }

 private:
  int fd_;
  std::string name_;
  bool owned_;
};

base::Result<std::unique_ptr<PacketSink>> open_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd >= 0) return std::make_unique<FileSink>(fd, path, true);
  const auto code = errno == ENOENT                                       ? base::ErrorCode::kNotFound
                    : errno == EACCES || errno == EPERM || errno == EROFS ? base::ErrorCode::kDenied
                                                                          : base::ErrorCode::kInvalid;
  return base::fail(code, fmt::format("cannot write to {}: {}", path, std::generic_category().message(errno)),
                    "name another file with -w", "--write");
}

}  // namespace

base::Result<std::unique_ptr<PacketSink>> open_sink(const std::string& target, Terminal& terminal) {
  if (target == "-" && terminal.out_is_tty) {
    return base::fail(base::ErrorCode::kInvalid, "packets in pcapng form would garble the terminal",
                      "leave -w away to see one line a packet, or pipe it: superspan capture EXPR -w - | tshark -r -",
                      "--write");
  }
  if (!target.empty() && target != "-") return open_file(target);
  if (target.empty() && terminal.out_is_tty) {
    if (auto tcpdump = start_tcpdump(terminal)) return tcpdump;
    return make_packet_lines(terminal);
  }
  return std::make_unique<FileSink>(terminal.out_fd, "standard output", false);
}

}  // namespace superspan::cli
