#include "decoders/app/protocol.h"

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

}  // namespace

const ProtocolInfo& protocol_info(AppProto id) {
  const auto i = static_cast<std::size_t>(id);
  return i < kTable.size() ? *kTable[i] : kUnknown;
}

AppProto protocol_by_name(std::string_view name) {
  if (name == "http1") return AppProto::http;
  if (name == "ikev1" || name == "ikev2") return AppProto::ike;
  for (const ProtocolInfo* info : kTable)
    if (info->name == name && info->id > AppProto::failed) return info->id;
  return AppProto::unknown;
}

}  // namespace weir
