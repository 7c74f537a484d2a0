// The row of DNS in the table of protocols.
#include "decoders/app/dns/dns.h"
#include "decoders/app/dns/names.h"
#include "decoders/app/parser_factory.h"
#include "decoders/byte_cursor.h"

namespace weir {
namespace dns {
namespace {

constexpr AppProto kSharesRulesOf[] = {AppProto::doh2};

std::unique_ptr<const ParserFactory> configure(const Settings&) {
  return factory_of<DnsParser>(Askers::client);
}

constexpr std::uint16_t kUsualPorts[] = {53};

ProbeResult direction_of(Direction d, Bytes message) {
  const auto header = parse_header(message);
  return header->is_response() == (d == Direction::to_client) ? ProbeResult::yes : ProbeResult::yes_reversed;
}

// A datagram is a message; a stream starts with the length of one.
ProbeResult probe(Direction d, Bytes data) {
  if (looks_like_message(data)) return direction_of(d, data);
  ByteCursor in{data};
  const std::size_t length = in.be16();
  if (in.failed()) return ProbeResult::need_more;
  if (length < kHeaderLength) return ProbeResult::no;
  const Bytes message = in.peek(length);
  if (message.size() < kHeaderLength) return ProbeResult::need_more;
  if (looks_like_message(message)) return direction_of(d, message);
  return message.size() < length && message.size() < kHeaderLength + 256 ? ProbeResult::need_more
                                                                         : ProbeResult::no;
}

}  // namespace
}  // namespace dns

const ProtocolInfo proto_dns{.id = AppProto::dns,
                             .name = "dns",
                             .shares_rules_of = dns::kSharesRulesOf,
                             .over_tcp = true,
                             .over_udp = true,
                             .probe = dns::probe,
                             .probe_ports = {"53", "53"},
                             .usual_ports = dns::kUsualPorts,
                             .configure = dns::configure,
                             .states_to_server = dns::kStatesToServer,
                             .states_to_client = dns::kStatesToClient,
                             .events = dns::kEvents,
                             .frames = dns::kFrames};

}  // namespace weir
