// SPDX-License-Identifier: Apache-2.0
#include "lab/lab.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/print.h"

namespace superspan::cli {
namespace json = boost::json;
namespace {

// Progress goes to standard error, so that standard output stays for results.
lab::Progress progress_to(Terminal& terminal) {
  return [&terminal](std::string_view line) { terminal.err << line << "\n" << std::flush; };
}

json::array strings(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

json::object to_value(const lab::StatusReport& report) {
  json::array namespaces;
  for (const lab::NamespaceStatus& entry : report.namespaces) {
    namespaces.push_back(json::object{{"name", entry.name},
                                      {"about", entry.about},
                                      {"addresses", strings(entry.addresses)},
                                      {"present", entry.present}});
  }
  json::array processes;
  for (const lab::ProcessStatus& entry : report.processes) {
    processes.push_back(json::object{{"name", entry.name},
                                     {"pid", entry.pid},
                                     {"namespace", entry.network_namespace},
                                     {"running", entry.running},
                                     {"log", entry.log.string()}});
  }
  return {{"up", report.up},
          {"topology", report.topology},
          {"endpoint", report.endpoint},
          {"token_file", report.token_file.string()},
          {"namespaces", std::move(namespaces)},
          {"processes", std::move(processes)},
          {"next_steps", strings(report.next_steps)}};
}

void print_next_steps(const lab::StatusReport& report, std::ostream& out) {
  if (report.next_steps.empty()) return;
  out << "\ntry next:\n";
  for (const std::string& step : report.next_steps) out << "  " << step << "\n";
}

base::Result<int> run_up(const Invocation& invocation) {
  const Arguments& arguments = invocation.arguments;
  lab::UpOptions options;
  options.topology = arguments.text("topology").value_or(options.topology);
  options.start_traffic = !arguments.given("no-traffic");
  options.start_control = !arguments.given("no-control");
  if (arguments.text("io") == "af_xdp") options.io = lab::NodeIo::kAfXdp;
  const auto up = lab::up(options, progress_to(invocation.terminal));
  if (!up) return std::unexpected(up.error());
  const auto report = lab::status(options.run_dir);
  if (report && wants_table(invocation, to_value(*report))) print_next_steps(*report, invocation.terminal.out);
  return 0;
}

base::Result<int> run_down(const Invocation& invocation) {
  const auto down = lab::down(lab::UpOptions{}.run_dir, progress_to(invocation.terminal));
  if (!down) return std::unexpected(down.error());
  return 0;
}

base::Result<int> run_restart(const Invocation& invocation) {
  const std::string& name = invocation.arguments.positionals().front();
  const auto restarted = lab::restart(lab::UpOptions{}.run_dir, name, progress_to(invocation.terminal));
  if (!restarted) return std::unexpected(restarted.error());
  return 0;
}

// 0 when everything runs, 1 when something of a lab that is up does not, 3 when there is no lab.
base::Result<int> run_status(const Invocation& invocation) {
  const auto report = lab::status(lab::UpOptions{}.run_dir);
  if (!report) return std::unexpected(report.error());
  const json::object value = to_value(*report);
  bool whole = report->up;
  for (const lab::ProcessStatus& process : report->processes) whole = whole && process.running;
  for (const lab::NamespaceStatus& entry : report->namespaces) whole = whole && entry.present;
  if (wants_table(invocation, value)) {
    Terminal& terminal = invocation.terminal;
    const std::vector<Column> namespaces{
        {"NAMESPACE", "name"}, {"PRESENT", "present"}, {"ADDRESSES", "addresses"}, {"ABOUT", "about"}};
    const std::vector<Column> processes{
        {"PROCESS", "name"}, {"PID", "pid", Column::As::kNumber}, {"RUNNING", "running"}, {"LOG", "log"}};
    terminal.out << (report->up ? fmt::format("the lab {} is up, its API is {}\n", report->topology, report->endpoint)
                                : "no lab is up\n");
    if (!report->namespaces.empty()) {
      terminal.out << "\n" << table(value.at("namespaces").as_array(), namespaces, terminal.color());
    }
    if (!report->processes.empty()) {
      terminal.out << "\n" << table(value.at("processes").as_array(), processes, terminal.color());
    }
    print_next_steps(*report, terminal.out);
  }
  if (whole) return 0;
  return report->up || !report->processes.empty() ? 1 : 3;
}

Command up_command() {
  return {
      .name = "lab up",
      .summary = "build a tapped network and a monitoring fabric in namespaces",
      .description =
          "Builds the lab on this machine: a leaf-spine network of namespaces with real services and traffic, taps "
          "on its links, a fabric of Open vSwitch switches, a controller and a node. Afterwards every command finds "
          "that controller by itself. Needs root; touches only namespaces that begin with ss-.",
      .positional = {},
      .options = {{.flags = "--topology",
                   .value = "FILE",
                   .help = "leaf-spine (default), one-switch, or a topology file",
                   .kind = Value::kFile},
                  {.flags = "--io",
                   .value = "DEVICE",
                   .help = "how the node reads packets: af_packet (default) or af_xdp",
                   .kind = Value::kChoice,
                   .choices = {"af_packet", "af_xdp"}},
                  {.flags = "--no-traffic", .value = "", .help = "leave the network silent"},
                  {.flags = "--no-control", .value = "", .help = "start neither controller nor node"}},
      .examples = {{"superspan lab up", "build the lab and show what to try next"},
                   {"superspan lab up --topology one-switch", "a fabric of one switch with all roles"}},
      .run = run_up};
}

}  // namespace

std::vector<Command> lab_commands() {
  return {
      up_command(),
      {.name = "lab down",
       .summary = "remove the lab without a trace",
       .description = "Ends every process of the lab and removes its namespaces, interfaces and files, also after a "
                      "crash. It is fine when there is no lab. Needs root.",
       .positional = {},
       .options = {},
       .examples = {{"superspan lab down", "remove the lab"}, {"superspan lab down && superspan lab up", "begin anew"}},
       .run = run_down},
      {.name = "lab restart",
       .summary = "end one process of the lab and start it again",
       .description = "Ends a switch, a node or any process that `lab status` lists, if it runs, and starts it as `lab "
                      "up` did. Use it to see what a failure does, and instead of starting ovs-vswitchd by hand: its "
                      "sockets get the wide receive buffers that the lab gives to every switch, without which "
                      "bursts are lost. Needs root.",
       .positional = {.name = "NAME", .help = "filter1, node1, superspand, host3/nginx, ..."},
       .options = {},
       .examples = {{"superspan lab restart filter1", "restart a switch; the controller gives it its flows again"},
                    {"superspan lab restart superspand", "restart the controller"}},
       .run = run_restart},
      {.name = "lab status",
       .summary = "what of the lab is there and running",
       .description = "Lists the lab's namespaces and processes. The exit code is 0 when all of it runs, 1 when "
                      "something is missing, 3 when there is no lab.",
       .positional = {},
       .options = {},
       .examples = {{"superspan lab status", "show the lab"},
                    {"superspan lab status -o json | jq -r '.processes[] | select(.running | not) | .log'",
                     "print the logs of processes that died"}},
       .run = run_status}};
}

}  // namespace superspan::cli
