#include "decoders/app/ldap/ldap.h"

#include <algorithm>

#include "decoders/app/protocol_ids.h"
#include "decoders/byte_cursor.h"

namespace weir::ldap {
namespace {

constexpr std::string_view kStartTls = "1.3.6.1.4.1.1466.20037";  // RFC 4511 4.14
constexpr std::size_t kStartBytes = 20;                           // enough for looks_like_message()
constexpr std::size_t kWrapLength = 4;                            // in front of a SASL buffer (RFC 4422 3.7)
constexpr std::size_t kMaxWrapped = std::size_t{16} << 20U;

std::size_t before_message(Bytes data) {
  std::size_t i = 0;
  while (data.size() - i >= kStartBytes && !looks_like_message(data.subspan(i))) ++i;
  return i;
}

// RFC 4511, 4.4: a server tells something of its own accord, as that it disconnects.
bool is_unsolicited(const Message& m) {
  return m.id == 0 && m.operation == Operation::extended_response;
}

}  // namespace

LdapSettings LdapSettings::from(const Settings& s) {
  LdapSettings out;
  out.max_tx = std::max<std::uint64_t>(s.number("max-tx", out.max_tx), 1);
  return out;
}

LdapParser::LdapParser(const LdapSettings& settings) {
  transactions_.set_limits(
      {.open = settings.max_tx, .event = static_cast<std::uint8_t>(Event::too_many_transactions)});
}

ParseOutcome LdapParser::parse(const AppInput& in) {
  if (in.is_datagram) return parse_datagram(in);
  const bool waited = start_tls_.has_value();
  ParseOutcome out = records_.run(in.direction, in.data, 1, [&](Bytes data) { return step(in, data); });
  out.wakes_other = waited && !start_tls_;
  if (!changes_) return out;
  out.status = ParseOutcome::Status::change;
  out.next_protocol = AppProto::tls;
  out.check_next = true;
  return out;
}

ParseOutcome LdapParser::parse_datagram(const AppInput& in) {
  Bytes rest = in.data;
  while (!rest.empty() && !transactions_.batch_full()) {
    const Frame frame = frame_message(rest);
    if (frame.status != Frame::Status::whole) {
      raise(frame.status == Frame::Status::incomplete ? Event::incomplete_data : Event::invalid_data);
      break;
    }
    on_message(rest.first(frame.bytes));
    rest = rest.subspan(frame.bytes);
  }
  return {.consumed = in.data.size()};
}

RecordStep LdapParser::step(const AppInput& in, Bytes data) {
  const Direction d = in.direction;
  if (changes_) return RecordStep::pause();
  if (start_tls_ && is_over(*start_tls_)) start_tls_.reset();
  if (start_tls_ && d == Direction::to_server && !in.eof && data.size() < kMaxBehindStartTls)
    return RecordStep::wants(data.size() + 1);
  if (bool& lost = lost_[index(d)]; lost) {
    if (const std::size_t between = before_message(data); between != 0) return RecordStep::took(between);
    if (data.size() < kStartBytes && !looks_like_message(data)) return RecordStep::wants(kStartBytes);
    lost = false;
  }
  if (transactions_.batch_full()) return RecordStep::pause();
  const Frame frame = frame_message(data);
  if (frame.status == Frame::Status::broken && wraps_) return wrapped(data);
  if (frame.status == Frame::Status::broken) {
    raise(Event::invalid_data);
    return RecordStep::broken();
  }
  if (frame.bytes > kMaxMessage) {
    raise(Event::invalid_data);
    return RecordStep::skip(frame.bytes);
  }
  if (frame.status == Frame::Status::incomplete) return RecordStep::wants(frame.bytes);
  on_message(data.first(frame.bytes));
  return RecordStep::took(frame.bytes);
}

RecordStep LdapParser::wrapped(Bytes data) {
  ByteCursor in{data};
  const std::uint32_t length = in.be32();
  if (in.failed()) return RecordStep::wants(kWrapLength);
  if (length <= kMaxWrapped) return RecordStep::skip(kWrapLength + std::uint64_t{length});
  raise(Event::invalid_data);
  return RecordStep::broken();
}

void LdapParser::on_message(Bytes bytes) {
  auto message = parse_message(bytes);
  if (!message) return raise(Event::invalid_data);
  const Kind kind = kind_of(message->operation);
  if (kind == Kind::asks || kind == Kind::tells)
    on_request(std::move(*message));
  else
    on_response(std::move(*message));
}

void LdapParser::on_request(Message&& message) {
  if (message.operation == Operation::abandon_request) abandon(message.number);
  const Kind kind = kind_of(message.operation);
  const bool starts_tls = message.operation == Operation::extended_request && message.name == kStartTls;
  LdapTransaction& tx = kind == Kind::asks ? open(message.id) : transactions_.add<LdapTransaction>();
  if (starts_tls) start_tls_ = tx.id;
  tx.ask(std::move(message));
  tx.progress[index(Direction::to_server)] = kComplete;
  if (kind == Kind::tells) tx.progress[index(Direction::to_client)] = kComplete;
  transactions_.charge(tx);
}

void LdapParser::on_response(Message&& message) {
  LdapTransaction* tx = open_operation(message.id);
  if (tx == nullptr) {
    tx = &open(message.id);
    if (!is_unsolicited(message)) tx->raise(static_cast<std::uint8_t>(Event::request_not_found));
    tx->progress[index(Direction::to_server)] = kComplete;
  }
  const bool ends = kind_of(message.operation) == Kind::ends;
  if (start_tls_ == tx->id) end_start_tls(message);
  if (message.operation == Operation::bind_response && message.result->code == 0)
    wraps_ = wraps_ || (tx->request && tx->request->sasl);
  tx->keep(std::move(message), kMaxResponses);
  transactions_.charge(*tx);
  if (ends) complete(*tx);
}

// Whatever answers it at last; only one answer agrees.
void LdapParser::end_start_tls(const Message& answer) {
  if (kind_of(answer.operation) != Kind::ends) return;
  start_tls_.reset();
  changes_ = answer.operation == Operation::extended_response && answer.result->code == 0;
}

// No answer to it is to be expected any more.
bool LdapParser::is_over(std::uint64_t tx_id) const {
  const Transaction* tx = transactions_.find(tx_id);
  return tx == nullptr || tx->ended();
}

void LdapParser::abandon(std::uint32_t message_id) {
  if (LdapTransaction* tx = open_operation(message_id)) complete(*tx);
}

LdapTransaction* LdapParser::open_operation(std::uint32_t message_id) {
  const auto found =
      std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.message_id == message_id; });
  return found == open_.end() ? nullptr : tx_cast<LdapTransaction>(transactions_.find(found->tx_id));
}

// A number that is used again means the new operation: what was open by it ends.
LdapTransaction& LdapParser::open(std::uint32_t message_id) {
  if (LdapTransaction* before = open_operation(message_id)) complete(*before);
  std::erase_if(open_, [&](const Open& o) {
    const Transaction* tx = transactions_.find(o.tx_id);
    return o.message_id == message_id || tx == nullptr || tx->ended();
  });
  auto& tx = transactions_.add<LdapTransaction>();
  open_.push_back({message_id, tx.id});
  return tx;
}

void LdapParser::complete(LdapTransaction& tx) {
  tx.progress = {kComplete, kComplete};
  std::erase_if(open_, [&](const Open& o) { return o.tx_id == tx.id; });
}

void LdapParser::raise(Event e) {
  auto& tx = transactions_.add<LdapTransaction>();
  tx.raise(static_cast<std::uint8_t>(e));
  tx.progress = {kComplete, kComplete};
}

bool LdapParser::begin_midway() {
  lost_ = {true, true};
  return true;
}

bool LdapParser::on_gap(Direction d, std::uint64_t length) {
  if (records_.skip_gap(d, length)) return true;
  lost_[index(d)] = true;
  if (d == Direction::to_client) start_tls_.reset();  // its answer may be what is missing
  return true;
}

}  // namespace weir::ldap
