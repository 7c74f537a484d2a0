// Messages of SMB 2 in a stream: whole ones, compounds, and data of files that pass as they come.
#include <algorithm>

#include "decoders/app/smb/smb.h"
#include "decoders/app/smb/smb2_messages.h"

namespace weir::smb {
namespace {

bool carries_data(const smb2::Header& header) {
  return header.is_response() ? header.command == smb2::read : header.command == smb2::write;
}

// How much of a message with data stands before them.
std::size_t front_of_data(const smb2::Header& header, Bytes message) {
  const auto chunk =
      header.is_response() ? smb2::parse_read_response(message) : smb2::parse_write_request(message);
  const std::size_t fixed = header.is_response() ? smb2::kReadResponse : smb2::kWriteRequest;
  return chunk ? std::max<std::size_t>(fixed, chunk->data_offset) : fixed;
}

}  // namespace

RecordStep SmbParser::smb2_message(Direction d, Side& side, Bytes data) {
  const std::uint64_t left = side.record_left;
  const std::uint64_t fixed = std::min<std::uint64_t>(left, smb2::kHeader);
  if (data.size() < fixed) return RecordStep::wants(fixed);
  const auto header = smb2::parse_header(data.first(static_cast<std::size_t>(fixed)));
  if (!header || goes_wrong_way(d, header->is_response())) {
    conversation_.raise(!header                 ? Event::malformed_data
                        : header->is_response() ? Event::response_to_server
                                                : Event::request_to_client);
    return take_message(side, left, fixed);
  }
  const bool is_last = header->next < smb2::kHeader || header->next >= left;
  const std::uint64_t length = is_last ? left : header->next;
  const auto held = static_cast<std::size_t>(std::min<std::uint64_t>(length, kMaxMessage));
  const Bytes message = data.first(std::min(data.size(), held));
  const Origin origin = smb2_.origin_of(d, *header);
  if (carries_data(*header)) {
    const std::size_t looked_at = conversation_.tree(origin) == nullptr ? kCallHeader : 0;
    const std::size_t front = std::min(held, front_of_data(*header, message) + looked_at);
    if (message.size() < front) return RecordStep::wants(front);
    const auto begun = header->is_response() ? smb2_.begin_read(origin, *header, message, length)
                                             : smb2_.begin_write(origin, message, length);
    if (begun) {
      tell(FrameKind::smb2_pdu, data, length, smb2::kHeader);
      return begin_data(side, *begun, length);
    }
  }
  if (message.size() < held) return RecordStep::wants(held);
  tell(FrameKind::smb2_pdu, data, length, smb2::kHeader);
  if (header->next > left) conversation_.raise(Event::record_overflow);
  if (header->is_response())
    smb2_.response(origin, *header, message);
  else
    smb2_.request(origin, *header, message);
  return take_message(side, length, held);
}

// Up to the data it is there. Data that leave the message, or begin in its header, are not.
RecordStep SmbParser::begin_data(Side& side, const Smb2Dialogue::Data& begun, std::uint64_t length) {
  const std::uint64_t front =
      std::min(std::max<std::uint64_t>(begun.offset_in_message, smb2::kHeader), length);
  if (begun.offset_in_message < smb2::kHeader || begun.length > length - front)
    conversation_.raise(Event::malformed_data);
  side.piece = begun.piece;
  side.data_left = std::min<std::uint64_t>(begun.length, length - front);
  side.message_left = length - front;
  side.at = side.message_left != 0 ? Side::At::data : Side::At::message;
  return take(side, front);
}

// What follows the data in the message is of no interest.
RecordStep SmbParser::piece(Side& side, Bytes data) {
  const std::uint64_t wanted = side.data_left != 0 ? side.data_left : side.message_left;
  const Bytes taken = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), wanted)));
  if (side.data_left != 0) {
    conversation_.piece_bytes(side.piece, taken);
    side.data_left -= taken.size();
  }
  side.message_left -= taken.size();
  if (side.message_left == 0) side.at = Side::At::message;
  return take(side, taken.size());
}

}  // namespace weir::smb
