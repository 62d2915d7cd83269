// SPDX-License-Identifier: Apache-2.0
// The program itself: registers with a controller, takes an assignment, records and streams what arrives on a veth pair
// in a network namespace of its own, closes its files on SIGTERM.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "http/test_server.h"
#include "node/testing.h"
#include "recorder/pcapng_reader.h"

namespace superspan {
namespace {

namespace fs = std::filesystem;
using http::Method;

constexpr std::string_view kAssignment =
    R"({"controller":"c1","revision":5,"epoch":7,"taps":[{"id":1,"name":"leaf1-spine1"}],"policies":[
  {"name":"web","number":1,"service_path":1,"bit":0,"from_epoch":7,"expression":"udp port 53","residual":"udp port 53",
   "record":true,"stream":true,"reason":"slow checkout"},
  {"name":"five","number":2,"service_path":1,"bit":1,"from_epoch":7,"expression":"","record":true,
   "limits":{"packets":5,"bytes":0}}]})";

constexpr uid_t kNobody = 65534;

// What the node told; filled on the server's thread.
struct Heard {
  std::mutex mutex;
  std::optional<boost::json::value> last;
  [[nodiscard]] std::optional<boost::json::value> get() {
    const std::lock_guard lock(mutex);
    return last;
  }
};

http::Router controller(Heard& heard) {
  http::Router router;
  router.add_simple(Method::kPut, "/v1/nodes/{name}", [&heard](const http::Request& request) {
    const std::lock_guard lock(heard.mutex);
    heard.last = boost::json::parse(request.body);
    return http::Response{200, "application/json", R"({"revision":5})", {}};
  });
  return router;
}

bool wait_for(const std::function<bool()>& condition) {
  for (int attempt = 0; attempt < 1000 && !condition(); ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

class NodeProcess : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (::geteuid() == 0) return;
    std::cerr << "SKIPPED: root is needed for a network namespace; superspan-node itself was NOT tested\n";
    std::exit(77);
  }
  NodeProcess()
      : folder_(fs::temp_directory_path() / ("superspan-node-" + std::to_string(::getpid()))),
        namespace_(prepare(folder_)),
        server_(controller(heard_), http::test::options_for("unix:" + (folder_ / "controller.sock").string())) {}
  ~NodeProcess() override {
    stop(SIGKILL);
    ::close(namespace_);
    fs::remove_all(folder_);
  }

  // Folders, the token, and a network namespace with the veth pair wire0 - port0, which lives as long as the
  // descriptor.
  static int prepare(const fs::path& folder) {
    fs::create_directories(folder / "records");
    std::ofstream(folder / "token") << http::test::kToken << '\n';
    fs::permissions(folder / "token", fs::perms::owner_read | fs::perms::owner_write);
    int descriptor = -1;
    std::thread([&] {
      EXPECT_EQ(::unshare(CLONE_NEWNET), 0);
      EXPECT_EQ(std::system("ip link add wire0 type veth peer name port0 && for i in wire0 port0; do "
                            "ip link set dev $i mtu 3500 up; done"),
                0);
      descriptor = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    }).join();
    return descriptor;
  }
  void give_to_nobody() {
    for (const char* name : {"", "records", "token", "controller.sock"}) {
      EXPECT_EQ(::chown((folder_ / name).c_str(), kNobody, kNobody), 0) << name;
    }
  }

  void start(const std::string& io, const std::string& user = "", const std::string& interface = "port0") {
    const std::string program = (fs::read_symlink("/proc/self/exe").parent_path() / "superspan-node").string();
    const std::string in = folder_.string() + "/";
    {
      const std::lock_guard lock(heard_.mutex);
      heard_.last.reset();
    }
    child_ = ::fork();
    if (child_ != 0) return;
    if (::setns(namespace_, CLONE_NEWNET) != 0) ::_exit(127);
    ::execl(program.c_str(), program.c_str(), "--name", "node1", "--controller",
            ("unix:" + in + "controller.sock").c_str(), "--token-file", (in + "token").c_str(), "--interface",
            interface.c_str(), "--io", io.c_str(), "--endpoint", ("unix:" + in + "node1.sock").c_str(), "--record-dir",
            (in + "records").c_str(), "--user", user.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  // The exit code, or -1.
  int stop(int signal) {
    if (child_ <= 0) return -1;
    ::kill(child_, signal);
    int status = -1;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  http::Client node_client() {
    const auto endpoint = http::parse_endpoint(heard_.get()->at("endpoint").as_string().c_str());
    return {*endpoint, {heard_.get()->at("token").as_string().c_str(), "", 10'000}};
  }
  // From a thread that enters the namespace.
  void send(const std::vector<base::Bytes>& frames) {
    std::thread([&] {
      ASSERT_EQ(::setns(namespace_, CLONE_NEWNET), 0);
      const int socket = ::socket(AF_PACKET, SOCK_RAW, 0);
      ASSERT_GE(socket, 0);
      sockaddr_ll address{};
      address.sll_family = AF_PACKET;
      address.sll_ifindex = static_cast<int>(::if_nametoindex("wire0"));
      for (const base::Bytes& frame : frames) {
        const auto* to = static_cast<const sockaddr*>(static_cast<const void*>(&address));
        EXPECT_EQ(::sendto(socket, frame.data(), frame.size(), 0, to, sizeof(address)),
                  static_cast<ssize_t>(frame.size()));
      }
      ::close(socket);
    }).join();
  }
  recorder::PcapngContents recording(const std::string& policy) {
    for (const auto& entry : fs::directory_iterator(folder_ / "records")) {
      if (!entry.path().filename().string().starts_with(policy + "-")) continue;
      std::ifstream stream(entry.path(), std::ios::binary);
      texts_.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
      auto contents = recorder::read_pcapng(std::as_bytes(std::span(texts_.back())));
      EXPECT_TRUE(contents) << base::render(contents.error());
      return *contents;
    }
    ADD_FAILURE() << "no recording of " << policy;
    return {};
  }

  void assign();
  void expect_whole_life(const std::string& io, const std::string& user);

  fs::path folder_;
  int namespace_;
  Heard heard_;
  http::test::RunningServer server_;
  pid_t child_ = -1;
  std::list<std::string> texts_;
};

void NodeProcess::assign() {
  ASSERT_TRUE(wait_for([&] { return heard_.get().has_value(); })) << "not registered";
  const auto answer = node_client().request(Method::kPut, "/v1/assignment", std::string(kAssignment));
  ASSERT_TRUE(answer) << base::render(answer.error());
  ASSERT_EQ(answer->status, 200) << answer->body;
}

void NodeProcess::expect_whole_life(const std::string& io, const std::string& user) {
  start(io, user);
  assign();
  std::vector<base::Bytes> frames;
  for (int count = 0; count < 100; ++count) {
    frames.push_back(node::test::fabric_frame(node::test::udp_frame(1, count % 2 == 0 ? 53 : 80), {.bits = 3}));
  }
  send(frames);
  EXPECT_TRUE(wait_for([&] { return !heard_.get()->at("ended").as_array().empty(); })) << "limit not reported";
  EXPECT_EQ(heard_.get()->at("ended").as_array().at(0).as_string(), "five");
  EXPECT_EQ(heard_.get()->at("applied").to_number<int>(), 5);

  std::string streamed;
  std::size_t packets = 0;
  const auto stream = node_client().stream("/v1/streams/web", [&](base::BytesView chunk) {
    for (const std::byte byte : chunk) streamed.push_back(static_cast<char>(byte));
    packets = recorder::read_pcapng(std::as_bytes(std::span(streamed)))->packets.size();
    return packets < 50;
  });
  EXPECT_TRUE(stream) << base::render(stream.error());
  EXPECT_EQ(packets, 50U);

  EXPECT_EQ(stop(SIGTERM), 0);
  const auto web = recording("web");
  EXPECT_EQ(web.packets.size(), 50U);
  EXPECT_EQ(web.statistics.at(0).received, 100U);
  EXPECT_EQ(web.statistics.at(0).accepted, 50U);
  EXPECT_EQ(web.statistics.at(0).device_dropped, 0U);
  EXPECT_NE(web.section_comments.at(0).find("reason: slow checkout"), std::string::npos);
  EXPECT_EQ(recording("five").packets.size(), 5U);
  EXPECT_FALSE(fs::exists(folder_ / "node1.sock")) << "the socket is removed";
  EXPECT_FALSE(fs::exists(folder_ / "dpdk"));
}

TEST_F(NodeProcess, LivesWithAfPacketAndNeedsNoRightsOnceItRuns) {
  give_to_nobody();
  expect_whole_life("af_packet", "nobody");
}

TEST_F(NodeProcess, LivesWithAfXdp) {
  expect_whole_life("af_xdp", "");
}

// The kernel keeps the XDP program of the dead process; the next one must receive all the same.
TEST_F(NodeProcess, ReceivesAgainAfterKillMinusNine) {
  for (const char* io : {"af_packet", "af_xdp"}) {
    start(io);
    assign();
    stop(SIGKILL);
    start(io);
    assign();
    send(std::vector<base::Bytes>(5, node::test::fabric_frame(node::test::udp_frame(1, 53), {.bits = 2})));
    EXPECT_TRUE(wait_for([&] { return !heard_.get()->at("ended").as_array().empty(); })) << io;
    EXPECT_EQ(stop(SIGTERM), 0);
  }
}

TEST_F(NodeProcess, MissingInterfaceIsExitCodeThree) {
  start("af_packet", "", "nothing0");
  int status = 0;
  ::waitpid(child_, &status, 0);
  child_ = -1;
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

}  // namespace
}  // namespace superspan
