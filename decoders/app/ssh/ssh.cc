#include "decoders/app/ssh/ssh.h"

#include <algorithm>
#include <array>

#include "decoders/app/protocol_ids.h"
#include "decoders/app/ssh/banner.h"
#include "decoders/app/ssh/key_exchange.h"
#include "decoders/byte_cursor.h"

namespace weir::ssh {
namespace {

constexpr std::size_t kRecordHeader = 6;  // packet_length, padding_length, message code
constexpr std::size_t kLengthField = 4;
constexpr std::size_t kMinRecord = 2;  // padding_length and the message code
constexpr std::size_t kLineEnd = 2;    // CR LF
constexpr std::array<std::uint8_t, 4> kBannerStart = {'S', 'S', 'H', '-'};

enum MessageCode : std::uint8_t { msg_kexinit = 20, msg_newkeys = 21 };  // RFC 4253 12

// As far as it is there.
bool starts_like_banner(Bytes data) {
  const std::size_t length = std::min(data.size(), kBannerStart.size());
  return std::equal(kBannerStart.begin(), kBannerStart.begin() + length, data.begin());
}

}  // namespace

// What this side sends cannot be read, whatever it is.
bool SshParser::opaque(Direction d) const {
  return over() || encrypted_[index(d)] || (version_1_ && existing()->at_least(d, State::banner_done));
}

ParseOutcome SshParser::parse(const AppInput& in) {
  if (!begun())
    make_hassh_ =
        hassh_ == Hassh::always || (hassh_ == Hassh::on_request && in.requested->buffers_of(AppProto::ssh));
  frames_ = in.frames;
  ParseOutcome outcome =
      records_.run(in.direction, in.data, 0, [&](Bytes data) { return step(in.direction, data); });
  if (encrypted_[0] && encrypted_[1] && handling_ != EncryptionHandling::full) {
    outcome.status = ParseOutcome::Status::bypass;
    outcome.leave_flow = handling_ == EncryptionHandling::bypass;
  }
  return outcome;
}

RecordStep SshParser::step(Direction d, Bytes data) {
  if (opaque(d)) return RecordStep::took(data.size());
  if (frames_.full()) return RecordStep::pause();
  if (tx().at_least(d, State::banner_done)) return record(d, data);
  return tx().at_least(d, State::banner_wait_eol) ? rest_of_banner(d, data) : banner(d, data);
}

// The start of the line is looked at again when more of it comes: kMaxBanner bounds how often.
RecordStep SshParser::banner(Direction d, Bytes data) {
  if (d == Direction::to_client && (in_line_ahead_ || !starts_like_banner(data))) return line_ahead(data);
  const Bytes window = data.first(std::min(data.size(), kMaxBanner + kLineEnd));
  const auto end = std::find(window.begin(), window.end(), '\n');
  if (end == window.end()) {
    if (window.size() < kMaxBanner + kLineEnd) return RecordStep::wants(window.size() + 1);
    raise(Event::long_banner);
    if (!banner_line(d, window.first(kMaxBanner))) return RecordStep::broken();
    tx().reach(d, State::banner_wait_eol);
    return RecordStep::took(kMaxBanner);
  }
  Bytes line = window.first(static_cast<std::size_t>(end - window.begin()));
  const std::size_t taken = line.size() + 1;
  if (!line.empty() && line.back() == '\r') line = line.first(line.size() - 1);
  if (line.size() > kMaxBanner) raise(Event::long_banner);
  if (!banner_line(d, line.first(std::min(line.size(), kMaxBanner)))) return RecordStep::broken();
  banner_ends(d);
  return RecordStep::took(taken);
}

// A client has to bear them (RFC 4253 4.2), so a server cannot hide its connection behind them.
RecordStep SshParser::line_ahead(Bytes data) {
  if (!in_line_ahead_) {
    if (lines_ahead_ == 0) raise(Event::invalid_banner);
    if (lines_ahead_ == kMaxLinesAhead) return RecordStep::broken();
    ++lines_ahead_;
  }
  const auto end = std::find(data.begin(), data.end(), '\n');
  in_line_ahead_ = end == data.end();
  if (in_line_ahead_) return RecordStep::took(data.size());
  return RecordStep::took(static_cast<std::size_t>(end - data.begin()) + 1);
}

RecordStep SshParser::rest_of_banner(Direction d, Bytes data) {
  const auto end = std::find(data.begin(), data.end(), '\n');
  if (end == data.end()) return RecordStep::took(data.size());
  banner_ends(d);
  return RecordStep::took(static_cast<std::size_t>(end - data.begin()) + 1);
}

bool SshParser::banner_line(Direction d, Bytes line) {
  const auto found = parse_banner(line);
  if (!found) {
    raise(Event::invalid_banner);
    return false;
  }
  Peer& peer = tx().peers[index(d)];
  peer.protocol = found->protocol;
  peer.software = found->software;
  return true;
}

void SshParser::banner_ends(Direction d) {
  version_1_ = version_1_ || is_version_1(tx().peer(d).protocol);
  tx().reach(d, State::banner_done);
  if (!make_hassh_) tx().reach(d, State::key_exchange);
  if (!version_1_) return;
  for (const Direction side : {Direction::to_server, Direction::to_client})
    if (tx().at_least(side, State::banner_done)) tx().reach(side, State::key_exchange);
}

RecordStep SshParser::record(Direction d, Bytes data) {
  ByteCursor in{data};
  const std::uint64_t length = in.be32();
  in.skip(1);  // padding_length
  const std::uint8_t code = in.u8();
  if (in.failed()) return RecordStep::wants(kRecordHeader);
  if (length < kMinRecord) {
    raise(Event::invalid_record);
    return RecordStep::broken();
  }
  if (code == msg_kexinit && !tx().at_least(d, State::key_exchange)) {
    const bool readable = length < kMaxKeyExchangeRecord;
    if (readable && in.remaining() < length - kMinRecord) return RecordStep::wants(kLengthField + length);
    if (readable)
      key_exchange_init(d, in.take(length - kMinRecord));
    else
      raise(Event::long_kex_record);
    tx().reach(d, State::key_exchange);
  }
  tell_frames(data, kLengthField + length);
  if (code == msg_newkeys) {
    new_keys(d);
    return RecordStep::took(data.size());
  }
  return RecordStep::skip(kLengthField + length);
}

// `length` is the whole record's; not all of it need be there.
void SshParser::tell_frames(Bytes record, std::uint64_t length) {
  frames_.begin(FrameKind::record_pdu, record, length, tx().id);
  frames_.begin(FrameKind::record_hdr, record, kRecordHeader, tx().id);
  frames_.begin(FrameKind::record_data, record.subspan(kRecordHeader), length - kRecordHeader, tx().id);
}

// What follows is encrypted, the rest of this record among it.
void SshParser::new_keys(Direction d) {
  encrypted_[index(d)] = true;
  tx().reach(d, State::key_exchange);
  if (!encrypted_[0] || !encrypted_[1]) return;
  for (const Direction side : {Direction::to_server, Direction::to_client}) tx().reach(side, State::finished);
}

void SshParser::key_exchange_init(Direction d, Bytes body) {
  const auto init = parse_key_exchange_init(body);
  if (!init) return raise(Event::invalid_record);
  tx().peers[index(d)].hassh = hassh_text(*init, d);
}

bool SshParser::on_gap(Direction d, std::uint64_t length) {
  return opaque(d) || records_.skip_gap(d, length);
}

}  // namespace weir::ssh
