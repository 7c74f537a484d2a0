#include "decoders/app/protocol.h"

#include <algorithm>
#include <array>

namespace weir {
namespace {

constexpr ProtocolInfo kUnknown{.id = AppProto::unknown, .name = "unknown"};
constexpr ProtocolInfo kFailed{.id = AppProto::failed, .name = "failed"};

constexpr std::array kTable = {
    &kUnknown,
    &kFailed,
#define PROTOCOL(id) &proto_##id,
#include "decoders/app/protocols.def"
#undef PROTOCOL
};

bool has(std::span<const AppProto> list, AppProto p) {
  return std::find(list.begin(), list.end(), p) != list.end();
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x == '_' ? '.' : x) == (y == '_' ? '.' : y); });
}

const ProtocolInfo* row_named(std::string_view name) {
  for (const ProtocolInfo* info : all_protocols())
    if (info->name == name ||
        std::find(info->aliases.begin(), info->aliases.end(), name) != info->aliases.end())
      return info;
  return nullptr;
}

}  // namespace

std::string_view frame_name(const ProtocolInfo& info, FrameType type) {
  if (type == kStreamFrame) return kStreamFrameName;
  return type < info.frames.size() ? info.frames[type] : std::string_view{};
}

std::optional<FrameType> frame_by_name(const ProtocolInfo& info, std::string_view name) {
  for (std::size_t i = 0; i < info.frames.size(); ++i)
    if (same_name(info.frames[i], name)) return static_cast<FrameType>(i);
  if (name == kStreamFrameName && info.configure != nullptr && info.over_tcp) return kStreamFrame;
  return std::nullopt;
}

const ProtocolInfo& protocol_info(AppProto id) {
  return index(id) < kTable.size() ? *kTable[index(id)] : kUnknown;
}

std::span<const ProtocolInfo* const> all_protocols() {
  return std::span(kTable).subspan(2);
}

AppProto protocol_by_name(std::string_view name) {
  const ProtocolInfo* row = row_named(name);
  return row == nullptr ? AppProto::unknown : row->id;
}

AppProtoSet protocols_named(std::string_view name) {
  AppProtoSet out;
  const ProtocolInfo* row = row_named(name);
  if (row == nullptr) return out;
  out.set(index(row->id));
  if (row->name != name) return out;
  for (const ProtocolInfo* other : all_protocols())
    if (has(other->is_also, row->id)) out.set(index(other->id));
  return out;
}

AppProtoSet protocols_of_header(std::string_view name) {
  AppProtoSet out = protocols_named(name);
  if (const ProtocolInfo* row = row_named(name); row != nullptr && row->name == name)
    out |= sharing_rules_of(AppProtoSet{}.set(index(row->id)));
  return out;
}

AppProtoSet sharing_rules_of(const AppProtoSet& protocols) {
  AppProtoSet out;
  for (const ProtocolInfo* info : all_protocols())
    for (const AppProto p : info->shares_rules_of)
      if (protocols.test(index(p))) out.set(index(info->id));
  return out;
}

}  // namespace weir
