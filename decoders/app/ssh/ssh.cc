#include "decoders/app/ssh/ssh.h"

#include <algorithm>

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

enum MessageCode : std::uint8_t { msg_kexinit = 20, msg_newkeys = 21 };  // RFC 4253 12

}  // namespace

SshTransaction& SshParser::tx() {
  if (Transaction* first = transactions_.last(); first != nullptr)
    return static_cast<SshTransaction&>(*first);
  return transactions_.add<SshTransaction>();
}

const SshTransaction* SshParser::existing() const {
  return static_cast<const SshTransaction*>(transactions_.last());
}

// The transaction is let go once detection and logs are done with it.
bool SshParser::over() const {
  return existing() == nullptr && transactions_.next_id() != 0;
}

// What this side sends cannot be read, whatever it is.
bool SshParser::opaque(Direction d) const {
  return over() || encrypted_[index(d)] || (version_1_ && existing()->at_least(d, State::banner_done));
}

ParseOutcome SshParser::parse(const AppInput& in) {
  if (transactions_.next_id() == 0)
    make_hassh_ = hassh_ == Hassh::always || (hassh_ == Hassh::on_request && in.requested->buffers_of(AppProto::ssh));
  std::size_t consumed = 0;
  need_ = 0;
  while (consumed < in.data.size()) {
    const std::size_t taken = step(in.direction, in.data.subspan(consumed));
    if (failed_) return {.consumed = in.data.size(), .status = ParseOutcome::Status::error};
    if (taken == 0) break;
    consumed += taken;
  }
  ParseOutcome outcome{.consumed = consumed, .need = need_};
  if (encrypted_[0] && encrypted_[1] && handling_ != EncryptionHandling::full) {
    outcome.status = ParseOutcome::Status::bypass;
    outcome.leave_flow = handling_ == EncryptionHandling::bypass;
  }
  return outcome;
}

std::size_t SshParser::step(Direction d, Bytes data) {
  need_ = 0;
  if (opaque(d)) return data.size();
  if (skip_[index(d)] != 0) return skip(d, data);
  if (tx().at_least(d, State::banner_done)) return record(d, data);
  return tx().at_least(d, State::banner_wait_eol) ? rest_of_banner(d, data) : banner(d, data);
}

// The start of the line is looked at again when more of it comes: kMaxBanner bounds how often.
std::size_t SshParser::banner(Direction d, Bytes data) {
  const Bytes window = data.first(std::min(data.size(), kMaxBanner + kLineEnd));
  const auto end = std::find(window.begin(), window.end(), '\n');
  if (end == window.end()) {
    if (window.size() < kMaxBanner) return 0;
    raise(Event::long_banner);
    banner_line(d, window.first(kMaxBanner));
    tx().reach(d, State::banner_wait_eol);
    return kMaxBanner;
  }
  Bytes line = window.first(static_cast<std::size_t>(end - window.begin()));
  const std::size_t taken = line.size() + 1;
  if (!line.empty() && line.back() == '\r') line = line.first(line.size() - 1);
  if (line.size() > kMaxBanner) raise(Event::long_banner);
  banner_line(d, line.first(std::min(line.size(), kMaxBanner)));
  if (!failed_) banner_ends(d);
  return taken;
}

std::size_t SshParser::rest_of_banner(Direction d, Bytes data) {
  const auto end = std::find(data.begin(), data.end(), '\n');
  if (end == data.end()) return data.size();
  banner_ends(d);
  return static_cast<std::size_t>(end - data.begin()) + 1;
}

void SshParser::banner_line(Direction d, Bytes line) {
  const auto found = parse_banner(line);
  if (!found) {
    raise(Event::invalid_banner);
    failed_ = true;
    return;
  }
  Peer& peer = tx().peers[index(d)];
  peer.protocol = found->protocol;
  peer.software = found->software;
}

void SshParser::banner_ends(Direction d) {
  version_1_ = version_1_ || is_version_1(tx().peer(d).protocol);
  tx().reach(d, State::banner_done);
  if (!make_hassh_) tx().reach(d, State::key_exchange);
  if (!version_1_) return;
  for (const Direction side : {Direction::to_server, Direction::to_client})
    if (tx().at_least(side, State::banner_done)) tx().reach(side, State::key_exchange);
}

std::size_t SshParser::record(Direction d, Bytes data) {
  ByteCursor in{data};
  const std::uint64_t length = in.be32();
  in.skip(1);  // padding_length
  const std::uint8_t code = in.u8();
  if (in.failed()) {
    need_ = kRecordHeader;
    return 0;
  }
  if (length < kMinRecord) {
    raise(Event::invalid_record);
    failed_ = true;
    return 0;
  }
  if (code == msg_kexinit && !tx().at_least(d, State::key_exchange)) {
    const bool readable = length < kMaxKeyExchangeRecord;
    if (readable && in.remaining() < length - kMinRecord) {
      need_ = kLengthField + length;
      return 0;
    }
    if (readable)
      key_exchange_init(d, in.take(length - kMinRecord));
    else
      raise(Event::long_kex_record);
    tx().reach(d, State::key_exchange);
  }
  if (code == msg_newkeys) {
    encrypted_[index(d)] = true;
    tx().reach(d, State::key_exchange);
    if (encrypted_[0] && encrypted_[1])
      for (const Direction side : {Direction::to_server, Direction::to_client})
        tx().reach(side, State::finished);
    return data.size();
  }
  skip_[index(d)] = kLengthField + length;
  return skip(d, data);
}

std::size_t SshParser::skip(Direction d, Bytes data) {
  std::uint64_t& left = skip_[index(d)];
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left, data.size()));
  left -= taken;
  return taken;
}

void SshParser::key_exchange_init(Direction d, Bytes body) {
  const auto init = parse_key_exchange_init(body);
  if (!init) return raise(Event::invalid_record);
  tx().peers[index(d)].hassh = hassh_text(*init, d);
}

bool SshParser::on_gap(Direction d, std::uint64_t length) {
  if (opaque(d)) return true;
  std::uint64_t& left = skip_[index(d)];
  if (length > left) return false;
  left -= length;
  return true;
}

}  // namespace weir::ssh
