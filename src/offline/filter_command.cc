// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <ostream>

#include "cli/interrupt.h"
#include "cli/inventory_file.h"
#include "cli/packet_sink.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/units.h"
#include "offline/commands.h"
#include "offline/filter.h"

namespace superspan::offline {
namespace {

using cli::InterruptScope;
using cli::Invocation;

// A reader that leaves or a person who asks twice has had enough.
bool stopped() {
  return InterruptScope::count() > 0;
}

base::Result<EngineKind> engine_kind(const Invocation& invocation) {
  const std::string name = invocation.arguments.text("engine").value_or(to_string(EngineKind::kBpf));
  return *std::ranges::find(kEngineKinds, name, to_string);
}

std::unexpected<base::Error> usage(const std::string& message, const std::string& hint, const std::string& place) {
  return base::fail(base::ErrorCode::kInvalid, message, hint, place);
}

std::string totals_line(const FilterTotals& totals) {
  return fmt::format("{} of {} packets{}, {}\n", totals.kept, totals.read, totals.stopped ? " read so far" : "",
                     cli::format_bytes(totals.kept_bytes));
}

// One run of the command, once everything has been opened.
struct Job {
  const Invocation& invocation;
  CaptureReader& reader;
  Engine& engine;
  std::string expression;
};

base::Result<int> end(const Invocation& invocation, const base::Status& status, const FilterTotals& totals) {
  if (!status && !stopped()) return std::unexpected(status.error());
  if (!stopped()) return 0;
  invocation.terminal.err << "stopped before the end of the input: " << totals_line(totals);
  return 1;
}

// --count: the number alone, so that a script can take it.
base::Result<int> count(const Job& job) {
  cli::Terminal& terminal = job.invocation.terminal;
  cli::ProgressLine progress(terminal, terminal.err_is_tty);
  FilterTotals totals;
  const FilterSteps steps{.output = nullptr, .take = {}, .look = [&](const FilterTotals& now) {
                            progress.draw({.packets = now.read, .bytes = now.kept_bytes});
                            return !stopped();
                          }};
  const base::Status status = filter(job.reader, job.engine, steps, totals);
  progress.clear();
  const boost::json::object object{{"kept", totals.kept}, {"read", totals.read}, {"kept_bytes", totals.kept_bytes}};
  if (cli::wants_table(job.invocation, object)) terminal.out << totals.kept << "\n";
  return end(job.invocation, status, totals);
}

base::Result<int> write(const Job& job, const std::string& target) {
  cli::Terminal& terminal = job.invocation.terminal;
  auto sink = cli::open_sink(target, terminal);
  if (!sink) return std::unexpected(sink.error());
  const auto output = make_output(format_of(target), job.reader, job.expression);
  cli::ProgressLine progress(terminal, terminal.err_is_tty && !(*sink)->draws());
  FilterTotals totals;
  const FilterSteps steps{.output = output.get(),
                          .take = [&](base::BytesView records) { return (*sink)->write(records); },
                          .look =
                              [&](const FilterTotals& now) {
                                progress.draw({.packets = now.read, .bytes = now.kept_bytes});
                                return !stopped() && !(*sink)->reader_gone();
                              }};
  const base::Status status = filter(job.reader, job.engine, steps, totals);
  progress.clear();
  if (const auto closed = (*sink)->close(); !closed) return std::unexpected(closed.error());
  if (status && !stopped()) terminal.err << totals_line(totals);
  return end(job.invocation, status, totals);
}

base::Result<int> run(const Invocation& invocation) {
  const auto& arguments = invocation.arguments;
  const auto input = arguments.text("read");
  if (!input) return usage("no capture is given", "name it with -r FILE, or pipe it into -r -", "--read");
  const bool counts = arguments.given("count");
  if (counts && arguments.given("write")) {
    return usage("--count writes no packets", "leave away --count or -w", "--count");
  }
  if (*input == "-" && ::isatty(STDIN_FILENO) == 1) {
    return usage("standard input is the keyboard, not a capture", "pipe one: tcpdump -w - | superspan filter EXPR -r -",
                 "--read");
  }
  const InterruptScope interrupts;
  const auto kind = engine_kind(invocation);
  const std::string expression = fmt::format("{}", fmt::join(arguments.positionals(), " "));
  const auto names = cli::inventory_names(invocation);
  if (!names) return std::unexpected(names.error());
  auto engine = make_engine(*kind, std::span(&expression, 1), *names);
  if (!engine) return std::unexpected(engine.error());
  auto source = FileSource::open(*input, stopped);
  if (!source) return std::unexpected(source.error());
  const std::string target = arguments.text("write").value_or("");
  if (source->is_same_file(target)) {
    return usage(fmt::format("{} is read and written at once", target), "name another file with -w", "--write");
  }
  auto reader = CaptureReader::open(*source, *input == "-" ? "standard input" : *input);
  if (!reader) return std::unexpected(reader.error());
  const Job job{.invocation = invocation, .reader = *reader, .engine = **engine, .expression = expression};
  return counts ? count(job) : write(job, target);
}

std::vector<cli::Option> options() {
  return {
      {.flags = "-r,--read",
       .value = "FILE",
       .help = "the capture: pcap or pcapng; - is standard input",
       .kind = cli::Value::kFile},
      {.flags = "-w,--write",
       .value = "FILE",
       .help = "write pcapng into FILE, or pcap if it ends in .pcap; - is standard output",
       .kind = cli::Value::kFile},
      {.flags = "--engine",
       .value = "ENGINE",
       .help = "who decides: reference, switch or bpf (default: bpf)",
       .kind = cli::Value::kChoice,
       .choices = {"reference", "switch", "bpf"}},
      {.flags = "--count", .value = "", .help = "print only how many packets EXPR keeps"},
      cli::inventory_option(),
  };
}

}  // namespace

cli::Command filter_command() {
  return {
      .name = "filter",
      .summary = "keep the packets of a capture file that an expression wants",
      .description =
          "Reads a pcap or pcapng capture of Ethernet frames, of any size and also from a pipe, and keeps what EXPR "
          "wants: as lines on a terminal, else as pcapng. Times keep their nanoseconds, packets both their lengths, "
          "pcapng also the names and comments of interfaces and packets. No controller and no switch is needed. "
          "Without EXPR every packet is kept.\n"
          "\n"
          "Three engines decide, and keep the same packets as `tcpdump -r FILE EXPR`:\n"
          "\n"
          "  bpf        the program that libpcap makes of EXPR, not optimised; fast\n"
          "  reference  the evaluator of superspan: slow, the definition\n"
          "  switch     the flow tables of EXPR in a simulated switch, and what they leave to a node: what a fabric "
          "would\n"
          "             deliver to a node\n"
          "\n"
          "A capture that is damaged or cut off is kept as far as it goes, and ends with an error.",
      .positional = {.name = "EXPR",
                     .help = "pcap-filter expression; several words are joined",
                     .least = 0,
                     .most = cli::kAny},
      .options = options(),
      .examples = {{"superspan filter udp port 53 -r all.pcapng", "show the DNS packets of a capture, one a line"},
                   {"superspan filter vlan 100 -r all.pcap --engine switch --count",
                    "how many packets a fabric would deliver"},
                   {"superspan filter 'vm web-1 and tcpflags syn' -r all.pcap --inventory inventory.yaml",
                    "by the name of a machine"},
                   {"zcat all.pcap.gz | superspan filter host 10.1.3.2 -r - -w - | tshark -r -", "between two pipes"}},
      .run = run};
}

}  // namespace superspan::offline
