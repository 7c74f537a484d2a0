#include "decoders/app/dns/dns.h"

#include "decoders/byte_cursor.h"

namespace weir::dns {
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

void read_message(DnsTransaction& tx, Bytes message, Askers askers) {
  tx.valid = parse_message(message, tx.message);
  if (!tx.valid) {
    tx.raise(static_cast<std::uint8_t>(Event::malformed_data));
    return;
  }
  const bool answers = tx.message.header.is_response();
  if (askers == Askers::client && answers != (tx.direction() == Direction::to_client)) {
    tx.valid = false;
    tx.raise(static_cast<std::uint8_t>(answers ? Event::not_request : Event::not_response));
  }
  raise_all(tx);
}

void DnsParser::add_message(const AppInput& from, Bytes message) {
  FrameSink frames = from.frames;
  frames.begin(FrameKind::pdu, message, message.size(), transactions_.next_id());
  auto& tx = transactions_.add<DnsTransaction>(from.direction);
  read_message(tx, message, askers_);
  transactions_.charge(tx);
}

ParseOutcome DnsParser::parse(const AppInput& in) {
  if (!in.is_datagram)
    return records_.run(in.direction, in.data, kLengthPrefix, [&](Bytes data) { return record(in, data); });
  if (!in.data.empty()) add_message(in, in.data);
  return {.consumed = in.data.size()};
}

RecordStep DnsParser::record(const AppInput& from, Bytes data) {
  if (transactions_.batch_full()) return RecordStep::pause();
  ByteCursor in{data};
  const std::size_t length = in.be16();
  if (in.failed()) return RecordStep::wants(kLengthPrefix);
  if (length > in.remaining()) return RecordStep::wants(kLengthPrefix + length);
  const Bytes message = in.take(length);
  if (length != 0) {
    bool& resynchronise = resynchronise_[index(from.direction)];
    if (resynchronise && !looks_like_message(message)) return RecordStep::broken();
    resynchronise = false;
    add_message(from, message);
  }
  return RecordStep::took(kLengthPrefix + length);
}

bool DnsParser::on_gap(Direction d, std::uint64_t) {
  resynchronise_[index(d)] = true;
  return true;
}

}  // namespace weir::dns
