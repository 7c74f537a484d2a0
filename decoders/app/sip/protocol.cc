// The row of SIP in the table of protocols: it is recognised, but not parsed.
#include <algorithm>

#include "decoders/app/protocol.h"
#include "decoders/text.h"

namespace weir {
namespace sip {
namespace {

constexpr ProbePattern kPatterns[] = {
    {.bytes = "INVITE "},    {.bytes = "REGISTER "}, {.bytes = "OPTIONS "},
    {.bytes = "ACK "},       {.bytes = "BYE "},      {.bytes = "CANCEL "},
    {.bytes = "SUBSCRIBE "}, {.bytes = "NOTIFY "},   {.bytes = "MESSAGE "},
    {.bytes = "UPDATE "},    {.bytes = "REFER "},    {.bytes = "INFO "},
    {.bytes = "PUBLISH "},   {.bytes = "PRACK "},    {.bytes = "SIP/2.0 ", .direction = Direction::to_client},
};

// RFC 3261 7.1
ProbeResult confirm(Direction d, Bytes data) {
  if (d == Direction::to_client) return ProbeResult::yes;
  constexpr std::size_t kMaxLine = 1024;
  const std::string_view text = as_text(data.first(std::min(data.size(), kMaxLine)));
  const std::size_t end = text.find('\n');
  if (text.substr(0, end).find("SIP/2.0") != std::string_view::npos) return ProbeResult::yes;
  return end == std::string_view::npos && text.size() < kMaxLine ? ProbeResult::need_more : ProbeResult::no;
}

}  // namespace
}  // namespace sip

const ProtocolInfo proto_sip{.id = AppProto::sip,
                             .name = "sip",
                             .over_tcp = true,
                             .over_udp = true,
                             .patterns_tcp = sip::kPatterns,
                             .patterns_udp = sip::kPatterns,
                             .confirm = sip::confirm};

}  // namespace weir
