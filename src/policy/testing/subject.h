// SPDX-License-Identifier: Apache-2.0
// One expression in all its forms, and whether they agree on a frame.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "net/flow_key.h"
#include "policy/compile.h"
#include "policy/evaluate.h"
#include "policy/optimize/diagram.h"
#include "policy/testing/exceptions.h"
#include "policy/testing/frames.h"
#include "policy/testing/libpcap.h"

namespace superspan::policy::testing {

struct Frame {
  base::Bytes bytes;
  net::FlowKey key;
  bool excepted;
};

inline std::vector<Frame> frame_pool(std::size_t count, std::uint64_t stream, Damage damage) {
  Random random(stream);
  FrameMaker maker(random, damage);
  std::vector<Frame> frames(count);
  for (Frame& frame : frames) {
    frame.bytes = maker.make();
    frame.key = net::extract(frame.bytes);
    frame.excepted = is_excepted(frame.bytes);
  }
  return frames;
}

inline std::string hex(const base::Bytes& frame) {
  std::string text;
  for (const std::byte byte : frame) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

inline bool accepts(const std::vector<Rule>& rules, const net::FlowKey& key) {
  for (const Rule& rule : rules) {
    if (net::matches(rule.match, key)) return rule.accept;
  }
  return false;
}

// OpenFlow's rules: dl_type must be in the match of anything behind it, nw_proto in that of ports, later fragments have
// no ports, and some fields have no masks.
inline bool has_prerequisites(const net::Cube& match) {
  using net::Field;
  const auto value = [&](Field field) -> std::optional<net::U128> {
    for (const net::FieldTest& test : match) {
      if (test.field == field && test.mask == net::full_mask(field)) return test.value;
    }
    return std::nullopt;
  };
  const auto type = value(Field::kEthType);
  const auto protocol = value(Field::kIpProto);
  const bool four = type == 0x800;
  const bool six = type == 0x86dd;
  const bool ip = four || six;
  const bool arp = type == 0x806 || type == 0x8035;
  const bool icmp = (four && protocol == 1) || (six && protocol == 58);
  bool ports = ip && (protocol == 6 || protocol == 17 || protocol == 132 || icmp);
  for (const net::FieldTest& test : match) {
    const Field field = test.field;
    const bool whole = test.mask == net::full_mask(field);
    if (field == Field::kIpFragment && (test.value & 2) != 0) ports = false;
    if (!whole && (field == Field::kEthType || field == Field::kIpProto || field == Field::kIpDscp ||
                   field == Field::kIpEcn || field == Field::kIpTtl)) {
      return false;
    }
    if (icmp && (field == Field::kL4Source || field == Field::kL4Destination) && (!whole || test.value > 0xff)) {
      return false;
    }
    if (field == Field::kIpProto && !ip && !arp) return false;
    if (field == Field::kIpFragment && !ip) return false;
    if ((field == Field::kIpDscp || field == Field::kIpEcn || field == Field::kIpTtl) && !ip) return false;
    if ((field == Field::kIpv4Source || field == Field::kIpv4Destination) && !four) return false;
    if ((field == Field::kIpv6Source || field == Field::kIpv6Destination) && !six) return false;
    if ((field == Field::kArpSource || field == Field::kArpTarget) && !arp) return false;
    if ((field == Field::kL4Source || field == Field::kL4Destination) && !ports) return false;
    if (field == Field::kTcpFlags && !(ports && protocol == 6)) return false;
  }
  return true;
}

struct Subject {
  std::string expression;
  Evaluator evaluator;
  CompiledPolicy compiled;
  PcapFilter libpcap;
  std::optional<PcapFilter> residual;
};

// Nothing if libpcap and we refuse the expression, if its rules are too many, or on a failure, which is reported.
inline std::optional<Subject> subject(const std::string& expression, const CompileOptions& options = {}) {
  std::string reason;
  auto libpcap = PcapFilter::create(expression, /*optimize=*/false, &reason);
  auto evaluator = Evaluator::create(expression);
  EXPECT_EQ(libpcap.has_value(), evaluator.has_value())
      << expression << "\nlibpcap: " << reason << (evaluator ? "" : "\nhere: " + base::render(evaluator.error()));
  if (!libpcap || !evaluator) return std::nullopt;
  auto compiled = compile(expression, options);
  if (!compiled && compiled.error().code == base::ErrorCode::kLimit) return std::nullopt;
  EXPECT_TRUE(compiled) << expression << "\n" << base::render(compiled.error());
  if (!compiled) return std::nullopt;
  for (const Rule& rule : compiled->rules) {
    EXPECT_TRUE(has_prerequisites(rule.match)) << expression << "\n" << net::to_string(rule.match);
  }
  Subject made{expression, *evaluator, *compiled, *libpcap, std::nullopt};
  if (compiled->residual) {
    made.residual = PcapFilter::create(compiled->residual->expression, /*optimize=*/false, &reason);
    EXPECT_TRUE(made.residual) << expression << ": libpcap refuses the residual " << compiled->residual->expression
                               << ": " << reason;
    if (!made.residual) return std::nullopt;
  }
  return made;
}

// False on the first difference, which is reported. `thorough`: also ask the rules one after the other.
inline bool agrees(const Subject& subject, const Frame& frame, bool thorough) {
  const auto [wanted, defined] = subject.evaluator.answer(frame.bytes, static_cast<std::uint32_t>(frame.bytes.size()));
  const auto report = [&, wanted = wanted](const char* what) {
    ADD_FAILURE() << what << "\nexpression " << subject.expression << "\nresidual "
                  << (subject.compiled.residual ? subject.compiled.residual->expression : "none") << "\nframe "
                  << hex(frame.bytes) << "\nwanted " << wanted << "\n"
                  << explain(subject.expression, Stage::kRules).value_or("").substr(0, 2000);
    return false;
  };
  if (defined && subject.libpcap.matches(frame.bytes) != wanted) return report("the evaluator and libpcap disagree");
  if (frame.excepted) return true;
  const bool accepted = subject.compiled.diagram->accepts(frame.key.values);
  if (wanted && !accepted) return report("the rules miss a wanted frame");
  if (thorough && accepts(subject.compiled.rules, frame.key) != accepted) return report("rules and diagram disagree");
  if (!defined) return true;
  const bool kept = accepted && (!subject.residual || subject.residual->matches(frame.bytes));
  if (kept != wanted) return report("rules and residual keep another set of frames");
  return true;
}

}  // namespace superspan::policy::testing
