#include "decoders/app/krb5/krb5.h"

#include "decoders/ber.h"

namespace weir::krb5 {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kStartBytes = kLengthBytes + 6;  // with a tag and the longest length behind it

// A length, and behind it the start of a message that is as long.
bool looks_like_record(Bytes data) {
  ByteCursor in{data};
  const std::uint32_t length = in.be32();
  if (length > kMaxMessage || in.empty() || kind_of(in.peek(1)[0]) == Kind::none) return false;
  in.skip(1);
  const std::size_t content = read_ber_length(in);
  return !in.failed() && in.offset() - kLengthBytes + content == length;
}

std::size_t before_record(Bytes data) {
  std::size_t i = 0;
  while (data.size() - i >= kStartBytes && !looks_like_record(data.subspan(i))) ++i;
  return i;
}

void raise(Krb5Transaction& tx, Event e) {
  tx.raise(static_cast<std::uint8_t>(e));
}

}  // namespace

ParseOutcome Krb5Parser::parse(const AppInput& in) {
  if (!in.is_datagram)
    return records_.run(in.direction, in.data, kLengthBytes,
                        [&](Bytes data) { return step(in.direction, data); });
  if (!in.data.empty()) on_message(in.direction, in.data);
  return {.consumed = in.data.size()};
}

RecordStep Krb5Parser::step(Direction d, Bytes data) {
  if (bool& lost = lost_[index(d)]; lost) {
    if (data.size() < kStartBytes) return RecordStep::wants(kStartBytes);
    if (const std::size_t between = before_record(data); between != 0) return RecordStep::took(between);
    lost = false;
  }
  if (data.size() < kLengthBytes) return RecordStep::wants(kLengthBytes);
  if (transactions_.batch_full()) return RecordStep::pause();
  ByteCursor in{data};
  const std::uint32_t length = in.be32();
  if (length > kMaxMessage) {
    malformed(d);
    return RecordStep::skip(kLengthBytes + std::uint64_t{length});
  }
  if (in.remaining() < length) return RecordStep::wants(kLengthBytes + length);
  if (length != 0) on_message(d, in.take(length));
  return RecordStep::took(kLengthBytes + length);
}

void Krb5Parser::on_message(Direction d, Bytes bytes) {
  const Kind kind = kind_of(bytes[0]);
  if (kind == Kind::not_read) return;
  auto message = kind == Kind::read ? parse_message(bytes) : std::nullopt;
  if (!message) return malformed(d);
  auto& tx = transactions_.add<Krb5Transaction>(d);
  if (message->type == MessageType::error) tx.failed_request = asked_;
  asked_ = message->is_request() ? std::optional(message->type) : std::nullopt;
  if (message->encryption && is_weak(*message->encryption)) raise(tx, Event::weak_encryption);
  tx.message = std::move(message);
  transactions_.charge(tx);
}

void Krb5Parser::malformed(Direction d) {
  raise(transactions_.add<Krb5Transaction>(d), Event::malformed_data);
}

bool Krb5Parser::begin_midway() {
  lost_ = {true, true};
  return true;
}

bool Krb5Parser::on_gap(Direction d, std::uint64_t length) {
  if (!records_.skip_gap(d, length)) lost_[index(d)] = true;
  return true;
}

}  // namespace weir::krb5
