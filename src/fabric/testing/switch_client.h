// SPDX-License-Identifier: Apache-2.0
// Talks OpenFlow to one real switch over its management socket and waits for each answer. Header only, for lab tests.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>

#include "fabric/testing/support.h"
#include "openflow/session.h"

namespace superspan::fabric::support {

class SwitchClient {
 public:
  SwitchClient(const std::string& path, openflow::Version version) : session_(options(version), now()) {
    descriptor_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0) << path;
    wait_for<openflow::SessionReady>();
  }
  ~SwitchClient() { ::close(descriptor_); }
  SwitchClient(const SwitchClient&) = delete;
  SwitchClient& operator=(const SwitchClient&) = delete;

  [[nodiscard]] const openflow::SwitchInfo& info() const { return session_.info(); }

  [[nodiscard]] openflow::TransactionResult send(std::vector<openflow::FlowMod> mods) {
    EXPECT_TRUE(session_.send({std::move(mods), {}}));
    return wait_for<openflow::TransactionDone>().result;
  }
  [[nodiscard]] std::vector<openflow::FlowStatistics> dump() {
    EXPECT_TRUE(session_.dump_flows());
    auto flows = wait_for<openflow::FlowsDumped>().flows;
    EXPECT_TRUE(flows) << base::render(flows.error());
    return std::move(*flows);
  }

 private:
  static base::SteadyTime now() { return std::chrono::steady_clock::now(); }
  static openflow::SessionOptions options(openflow::Version version) {
    openflow::SessionOptions made;
    made.versions = {version};
    return made;
  }

  template <typename Event>
  Event wait_for() {
    const base::SteadyTime deadline = now() + std::chrono::seconds(20);
    while (now() < deadline) {
      for (openflow::Event& event : session_.take_events()) {
        if (auto* const wanted = std::get_if<Event>(&event)) return std::move(*wanted);
        const auto* const closed = std::get_if<openflow::SessionClosed>(&event);
        EXPECT_EQ(closed, nullptr) << base::render(closed->reason);
      }
      pump();
    }
    ADD_FAILURE() << "the switch did not answer";
    return {};
  }

  void pump() {
    base::Bytes out;
    session_.produce(out, 1 << 16);
    for (std::size_t done = 0; done < out.size();) {
      const ssize_t count = ::write(descriptor_, out.data() + done, out.size() - done);
      ASSERT_GT(count, 0);
      done += static_cast<std::size_t>(count);
    }
    pollfd wait{descriptor_, POLLIN, 0};
    if (::poll(&wait, 1, session_.has_output() ? 0 : 20) > 0) {
      base::Bytes in(1 << 16);
      const ssize_t count = ::read(descriptor_, in.data(), in.size());
      ASSERT_GT(count, 0);
      session_.receive(base::BytesView(in).first(static_cast<std::size_t>(count)), now());
    }
    session_.tick(now());
  }

  openflow::Session session_;
  int descriptor_ = -1;
};

}  // namespace superspan::fabric::support
