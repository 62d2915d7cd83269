// SPDX-License-Identifier: Apache-2.0
#include "policy/resolve/layout.h"

namespace superspan::policy::resolve {
namespace {

constexpr std::uint32_t kTagBytes = 4;
constexpr std::uint32_t kLabelBytes = 4;
constexpr std::uint32_t kPppoeBytes = 6;
constexpr std::uint32_t kPppTypeBytes = 2;
constexpr std::uint32_t kEthernetBytes = 14;

Layout behind_pppoe(Layout layout) {
  layout.any_tags = false;
  layout.link = Link::kPpp;
  layout.in_geneve = false;
  layout.header = layout.payload;
  layout.header.constant += layout.network + kPppoeBytes;
  layout.type = layout.header;
  layout.payload.constant = layout.header.constant + kPppTypeBytes;
  layout.network = 0;
  layout.network_llc = 0;
  return layout;
}

Layout behind_geneve(Layout layout, unsigned slot) {
  layout.any_tags = false;
  layout.link = Link::kEthernet;
  layout.in_geneve = true;
  layout.type = {0, slot};
  layout.header = {0, slot + 1};
  layout.payload = {0, slot + 2};
  layout.network = 0;
  return layout;
}

}  // namespace

std::optional<unsigned> Layout::tags() const {
  if (any_tags) return kAnyTags;
  const bool plain = link == Link::kEthernet && !payload.slot && labels == 0 && header.constant == 0;
  if (!plain) return std::nullopt;
  return (payload.constant - kEthernetBytes) / kTagBytes;
}

Layout inside_tunnel(unsigned slot) {
  return behind_geneve(Layout{}, slot);
}

Layout behind_tags(Layout layout, unsigned slot) {
  layout.any_tags = layout.tags() == 0U;
  layout.type = {0, slot};
  layout.payload = {0, slot + 2};
  return layout;
}

Layout behind(parse::Wrapping wrapping, Layout layout, unsigned slot) {
  switch (wrapping) {
    case parse::Wrapping::kVlan:
      layout.type.constant += kTagBytes;
      layout.payload.constant += kTagBytes;
      break;
    case parse::Wrapping::kMpls:
      layout.network += kLabelBytes;
      layout.network_llc += kLabelBytes;
      ++layout.labels;
      layout.any_tags = false;
      break;
    case parse::Wrapping::kPppoeSession:
      return behind_pppoe(layout);
    case parse::Wrapping::kGeneve:
      return behind_geneve(layout, slot);
    case parse::Wrapping::kPppoeDiscovery:
      break;
  }
  return layout;
}

}  // namespace superspan::policy::resolve
