// SPDX-License-Identifier: Apache-2.0
#include "lab/services.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "lab/network.h"
#include "lab/socket.h"

namespace superspan::lab {
namespace {

using base::ErrorCode;
using base::Status;
using std::filesystem::path;

constexpr int kListenTries = 250;  // of 20 ms

struct Service {
  DaemonSpec daemon;
  std::uint16_t tcp_port = 0;  // where it listens when it is ready
};

// {0}: folder, {1}: host. One process (master_process off), everything it writes stays in the folder.
constexpr const char* kWebConfiguration = R"(daemon off;
master_process off;
user root;
pid {0}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi;
  uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi;
  server {{
    listen 80; listen [::]:80;
    listen 443 ssl; listen [::]:443 ssl;
    ssl_certificate {0}/../web.crt; ssl_certificate_key {0}/../web.key;
    default_type text/plain;
    location / {{ return 200 "hello from {1}\n"; }}
    location /large {{ root {0}; }}
  }}
}}
)";

Status make_folder(const path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return {};
  return base::fail(ErrorCode::kInternal, fmt::format("cannot make {}: {}", folder.string(), error.message()));
}

// One key and certificate for all web hosts of the lab; made anew each time, so no key is ever worth stealing.
Status make_certificate(const path& services) {
  const auto made = run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                         "-days", "30", "-subj", "/CN=web.lab", "-keyout", (services / "web.key").string(), "-out",
                         (services / "web.crt").string()});
  if (!made) return std::unexpected(made.error());
  return {};
}

base::Result<Service> plan_web(const Host& host, const path& services) {
  const path folder = services / (host.name + "-nginx");
  if (auto made = make_folder(folder); !made) return std::unexpected(made.error());
  const Status written = write_file(folder / "nginx.conf", fmt::format(kWebConfiguration, folder.string(), host.name));
  // A page of many full frames beside the short greeting.
  const Status page = write_file(folder / "large", std::string(100'000, '.') + "\n");
  if (!written || !page) return std::unexpected(!written ? written.error() : page.error());
  return Service{{host.name + "/nginx",
                  host.network_namespace,
                  {"nginx", "-p", folder.string(), "-e", "stderr", "-c", (folder / "nginx.conf").string()},
                  {},
                  folder / "nginx.log"},
                 80};
}

Service plan_dns(const Plan& plan, const Host& host, const path& services) {
  // No configuration, hosts file, upstream server, cache file or user of the machine.
  Arguments arguments = {"dnsmasq",       "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
                         "--no-hosts",    "--user=root",          "--pid-file=",           "--log-facility=-",
                         "--local=/lab/", "--domain=lab"};
  for (const Host& other : plan.hosts)
    arguments.push_back(fmt::format("--host-record={}.lab,{},{}", other.name, other.ipv4, other.ipv6));
  for (const Host& web : plan.web) arguments.push_back(fmt::format("--host-record=web.lab,{},{}", web.ipv4, web.ipv6));
  return {{host.name + "/dnsmasq",
           host.network_namespace,
           std::move(arguments),
           {},
           services / (host.name + "-dnsmasq.log")},
          53};
}

Service plan_iperf3(const Host& host, const path& services) {
  return {{host.name + "/iperf3",
           host.network_namespace,
           {"iperf3", "--server"},
           {},
           services / (host.name + "-iperf3.log")},
          5201};
}

bool accepts(std::uint16_t port) {
  const File client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return client && connect(client.get(), as_sockaddr(address), sizeof(address)) == 0;
}

Status wait_until_listening(const Service& service, ProcessId process) {
  const auto failed = [&](ErrorCode code, const char* how) {
    return base::fail(
        code, fmt::format("{} {}; its last words:\n{}", service.daemon.name, how, last_lines(service.daemon.log, 10)));
  };
  return in_namespace(service.daemon.network_namespace, [&]() -> Status {
    for (int attempt = 0; attempt < kListenTries; ++attempt) {
      if (accepts(service.tcp_port)) return {};
      if (!is_running(process)) return failed(ErrorCode::kInternal, "ended");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return failed(ErrorCode::kTimeout, "does not listen");
  });
}

base::Result<std::vector<Service>> plan_services(const Plan& plan, const path& services) {
  std::vector<Service> out;
  if (!plan.web.empty()) {
    if (auto made = make_certificate(services); !made) return std::unexpected(made.error());
  }
  for (const Host& host : plan.web) {
    auto service = plan_web(host, services);
    if (!service) return std::unexpected(service.error());
    out.push_back(std::move(*service));
  }
  for (const Host& host : plan.dns) out.push_back(plan_dns(plan, host, services));
  for (const Host& host : plan.iperf3) out.push_back(plan_iperf3(host, services));
  return out;
}

}  // namespace

Status start_services(const Plan& plan, const path& run_dir, Journal& journal) {
  const path folder = run_dir / "services";
  if (auto made = make_folder(folder); !made) return made;
  const auto services = plan_services(plan, folder);
  if (!services) return std::unexpected(services.error());
  std::vector<ProcessId> processes;
  for (const Service& service : *services) {
    auto started = journal.start(service.daemon);
    if (!started) return std::unexpected(started.error());
    processes.push_back(*started);
  }
  for (std::size_t index = 0; index < services->size(); ++index) {
    if (auto ready = wait_until_listening((*services)[index], processes[index]); !ready) return ready;
  }
  return {};
}

}  // namespace superspan::lab
