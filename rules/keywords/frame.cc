// frame: the sticky buffer of a protocol's records in the stream or datagram.
#include <algorithm>

#include <fmt/format.h>

#include "decoders/app/protocol.h"
#include "rules/compile/keyword_table.h"
#include "rules/compile/rule_builder.h"
#include "rules/match/frame_buffers.h"

namespace weir::rules {
namespace {

Compiled select(RuleBuilder& rule, AppProto protocol, std::string_view name) {
  if (const BufferSpec* const buffer = frame_buffer(protocol, name)) return rule.select_buffer(*buffer);
  const ProtocolInfo& info = protocol_info(protocol);
  if (info.frames.empty()) return refuse(fmt::format("frames of {} are not told apart yet", info.name), name);
  return refuse(fmt::format("{} has no such frame", info.name), name);
}

// Of the protocols in the rule's header, the one that has such a frame; of several forms of one, that itself.
Compiled select_by_header(RuleBuilder& rule, std::string_view name) {
  const auto& protocols = rule.signature().header.app_protocols;
  const ProtocolInfo* found = nullptr;
  for (const ProtocolInfo* info : all_protocols()) {
    if (!protocols.test(index(info->id)) || frame_buffer(info->id, name) == nullptr) continue;
    const auto is_form_of = [](const ProtocolInfo& form, const ProtocolInfo& of) {
      return std::find(form.is_also.begin(), form.is_also.end(), of.id) != form.is_also.end();
    };
    if (found != nullptr && is_form_of(*info, *found)) continue;
    if (found != nullptr) return refuse("more than one protocol of the rule has such a frame", name);
    found = info;
  }
  if (found != nullptr) return select(rule, found->id, name);
  if (protocols.none())
    return refuse("not a frame of a protocol that is parsed; expects PROTOCOL.FRAME", name);
  return refuse("the rule's protocol has no such frame", name);
}

// PROTOCOL.FRAME, or FRAME of the protocol in the rule's header. The names of some frames begin as their protocol's does.
Compiled compile_frame(RuleBuilder& rule, std::string_view argument) {
  const std::size_t dot = argument.find('.');
  if (dot != std::string_view::npos) {
    const AppProto protocol = protocol_by_name(argument.substr(0, dot));
    if (protocol != AppProto::unknown && frame_buffer(protocol, argument) != nullptr)
      return select(rule, protocol, argument);
    if (protocol != AppProto::unknown) return select(rule, protocol, argument.substr(dot + 1));
  }
  return select_by_header(rule, argument);
}

constexpr KeywordSpec kFrameKeywords[] = {
    {"frame", compile_frame, KeywordSpec::Argument::required,
     "a record of the protocol as it lies in the stream or datagram: [PROTOCOL.]FRAME"},
};

}  // namespace

const KeywordFile keywords_frame{.keywords = kFrameKeywords};

}  // namespace weir::rules
