// SPDX-License-Identifier: Apache-2.0
// A lab with control, and tcpdump as the witness everywhere: at each tap port, in and out apart, and at each tool. The
// tests say what a policy is and what is sent; the witness (tools/witness, libpcap only) says what should have come.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/client.h"
#include "lab/lab.h"
#include "lab/plan.h"
#include "lab/process.h"
#include "lab/topology.h"
#include "tools/witness/witness.h"

namespace superspan::lab_test {

struct PolicyCase {
  std::string name;
  std::string expression;
  std::vector<std::string> taps;   // empty: any
  std::vector<std::string> tools;  // or nodes
  bool record = false;
};

class Rig {
 public:
  // Brings the lab up, with the programs of the folder of the running test.
  [[nodiscard]] static base::Result<std::unique_ptr<Rig>> start(const std::string& topology, bool traffic);
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;
  ~Rig();  // takes the lab down

  // Asks the API; a status that is not 2xx is an error. The body of 204 is an empty object.
  [[nodiscard]] base::Result<boost::json::object> call(http::Method method, const std::string& target,
                                                       const std::string& body = {});
  // Puts the policy and returns when it is active.
  [[nodiscard]] base::Status apply(const PolicyCase& policy);
  [[nodiscard]] base::Status remove(const std::string& policy);

  // Starts a tcpdump at each tap port (in, out) and each tool. Frames that the taps see from now on are offered...
  [[nodiscard]] base::Status open_witnesses();
  // ...and those of this window must be delivered: call it when the policies are active.
  void begin_window();
  // Ends the window and the traffic, gives the last copies time to arrive, ends the tcpdumps.
  void close_witnesses();

  // What the tool of the policy got (its first one), against the taps of the policy.
  [[nodiscard]] base::Result<witness::Verdict> judge_tool(const PolicyCase& policy) const;
  // The same for capture files, for example recordings of a node.
  [[nodiscard]] base::Result<witness::Verdict> judge_files(const PolicyCase& policy,
                                                           std::vector<std::string> delivered) const;
  // Names of tap ports that a frame has left through. Always empty, or something is very wrong.
  [[nodiscard]] std::vector<std::string> leaking_taps() const;

  // Names of processes of the lab ("superspand", "filter1/ovs-vswitchd"), killed with SIGKILL and started again.
  [[nodiscard]] base::Status kill(const std::string& process);
  [[nodiscard]] base::Status restart(const std::string& process);

  [[nodiscard]] const lab::Topology& topology() const { return topology_; }
  [[nodiscard]] std::filesystem::path run_dir() const { return std::string(lab::kRunDir); }
  // All files below the recordings of a node that hold packets.
  [[nodiscard]] std::vector<std::string> recordings(const std::string& node) const;

 private:
  struct Witness {
    lab::ProcessId process;
    std::filesystem::path file;
  };
  explicit Rig(lab::Topology topology, http::Client client);
  [[nodiscard]] base::Result<Witness> open_witness(const std::string& network_namespace, const std::string& device,
                                                   const std::string& direction);
  [[nodiscard]] base::Status wait_until_listening() const;
  void wait_until_written() const;

  lab::Topology topology_;
  http::Client client_;
  std::map<std::string, Witness> into_taps_;  // by name of tap
  std::map<std::string, Witness> out_of_taps_;
  std::map<std::string, Witness> tools_;
  witness::Window window_;
};

// Generated frames of every kind into four taps on both filter switches, some as if from a spine. Frames differ from
// those of calls whose numbers (`first` to first + 4 * rounds) differ.
[[nodiscard]] base::Status send_everything(std::uint32_t first, unsigned rounds);

// Prints the row of the policy; fails the test unless all that had to come came, once, and at_least so many had to.
void expect_clean(const PolicyCase& policy, const base::Result<witness::Verdict>& verdict, std::uint64_t at_least);

}  // namespace superspan::lab_test
