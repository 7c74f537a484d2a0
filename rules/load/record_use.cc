#include "rules/load/record_use.h"

#include <fmt/format.h>

namespace weir::rules {
namespace {

std::string why_not_by_buffers(const Signature& s) {
  if (!s.buffers.empty()) return fmt::format("it looks at {}", s.buffers.front().buffer->name);
  if (!s.payload.empty()) return "it looks at the payload";
  if (s.hook) return "it waits for a state of a flow or transaction";
  if (s.header.app_protocols.any() || !s.tx_checks.empty()) return "it asks for an application protocol";
  return {};
}

std::string why_not_by_flow(const Signature& s) {
  if (s.header.packet_header) return "it is about broken packet headers";
  if (s.header.stream_only || s.flow.only_stream) return "it looks at the stream";
  if (s.flow.only_frag || s.flow.no_frag) return "it asks for fragments";
  if (!s.requires_bits.empty()) return "flowbits are not known of records";
  return {};
}

std::string why_not_by_checks(const Signature& s) {
  if (s.dsize) return "dsize asks for single packets";
  for (const auto& check : s.packet_checks) {
    if (check->on_records()) continue;
    if (const std::string_view keyword = check->needs().keyword; !keyword.empty())
      return fmt::format("{} asks for what no record says", keyword);
    if (check->waits_for().kind == SharedNames::Kind::flowbit && !check->waits_for().ids.empty())
      return "flowbits are not known of records";
    return "one of its conditions is about single packets";
  }
  return {};
}

}  // namespace

std::string why_not_on_records(const Signature& s) {
  for (const auto why : {why_not_by_buffers, why_not_by_flow, why_not_by_checks})
    if (std::string text = why(s); !text.empty()) return text;
  if (s.action == Action::config) return "it is about what is logged of packets";
  if (s.noalert && s.effects.empty()) return "it writes no alert";
  return {};
}

}  // namespace weir::rules
