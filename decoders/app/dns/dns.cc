#include "decoders/app/dns/dns.h"

#include <array>

#include "decoders/byte_cursor.h"

namespace weir {
namespace dns {

namespace {

constexpr std::size_t kLengthPrefix = 2;

void raise_all(DnsTransaction& tx) {
  const auto raise_if = [&tx](bool on, Event e) {
    if (on) tx.raise(static_cast<std::uint8_t>(e));
  };
  const Message& m = tx.message;
  raise_if(m.header.reserved(), Event::z_flag_set);
  raise_if(m.header.opcode() >= 7, Event::invalid_opcode);
  raise_if(m.odd.name_too_long, Event::name_too_long);
  raise_if(m.odd.infinite_loop, Event::infinite_loop);
  raise_if(m.odd.too_many_labels, Event::too_many_labels);
  raise_if(m.odd.invalid_additionals, Event::invalid_additionals);
  raise_if(m.odd.invalid_authorities, Event::invalid_authorities);
}

}  // namespace

void DnsParser::add_message(Direction d, Bytes message) {
  auto& tx = transactions_.add<DnsTransaction>(d);
  tx.valid = parse_message(message, tx.message);
  if (!tx.valid) {
    tx.raise(static_cast<std::uint8_t>(Event::malformed_data));
    return;
  }
  const bool answers = tx.message.header.is_response();
  if (!either_way_ && answers != (d == Direction::to_client)) {
    tx.valid = false;
    tx.raise(static_cast<std::uint8_t>(answers ? Event::not_request : Event::not_response));
  }
  raise_all(tx);
}

ParseOutcome DnsParser::parse(const AppInput& in) {
  if (!in.is_datagram) return parse_stream(in);
  if (!in.data.empty()) add_message(in.direction, in.data);
  return {.consumed = in.data.size()};
}

ParseOutcome DnsParser::parse_stream(const AppInput& in) {
  ByteCursor cursor{in.data};
  while (cursor.remaining() >= kLengthPrefix) {
    const std::size_t start = cursor.offset();
    const std::size_t length = cursor.be16();
    if (length > cursor.remaining()) return {.consumed = start, .need = kLengthPrefix + length};
    const Bytes message = cursor.take(length);
    if (length == 0) continue;
    if (resynchronise_[index(in.direction)] && !looks_like_message(message)) return ParseOutcome::failure();
    resynchronise_[index(in.direction)] = false;
    add_message(in.direction, message);
  }
  return {.consumed = cursor.offset(), .need = kLengthPrefix};
}

bool DnsParser::on_gap(Direction d, std::uint64_t) {
  resynchronise_[index(d)] = true;
  return true;
}

class DnsFactory final : public ParserFactory {
 public:
  [[nodiscard]] std::unique_ptr<AppParser> make() const override {
    return std::unique_ptr<AppParser>(new DnsParser);
  }
};

class MdnsFactory final : public ParserFactory {
 public:
  [[nodiscard]] std::unique_ptr<AppParser> make() const override {
    return std::unique_ptr<AppParser>(new DnsParser(true));
  }
};

namespace {

template <class Factory>
std::unique_ptr<const ParserFactory> configure(const Settings&) {
  return std::make_unique<Factory>();
}

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

ProbeResult probe_mdns(Direction, Bytes data) {
  return looks_like_message(data) ? ProbeResult::yes : ProbeResult::no;
}

constexpr std::string_view kStatesToServer[] = {"request_started", "request_complete"};
constexpr std::string_view kStatesToClient[] = {"response_started", "response_complete"};

constexpr AppEventName kEvents[] = {
    {"malformed_data", "malformed_data"},
    {"not_request", "not_request", "not_a_request"},
    {"not_response", "not_response", "not_a_response"},
    {"z_flag_set", "z_flag_set"},
    {"invalid_opcode", "invalid_opcode"},
    {"name_too_long", "name_too_long"},
    {"infinite_loop", "infinite_loop"},
    {"too_many_labels", "too_many_labels"},
    {"invalid_additionals", "invalid_additionals"},
    {"invalid_authorities", "invalid_authorities"},
};

}  // namespace
}  // namespace dns

const ProtocolInfo proto_dns{.id = AppProto::dns,
                             .name = "dns",
                             .config_name = "dns",
                             .over_tcp = true,
                             .over_udp = true,
                             .probe = dns::probe,
                             .probe_ports = {"53", "53"},
                             .configure = dns::configure<dns::DnsFactory>,
                             .states_to_server = dns::kStatesToServer,
                             .states_to_client = dns::kStatesToClient,
                             .events = dns::kEvents};

const ProtocolInfo proto_mdns{.id = AppProto::mdns,
                              .name = "mdns",
                              .config_name = "mdns",
                              .over_udp = true,
                              .probe = dns::probe_mdns,
                              .probe_ports = {"", "5353"},
                              .configure = dns::configure<dns::MdnsFactory>,
                              .states_to_server = dns::kStatesToServer,
                              .states_to_client = dns::kStatesToClient,
                              .events = dns::kEvents};

}  // namespace weir
