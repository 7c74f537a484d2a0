// The row of multicast DNS in the table of protocols: DNS in which either side asks.
#include "decoders/app/dns/dns.h"
#include "decoders/app/dns/names.h"
#include "decoders/app/parser_factory.h"
#include "decoders/app/probe.h"

namespace weir {
namespace mdns {
namespace {

std::unique_ptr<const ParserFactory> configure(const Settings&) {
  return factory_of<dns::DnsParser>(dns::Askers::both);
}

ProbeResult probe(Direction, Bytes data) {
  return yes_if(dns::looks_like_message(data));
}

}  // namespace
}  // namespace mdns

const ProtocolInfo proto_mdns{.id = AppProto::mdns,
                              .name = "mdns",
                              .over_udp = true,
                              .probe = mdns::probe,
                              .probe_ports = {"", "5353"},
                              .configure = mdns::configure,
                              .states_to_server = dns::kStatesToServer,
                              .states_to_client = dns::kStatesToClient,
                              .events = dns::kEvents,
                              .frames = dns::kFrames};

}  // namespace weir
