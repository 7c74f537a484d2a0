#include "rules/match/frame_buffers.h"

#include <map>
#include <string>
#include <utility>

#include "decoders/app/protocol.h"

namespace weir::rules {
namespace {

struct NamedSpec {
  std::string name;  // "dns.pdu"
  BufferSpec spec;
};
using Table = std::map<std::pair<AppProto, FrameType>, NamedSpec>;

void add(Table& table, const ProtocolInfo& info, FrameType type) {
  NamedSpec& entry = table[{info.id, type}];
  entry.name.append(info.name).append(1, '.').append(frame_name(info, type));
  entry.spec.name = entry.name;
  entry.spec.frame = FrameSource{info.id, type};
}

Table make_table() {
  Table table;
  for (const ProtocolInfo* info : all_protocols()) {
    for (std::size_t type = 0; type < info->frames.size(); ++type)
      add(table, *info, static_cast<FrameType>(type));
    if (frame_by_name(*info, kStreamFrameName)) add(table, *info, kStreamFrame);
  }
  return table;
}

}  // namespace

const BufferSpec* frame_buffer(AppProto protocol, std::string_view name) {
  static const Table* const table = new Table(make_table());
  const auto type = frame_by_name(protocol_info(protocol), name);
  if (!type) return nullptr;
  return &table->find({protocol, *type})->second.spec;
}

}  // namespace weir::rules
