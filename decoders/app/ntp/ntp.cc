#include "decoders/app/ntp/ntp.h"

#include <algorithm>

#include "decoders/byte_cursor.h"

namespace weir::ntp {
namespace {

constexpr std::size_t kControlHeader = 12, kPrivateHeader = 8;
constexpr std::uint8_t kControlResponse = 0x80, kPrivateResponse = 0x80;  // in the second byte; in the first

void read_time_header(ByteCursor& in, Message& out) {
  out.stratum = in.u8();
  in.skip(10);  // poll, precision, root delay, root dispersion
  const Bytes reference = in.take(out.reference_id.size());
  std::copy(reference.begin(), reference.end(), out.reference_id.begin());
  in.skip(8);  // when the clock was last set
  out.origin = in.be64();
  in.skip(8);  // when the request was received
  out.transmit = in.be64();
}

void raise(NtpTransaction& tx, Event e) {
  tx.raise(static_cast<std::uint8_t>(e));
}

}  // namespace

std::optional<Message> parse_message(Bytes bytes) {
  ByteCursor in{bytes};
  const std::uint8_t first = in.u8();
  Message out;
  out.version = (first >> 3U) & 7U;
  out.mode = static_cast<Mode>(first & 7U);
  out.tells_time = out.mode != Mode::control && out.mode != Mode::private_use;
  if (out.tells_time) {
    out.response = out.mode == Mode::server;
    read_time_header(in, out);
  } else if (out.mode == Mode::control) {
    out.response = (in.u8() & kControlResponse) != 0;
    in.skip(kControlHeader - 2);
  } else {
    out.response = (first & kPrivateResponse) != 0;
    in.skip(kPrivateHeader - 1);
  }
  if (in.failed() || out.version < 1 || out.version > 4) return std::nullopt;
  return out;
}

ParseOutcome NtpParser::parse(const AppInput& in) {
  if (in.data.empty()) return {};
  auto& tx = transactions_.add<NtpTransaction>(in.direction);
  tx.message = parse_message(in.data);
  if (tx.message)
    check_direction(tx, in.source_port == in.destination_port);
  else
    raise(tx, Event::malformed_data);
  return {.consumed = in.data.size()};
}

// `peers`: both sides use the same port, so either may be the other's client.
void NtpParser::check_direction(NtpTransaction& tx, bool peers) {
  const Message& m = *tx.message;
  const bool to_server = tx.direction() == Direction::to_server;
  const bool request = m.mode == Mode::client || (!m.tells_time && !m.response);
  if (!peers && to_server && m.response) raise(tx, Event::not_request);
  if (!peers && !to_server && request) raise(tx, Event::not_response);
  if (m.mode == Mode::client) remember(m.transmit);
  if (m.mode == Mode::server) check_response(tx);
}

// RFC 5905 8: an answer that names no open request is bogus, and so is a second answer to one.
void NtpParser::check_response(NtpTransaction& tx) {
  const auto end = open_.begin() + static_cast<std::ptrdiff_t>(open_count_);
  const auto asked = std::find(open_.begin(), end, tx.message->origin);
  if (asked == end) return raise(tx, Event::unsolicited_response);
  std::copy(asked + 1, end, asked);
  --open_count_;
}

void NtpParser::remember(std::uint64_t transmit) {
  if (open_count_ == open_.size()) {
    std::copy(open_.begin() + 1, open_.end(), open_.begin());
    --open_count_;
  }
  open_[open_count_++] = transmit;
}

}  // namespace weir::ntp
