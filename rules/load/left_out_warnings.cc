#include "rules/load/left_out_warnings.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "decoders/app/protocol.h"
#include "decoders/net/ip_protocol.h"

namespace weir::rules {
namespace {

enum class Presence : std::uint8_t { off, not_recognised, detection_only, not_parsed, parsed };

bool is_recognised(Presence p) {
  return p > Presence::not_recognised;
}

std::string_view text_of(Presence presence) {
  switch (presence) {
    case Presence::off: return "is switched off";
    case Presence::not_recognised: return "is not recognised yet";
    case Presence::detection_only: return "is only recognised, as configured, and not parsed";
    case Presence::not_parsed: return "is recognised, but not parsed yet";
    case Presence::parsed: break;
  }
  return {};
}

Presence presence_over(const ProtocolInfo& info, bool off, bool detection_only) {
  if (off) return Presence::off;
  const bool found = info.configure != nullptr || info.probe != nullptr || !info.patterns_tcp.empty() ||
                     !info.patterns_udp.empty() || info.begins_in_another;
  if (!found) return Presence::not_recognised;
  if (info.configure == nullptr) return Presence::not_parsed;
  return detection_only ? Presence::detection_only : Presence::parsed;
}

// The most that there is of a protocol over what a header admits.
Presence presence_of(AppProto protocol, const HeaderMatch& header, const LeftOut& left_out) {
  const ProtocolInfo& info = protocol_info(protocol);
  const std::size_t i = index(protocol);
  const auto admits = [&](std::uint8_t p) { return header.any_ip_protocol || header.ip_protocols[p]; };
  Presence most = Presence::off;
  const bool anywhere = !info.over_tcp && !info.over_udp;
  if (anywhere || (info.over_tcp && admits(ip_protocol::tcp)))
    most =
        std::max(most, presence_over(info, left_out.undetected_over_tcp[i], left_out.unparsed_over_tcp[i]));
  if (info.over_udp && admits(ip_protocol::udp))
    most =
        std::max(most, presence_over(info, left_out.undetected_over_udp[i], left_out.unparsed_over_udp[i]));
  return most;
}

// Why none of the protocols is there as far as is needed; empty: one is.
std::string why_none(const AppProtoSet& protocols, bool parsed, const HeaderMatch& header,
                     const LeftOut& left_out) {
  std::vector<std::string> why;
  for (const ProtocolInfo* info : all_protocols()) {
    if (!protocols[index(info->id)]) continue;
    const Presence presence = presence_of(info->id, header, left_out);
    if (parsed ? presence == Presence::parsed : is_recognised(presence)) return {};
    why.push_back(fmt::format("{} {}", info->name, text_of(presence)));
  }
  return fmt::format("{}", fmt::join(why, ", "));
}

bool looks_at_messages(const Signature& s) {
  return !s.tx_checks.empty() || std::any_of(s.buffers.begin(), s.buffers.end(), [](const BufferEngine& e) {
    return !e.buffer->sources.empty() || e.buffer->frame;
  });
}

bool is_off(const BufferSpec& buffer, const LeftOut& left_out) {
  return std::find(left_out.buffers.begin(), left_out.buffers.end(), &buffer) != left_out.buffers.end();
}

std::string why_off(const BufferSpec& buffer) {
  return fmt::format("app-layer.protocols.{}.{} turns it off", protocol_info(buffer.sources[0].protocol).name,
                     buffer.setting);
}

std::string_view other_packets(const PacketNeeds& needs, const HeaderMatch& header) {
  if (needs.never) return "what it asks for never happens here";
  if (needs.ip_version != 0 && header.ip_version != 0 && needs.ip_version != header.ip_version)
    return "packets of the IP version in the rule's header have no such thing";
  const auto admitted = [&](std::uint8_t p) { return p != 0 && header.ip_protocols[p]; };
  if (needs.ip_protocols[0] != 0 && !header.any_ip_protocol &&
      std::none_of(needs.ip_protocols.begin(), needs.ip_protocols.end(), admitted))
    return "packets of the protocol in the rule's header have no such thing";
  return {};
}

RuleWarning never(std::string_view keyword, std::string reason) {
  return {.keyword = keyword,
          .argument = {},
          .found = {},
          .reason = std::move(reason),
          .advice = "the rule can never match",
          .never = true};
}

}  // namespace

std::optional<RuleWarning> protocol_is_left_out(const Signature& s, const RuleEnvironment& environment) {
  const bool parsed = looks_at_messages(s);
  const AppProtoSet& protocols = parsed ? s.header.app_protocols : s.header.app_flows;
  if (protocols.any())
    if (std::string why = why_none(protocols, parsed, s.header, environment.left_out); !why.empty())
      return never({}, std::move(why));
  for (const auto& check : s.packet_checks) {
    const PacketNeeds needs = check->needs();
    if (needs.protocols.none() || needs.protocols[index(AppProto::failed)]) continue;
    if (std::string why = why_none(needs.protocols, false, s.header, environment.left_out); !why.empty())
      return never(needs.keyword, std::move(why));
  }
  return std::nullopt;
}

std::optional<RuleWarning> buffer_is_left_out(const Signature& s, const RuleEnvironment& environment) {
  for (const BufferEngine& engine : s.buffers)
    if (!engine.absent && is_off(*engine.buffer, environment.left_out))
      return never(engine.buffer->name, why_off(*engine.buffer));
  return std::nullopt;
}

std::optional<RuleWarning> asks_for_other_packets(const Signature& s, const RuleEnvironment&) {
  for (const auto& check : s.packet_checks) {
    const PacketNeeds needs = check->needs();
    if (const std::string_view why = other_packets(needs, s.header); !why.empty())
      return never(needs.keyword, std::string(why));
  }
  if (s.flow.only_stream && !s.header.any_ip_protocol && !s.header.ip_protocols[ip_protocol::tcp])
    return never("flow", "only TCP has streams");
  return std::nullopt;
}

std::optional<RuleWarning> stores_nowhere(const Signature& s, const RuleEnvironment& environment) {
  if (!s.filestore || !environment.left_out.file_store) return std::nullopt;
  return RuleWarning{.keyword = "filestore",
                     .argument = {},
                     .found = {},
                     .reason = "no file-store output is on, so that no file is stored",
                     .advice = "the rule alerts all the same; add file-store to the outputs"};
}

std::string why_keyword_never_matches(const KeywordSpec& keyword, const RuleEnvironment& environment) {
  const BufferSpec* buffer = nullptr;
  if (const auto* sticky = std::get_if<KeywordSpec::Selects>(&keyword.how)) buffer = sticky->buffer;
  if (const auto* old = std::get_if<KeywordSpec::Moves>(&keyword.how)) buffer = old->buffer;
  AppProtoSet protocols;
  if (buffer != nullptr) {
    if (is_off(*buffer, environment.left_out)) return why_off(*buffer);
    for (const BufferSource& source : buffer->sources) protocols.set(index(source.protocol));
    if (buffer->frame) protocols.set(index(buffer->frame->protocol));
  } else if (const auto* number = std::get_if<const TxNumber*>(&keyword.how)) {
    protocols.set(index((*number)->protocol));
  }
  if (protocols.none()) return {};
  return why_none(protocols, true, HeaderMatch{}, environment.left_out);
}

}  // namespace weir::rules
