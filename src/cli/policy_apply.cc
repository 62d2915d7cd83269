// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "cli/print.h"

namespace superspan::cli {
namespace {

base::Result<int> run(const Invocation& invocation) {
  const bool dry_run = invocation.arguments.given("dry-run");
  const auto answer =
      post_policy_files(invocation, "policy apply", dry_run ? "/v1/policies:apply?dry_run=true" : "/v1/policies:apply");
  if (!answer) return std::unexpected(answer.error());
  if (wants_table(invocation, *answer)) print_effects(*answer, dry_run, invocation.terminal);
  return 0;
}

}  // namespace

Command policy_apply_command() {
  return {
      .name = "policy apply",
      .summary = "create or change policies from a file",
      .description =
          "Reads policies from a YAML or JSON file, one or many ('---' between them, or a list), or from all files "
          "*.yaml, *.yml and *.json of a directory, checks all of them, and then makes the controller have them "
          "so. Policies that are not in the file stay as they are. "
          "Applying the same file again changes nothing.\n"
          "\n"
          "  name: web                   # a-z 0-9 . _ -, required\n"
          "  expression: tcp port 443    # pcap-filter, required\n"
          "  taps: [leaf1-spine1]        # default: any tap\n"
          "  tools: [t1, node1]          # tool ports and nodes; default: one node\n"
          "  record: true                # nodes write files\n"
          "  stream: false               # nodes keep packets for a live stream\n"
          "  limits: {duration_s: 900, packets: 0, bytes: 0}   # 0: none\n"
          "  owner: alice\n"
          "  reason: slow checkout\n"
          "  ticket: OPS-17\n"
          "  snaplen: 0                  # bytes kept of each packet, at most 262144; 0: all\n"
          "\n"
          "Whichever limit comes first ends the policy: duration_s seconds after it was made, or when so many packets "
          "or bytes have been delivered, counted exactly by its node, or about every two seconds at the taps if it has "
          "only tool ports. A node that is restarted counts from 0 again. 0 is no limit.\n"
          "\n"
          "The exit code is 0 when the controller has stored all of them. Those that are not in force yet, because a "
          "switch or node is away, are told, and come into force when it is back.",
      .positional = {},
      .options = {{.flags = "-f,--file",
                   .value = "FILE",
                   .help = "file or directory with policies; - is standard input",
                   .kind = Value::kFile},
                  {.flags = "-n,--dry-run",
                   .value = "",
                   .help = "only say what would happen; `superspan plan` says more"}},
      .examples = {{"superspan policy apply -f web.yaml", "create or change the policies of web.yaml"},
                   {"superspan policy apply -f policies/ --dry-run", "say what all files of a directory would change"},
                   {"superspan policy show web -o yaml | sed s/443/8443/ | superspan policy apply -f -",
                    "change the port of a policy"},
                   {"echo '{\"name\": \"dns\", \"expression\": \"udp port 53\"}' | superspan policy apply -f -",
                    "create a policy from JSON"}},
      .run = run};
}

}  // namespace superspan::cli
