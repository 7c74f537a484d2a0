#include "decoders/app/smb/smb.h"

#include <algorithm>
#include <string_view>

#include "decoders/byte_cursor.h"
#include "decoders/text.h"

namespace weir::smb {
namespace {

constexpr std::size_t kRecordHeader = 4, kProtocol = 4;  // "\xffSMB"
constexpr std::size_t kSmb3Header = 52;                  // of an encrypted message, MS-SMB2 2.2.41

// RFC 1002 4.3.1
enum RecordType : std::uint8_t { session_message = 0x00, session_request = 0x81, keep_alive = 0x85 };

enum class Protocol : std::uint8_t {
  none = 0,
  compressed = 0xfc,
  encrypted = 0xfd,
  smb2 = 0xfe,
  smb1 = 0xff
};

Protocol protocol_of(Bytes message) {
  constexpr std::string_view kName = "SMB";
  if (message.size() < kProtocol || as_text(message.subspan(1, kName.size())) != kName || message[0] < 0xfc)
    return Protocol::none;
  return static_cast<Protocol>(message[0]);
}

bool is_control(std::uint8_t type) {
  return type >= session_request && type <= keep_alive;
}

}  // namespace

SmbParser::SmbParser(const SmbSettings& settings)
    : conversation_(transactions_, settings),
      pipes_(conversation_),
      smb1_(conversation_, pipes_),
      smb2_(conversation_, pipes_) {
  transactions_.set_limits(
      {.open = settings.max_tx, .event = static_cast<std::uint8_t>(Event::too_many_transactions)});
}

ParseOutcome SmbParser::parse(const AppInput& in) {
  frames_ = in.frames;
  conversation_.begin_call(in);
  ParseOutcome outcome =
      records_.run(in.direction, in.data, 0, [&](Bytes data) { return step(in.direction, data); });
  outcome.flush_stream_inspection =
      outcome.consumed != 0 && sides_[index(in.direction)].at == Side::At::record;
  if (in.eof && !outcome.paused) conversation_.end_of(in.direction);
  return outcome;
}

bool SmbParser::begin_midway() {
  for (Side& side : sides_) side.at = Side::At::search;
  return true;
}

RecordStep SmbParser::step(Direction d, Bytes data) {
  Side& side = sides_[index(d)];
  switch (side.at) {
    case Side::At::search: return search(d, side, data);
    case Side::At::record: return frames_.full() ? RecordStep::pause() : record(d, side, data);
    case Side::At::message:
      return transactions_.batch_full() || frames_.full() ? RecordStep::pause() : message(d, side, data);
    case Side::At::data: return piece(side, data);
    case Side::At::skip: return take(side, std::min<std::uint64_t>(data.size(), side.record_left));
  }
  return RecordStep::broken();
}

// The first record with a message of SMB.
RecordStep SmbParser::search(Direction d, Side& side, Bytes data) {
  constexpr std::size_t kSeen = kRecordHeader + kProtocol;
  for (std::size_t at = 0; data.size() - at >= kSeen; ++at) {
    if (data[at] != session_message || protocol_of(data.subspan(at + kRecordHeader)) == Protocol::none)
      continue;
    side.at = Side::At::record;
    return at != 0 ? RecordStep::took(at) : step(d, data);
  }
  if (data.size() < kSeen) return RecordStep::wants(kSeen);
  return RecordStep::took(data.size() - kSeen + 1);
}

RecordStep SmbParser::record(Direction d, Side& side, Bytes data) {
  ByteCursor in{data};
  const std::uint8_t type = in.u8();
  const std::uint32_t length = in.be24();
  if (in.failed()) return RecordStep::wants(kRecordHeader);
  if (type != session_message && !is_control(type)) {
    conversation_.raise(Event::malformed_data);
    side.at = Side::At::search;
    return RecordStep::took(1);
  }
  frames_.begin(FrameKind::nbss_pdu, data, kRecordHeader + length);
  frames_.begin(FrameKind::nbss_hdr, data, kRecordHeader);
  frames_.begin(FrameKind::nbss_data, data.subspan(kRecordHeader), length);
  side.record_left = length;
  if (length != 0) side.at = type == session_message ? Side::At::message : Side::At::skip;
  smb2_.begin_record(d);
  return RecordStep::took(kRecordHeader);
}

RecordStep SmbParser::message(Direction d, Side& side, Bytes data) {
  if (data.size() < std::min<std::uint64_t>(kProtocol, side.record_left)) return RecordStep::wants(kProtocol);
  switch (protocol_of(data)) {
    case Protocol::smb1: return smb1_message(d, side, data);
    case Protocol::smb2: return smb2_message(d, side, data);
    case Protocol::encrypted: {
      const std::uint64_t header = std::min<std::uint64_t>(kSmb3Header, side.record_left);
      if (data.size() < header) return RecordStep::wants(header);
      tell(FrameKind::smb3_pdu, data, side.record_left, kSmb3Header);
      break;
    }
    case Protocol::compressed: break;
    case Protocol::none: conversation_.raise(Event::malformed_data); break;
  }
  side.at = Side::At::skip;
  return step(d, data);
}

RecordStep SmbParser::smb1_message(Direction d, Side& side, Bytes data) {
  const std::uint64_t length = side.record_left, held = std::min<std::uint64_t>(length, kMaxMessage);
  if (data.size() < held) return RecordStep::wants(held);
  tell(FrameKind::smb1_pdu, data, length, smb1::kHeader);
  const Bytes message = data.first(static_cast<std::size_t>(held));
  const auto header = smb1::parse_header(message);
  if (!header)
    conversation_.raise(Event::malformed_data);
  else if (goes_wrong_way(d, header->is_response))
    conversation_.raise(header->is_response ? Event::response_to_server : Event::request_to_client);
  else if (header->is_response)
    smb1_.response(*header, message);
  else
    smb1_.request(*header, message);
  return take_message(side, length, held);
}

// So many bytes of the record are done with.
RecordStep SmbParser::take(Side& side, std::uint64_t bytes) {
  side.record_left -= bytes;
  if (side.record_left == 0) side.at = Side::At::record;
  return RecordStep::took(bytes);
}

// The same, of a message. Behind one that is not there to its end nothing of the record is of interest.
RecordStep SmbParser::take_message(Side& side, std::uint64_t length, std::uint64_t there) {
  if (there < length) side.at = Side::At::skip;
  return take(side, there);
}

// The header of `message` is there, or all of it.
void SmbParser::tell(FrameKind pdu, Bytes message, std::uint64_t length, std::size_t header) {
  const auto next = [pdu](unsigned n) { return static_cast<FrameKind>(static_cast<unsigned>(pdu) + n); };
  frames_.begin(pdu, message, length);
  frames_.begin(next(1), message, std::min<std::uint64_t>(header, length));
  if (length > header) frames_.begin(next(2), message.subspan(header), length - header);
}

// What is missing of a file is a gap in it; a message whose beginning is missing is passed over.
bool SmbParser::on_gap(Direction d, std::uint64_t length) {
  Side& side = sides_[index(d)];
  if (side.at == Side::At::data) {
    const std::uint64_t missing = std::min(length, side.data_left);
    conversation_.piece_gap(side.piece, missing);
    side.data_left -= missing;
  }
  pipes_.lose(d);
  if (length > side.record_left || side.record_left == 0) {
    side.record_left = 0;
    side.at = Side::At::search;
    return true;
  }
  if (side.at != Side::At::data || length > side.message_left)
    side.at = Side::At::skip;
  else
    side.message_left -= length;
  if (side.at == Side::At::data && side.message_left == 0) side.at = Side::At::message;
  take(side, length);
  return true;
}

}  // namespace weir::smb
