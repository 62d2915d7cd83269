// SPDX-License-Identifier: Apache-2.0
// Any text as expression: it compiles or is refused with a reason; what compiles keeps, of one frame, what libpcap
// keeps. The input is the expression, a zero byte, and the frame.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "net/flow_key.h"
#include "policy/compile.h"
#include "policy/evaluate.h"
#include "policy/optimize/diagram.h"
#include "policy/testing/exceptions.h"
#include "policy/testing/libpcap.h"

namespace {

using namespace superspan;

void require(bool truth, const char* what, const std::string& expression) {
  if (truth) return;
  std::fprintf(stderr, "%s: %s\n", what, expression.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::BytesView input = base::as_bytes({data, size});
  std::size_t length = 0;
  while (length < size && data[length] != 0) ++length;
  const std::string expression(data, data + length);
  const base::BytesView frame = input.subspan(length < size ? length + 1 : length);
  const auto compiled = policy::compile(expression);
  const auto evaluator = policy::Evaluator::create(expression);
  if (!compiled) {
    require(!compiled.error().message.empty() && !base::render(compiled.error()).empty(), "no reason", expression);
    return 0;
  }
  require(evaluator.has_value(), "no evaluator", expression);
  // What libpcap understands may have names, for which it would ask the resolver; the resolved text has none.
  const std::string resolved = policy::explain(expression, policy::Stage::kResolved).value();
  require(policy::testing::PcapFilter::create(resolved, /*optimize=*/false).has_value(), "libpcap refuses", resolved);
  const auto [wanted, defined] = evaluator->answer(frame, static_cast<std::uint32_t>(frame.size()));
  const bool accepted = compiled->diagram->accepts(net::extract(frame).values);
  require(!wanted || accepted || policy::testing::is_excepted(frame), "the rules miss the frame", expression);
  for (const policy::Stage stage : {policy::Stage::kAst, policy::Stage::kResolved, policy::Stage::kSplit}) {
    require(policy::explain(expression, stage).has_value(), "no explanation", expression);
  }
  if (!compiled->residual || !defined) return 0;
  const auto residual = policy::testing::PcapFilter::create(compiled->residual->expression, /*optimize=*/false);
  require(residual.has_value(), "libpcap refuses the residual", expression);
  require(residual->matches(frame) == wanted, "the residual differs", expression);
  return 0;
}
