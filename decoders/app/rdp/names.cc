// Names of the numbers in RDP's messages.
#include <algorithm>

#include "decoders/app/rdp/message.h"

namespace weir::rdp {
namespace {

#define NAME(number, name) {number, name},
constexpr NumberName kProtocols[] = {
#include "decoders/app/rdp/names/protocols.def"
};
constexpr NumberName kFailures[] = {
#include "decoders/app/rdp/names/failures.def"
};
constexpr NumberName kSupport[] = {
#include "decoders/app/rdp/names/support.def"
};
constexpr NumberName kVersions[] = {
#include "decoders/app/rdp/names/versions.def"
};
constexpr NumberName kKeyboards[] = {
#include "decoders/app/rdp/names/keyboards.def"
};
constexpr NumberName kLayouts[] = {
#include "decoders/app/rdp/names/keyboard_layouts.def"
};
constexpr NumberName kCapabilities[] = {
#include "decoders/app/rdp/names/capabilities.def"
};
constexpr NumberName kConnections[] = {
#include "decoders/app/rdp/names/connections.def"
};
constexpr NumberName kBuilds[] = {
#include "decoders/app/rdp/names/builds.def"
};
#undef NAME

}  // namespace

std::string_view protocol_name(std::uint32_t protocol) {
  return name_in(kProtocols, protocol);
}
std::string_view failure_text(std::uint32_t code) {
  return name_in(kFailures, code);
}
std::string_view version_name(std::uint32_t version) {
  return name_in(kVersions, version);
}
std::string_view keyboard_type_name(std::uint32_t type) {
  return name_in(kKeyboards, type);
}
std::string_view keyboard_layout_name(std::uint32_t layout) {
  return name_in(kLayouts, layout);
}
std::string_view build_name(std::uint32_t build) {
  return name_in(kBuilds, build);
}
std::string_view connection_name(std::uint8_t connection) {
  return name_in(kConnections, connection);
}
std::span<const NumberName> support_bits() {
  return kSupport;
}
std::span<const NumberName> capability_bits() {
  return kCapabilities;
}

}  // namespace weir::rdp
