#include "decoders/app/dcerpc/dcerpc.h"

#include <algorithm>

#include "decoders/app/protocol_ids.h"

namespace weir::dcerpc {
namespace {

constexpr auto kComplete = static_cast<std::uint8_t>(State::complete);

// So many bytes cannot begin a PDU; the last ones are too few to tell.
std::size_t before_header(Bytes data) {
  std::size_t i = 0;
  while (data.size() - i >= kHeaderBytes && !looks_like_header(data.subspan(i))) ++i;
  return i;
}

void tell_frames(FrameSink frames, Bytes pdu, std::size_t header_bytes) {
  frames.begin(FrameKind::pdu, pdu, pdu.size());
  frames.begin(FrameKind::header, pdu, header_bytes);
  if (pdu.size() > header_bytes)
    frames.begin(FrameKind::data, pdu.subspan(header_bytes), pdu.size() - header_bytes);
}

}  // namespace

DcerpcSettings DcerpcSettings::from(const Settings& s) {
  DcerpcSettings out;
  out.max_tx = std::max<std::uint64_t>(s.number("max-tx", out.max_tx), 1);
  out.calls.stub_bytes = s.bytes("max-stub-size", out.calls.stub_bytes);
  return out;
}

DcerpcParser::DcerpcParser(const DcerpcSettings& settings)
    : association_(settings.calls), datagrams_(settings.calls) {
  transactions_.set_limits({.open = settings.max_tx});
}

ParseOutcome DcerpcParser::parse(const AppInput& in) {
  if (in.is_datagram) return parse_one(in);
  ParseOutcome outcome =
      records_.run(in.direction, in.data, kHeaderBytes, [&](Bytes data) { return step(in, data); });
  outcome.flush_stream_inspection = outcome.consumed != 0;
  return outcome;
}

RecordStep DcerpcParser::step(const AppInput& in, Bytes data) {
  if (data.size() < kHeaderBytes) return RecordStep::wants(kHeaderBytes);
  bool& lost = lost_[index(in.direction)];
  if (lost) {
    if (const std::size_t between = before_header(data); between != 0) return RecordStep::took(between);
    lost = false;
  }
  const auto header = parse_header(data);
  if (!header) return RecordStep::broken();
  if (data.size() < header->fragment_length) return RecordStep::wants(header->fragment_length);
  if (transactions_.batch_full() || in.frames.full()) return RecordStep::pause();
  const Bytes pdu = data.first(header->fragment_length);
  tell_frames(in.frames, pdu, kHeaderBytes);
  association_.take(in.direction, *header, pdu, *this);
  return RecordStep::took(pdu.size());
}

ParseOutcome DcerpcParser::parse_one(const AppInput& in) {
  const auto header = parse_datagram(in.data);
  if (!header) return ParseOutcome::failure();
  tell_frames(in.frames, in.data, kDatagramHeaderBytes);
  datagrams_.take(in.direction, *header, *this);
  return {.consumed = in.data.size()};
}

bool DcerpcParser::begin_midway() {
  lost_ = {true, true};
  return true;
}

bool DcerpcParser::on_gap(Direction d, std::uint64_t) {
  lost_[index(d)] = true;
  association_.lose(d, *this);
  return true;
}

Call& DcerpcParser::add(Direction request) {
  return transactions_.add<DcerpcTransaction>(request).call;
}

Call* DcerpcParser::find(std::uint64_t key) {
  auto* tx = tx_cast<DcerpcTransaction>(transactions_.find(key));
  return tx != nullptr ? &tx->call : nullptr;
}

void DcerpcParser::changed(Call& call) {
  Transaction* tx = transactions_.find(call.key);
  for (const Direction d : {Direction::to_server, Direction::to_client})
    if (call.ended || call.parts[index(d)].done) tx->progress[index(d)] = kComplete;
  transactions_.charge(*tx);
}

}  // namespace weir::dcerpc
