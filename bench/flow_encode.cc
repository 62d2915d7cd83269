// SPDX-License-Identifier: Apache-2.0
// Flow-mods as values to OpenFlow 1.4 messages, on one core: the part of an installation that is ours alone.
// Usage: bench_flow_encode ROWS_FILE
#include <chrono>
#include <cstdint>
#include <iostream>
#include <vector>

#include "bench/address_list.h"
#include "bench/report.h"
#include "openflow/codec.h"

namespace {

using namespace superspan;
using Steady = std::chrono::steady_clock;

constexpr std::uint32_t kFlows = 20'000;
constexpr int kRounds = 50;
constexpr double kGoal = 1.5e6;
constexpr std::size_t kBatchBytes = 64 << 10;  // as a connection writes them

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: ROWS_FILE\n";
    return 2;
  }
  const auto mods = bench::address_list(kFlows);
  openflow::Encoder encoder(openflow::Version::k14, true);
  std::vector<double> rates;
  base::Bytes out;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = Steady::now();
    openflow::Xid xid = 0;
    for (const openflow::FlowMod& mod : mods) {
      if (out.size() >= kBatchBytes) out.clear();
      if (!encoder.flow_mod(out, ++xid, mod, 1)) return 1;
    }
    rates.push_back(kFlows / std::chrono::duration<double>(Steady::now() - start).count());
  }
  const double rate = bench::median(rates);
  bench::write_rows(argv[1],
                    {{"openflow.encode_flow_mods", "flow-mods/s", rate, {}, "", "", {}, kGoal, rate >= kGoal}});
  return 0;
}
