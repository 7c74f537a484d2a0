#include "engine/ruleset/left_out.h"

#include <algorithm>

#include <fmt/format.h>

#include "decoders/app/protocol.h"
#include "engine/config/protocol_mode.h"
#include "rules/compile/keyword_table.h"

namespace weir::engine {
namespace {

void add(ProtocolMode mode, AppProto protocol, AppProtoSet& undetected, AppProtoSet& unparsed) {
  if (mode == ProtocolMode::off) undetected.set(index(protocol));
  if (mode != ProtocolMode::on) unparsed.set(index(protocol));
}

bool is_off(const Config& config, const rules::BufferSpec& buffer) {
  return std::all_of(buffer.sources.begin(), buffer.sources.end(), [&](const rules::BufferSource& source) {
    return turned_off(config, protocol_info(source.protocol).name, buffer.setting);
  });
}

bool stores_files(const Config& config) {
  const auto outputs = config.items("outputs");
  return std::any_of(outputs.begin(), outputs.end(), [](const Config::Item& item) {
    return item.name == "file-store" && item.settings->flag("enabled", true);
  });
}

}  // namespace

bool turned_off(const Config& config, std::string_view protocol, std::string_view setting) {
  const auto value = config.text(fmt::format("app-layer.protocols.{}.{}", protocol, setting));
  return value && parse_flag(*value) == false;
}

rules::LeftOut left_out(const Config& config) {
  rules::LeftOut out;
  const Settings& protocols = config.sub("app-layer.protocols");
  for (const ProtocolInfo* info : all_protocols()) {
    if (info->over_tcp)
      add(protocol_mode(protocols, *info, true), info->id, out.undetected_over_tcp, out.unparsed_over_tcp);
    if (info->over_udp)
      add(protocol_mode(protocols, *info, false), info->id, out.undetected_over_udp, out.unparsed_over_udp);
  }
  for (const rules::KeywordSpec& keyword : rules::all_keywords())
    if (const auto* sticky = std::get_if<rules::KeywordSpec::Selects>(&keyword.how))
      if (!sticky->buffer->setting.empty() && is_off(config, *sticky->buffer))
        out.buffers.push_back(sticky->buffer);
  out.file_store = !stores_files(config);
  return out;
}

}  // namespace weir::engine
