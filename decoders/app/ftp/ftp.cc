#include "decoders/app/ftp/ftp.h"

#include <algorithm>
#include <string>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

namespace weir::ftp {
namespace {

void raise(FtpTransaction& tx, Event e) {
  tx.raise(static_cast<std::uint8_t>(e));
}

bool uses_data_connection(const FtpTransaction& tx) {
  return tx.kind == CommandKind::transfer || tx.kind == CommandKind::listing;
}

bool is_code(std::string_view code, const ReplyCode& of) {
  return code == std::string_view(of.data(), of.size());
}

}  // namespace

FtpSettings FtpSettings::from(const Settings& s) {
  constexpr std::uint64_t kLongest = std::uint64_t{1} << 20U;
  FtpSettings out;
  out.max_line_bytes = std::clamp<std::uint64_t>(s.bytes("max-line-length", out.max_line_bytes), 1, kLongest);
  out.max_tx = std::max<std::uint64_t>(s.number("max-tx", out.max_tx), 1);
  return out;
}

FtpParser::FtpParser(const FtpSettings& settings) : settings_(settings) {
  transactions_.set_limits(
      {.open = settings.max_tx, .event = static_cast<std::uint8_t>(Event::too_many_transactions)});
}

ParseOutcome FtpParser::parse(const AppInput& in) {
  outcome_ = {};
  Bytes rest = in.data;
  while (outcome_.status == ParseOutcome::Status::ok && !rest.empty()) {
    if (transactions_.batch_full()) {
      outcome_.paused = true;
      break;
    }
    if (waits_for_security(in, rest)) break;
    const auto line = lines_[index(in.direction)].next(rest, settings_.max_line_bytes, in.eof);
    if (!line) break;
    if (in.direction == Direction::to_server)
      on_command(*line, in);
    else
      on_reply(*line, in);
  }
  if (in.eof && rest.empty() && in.direction == Direction::to_client) end_of_replies();
  outcome_.consumed = in.data.size() - rest.size();
  return outcome_;
}

bool FtpParser::on_gap(Direction direction, std::uint64_t) {
  lines_[index(direction)].resynchronise();
  if (direction == Direction::to_server) return true;
  continued_.reset();
  // Replies are missing. Most clients wait for one before they go on, so that what comes answers the last command.
  while (FtpTransaction* tx = awaited()) {
    if (tx == transactions_.last()) break;
    complete(*tx);
  }
  return true;
}

// What comes behind AUTH belongs to TLS if the server agrees.
bool FtpParser::waits_for_security(const AppInput& in, Bytes rest) {
  if (!holds_commands_ || in.direction == Direction::to_client) return false;
  holds_commands_ = !in.eof && rest.size() < kMaxBehindAuth;
  return holds_commands_;
}

void FtpParser::on_command(const Line& line, const AppInput& in) {
  if (line.text.empty()) return;
  end_of_lines_without_code();
  auto& tx = transactions_.add<FtpTransaction>();
  const Command command = parse_command(line.text);
  const bool to_tls = command.kind == CommandKind::security && equals_nocase(command.data, "TLS");
  tx.command = to_tls ? std::string_view("AUTH TLS") : command.name;
  if (!to_tls) tx.command_data = command.data;
  tx.kind = command.kind;
  tx.command_truncated = line.is_truncated;
  if (line.is_truncated) raise(tx, Event::request_command_too_long);
  tx.progress[index(Direction::to_server)] = static_cast<std::uint8_t>(ClientState::command);
  switch (command.kind) {
    case CommandKind::plain: break;
    case CommandKind::transfer:
    case CommandKind::listing:
      if (data_port_) announce(tx, in);
      break;
    case CommandKind::port: read_port(tx, find_port_numbers(command.data), in); break;
    case CommandKind::extended_port: read_port(tx, parse_extended_port(command.data), in); break;
    case CommandKind::passive:
    case CommandKind::extended_passive: data_port_.reset(); break;
    case CommandKind::security:
      security_ = tx.id;
      holds_commands_ = true;
      break;
  }
  transactions_.charge(tx);
}

void FtpParser::read_port(FtpTransaction& tx, const std::optional<DataAddress>& said, const AppInput& in) {
  data_port_.reset();
  if (!said) return;
  tx.dynamic_port = said->port;
  tx.is_bounce = in.client != nullptr && said->address.family != 0 && said->address != *in.client;
  data_port_ = DataPort{.port = said->port, .passive = false};
}

// A client that does not wait for answers may have asked for the transfer already.
void FtpParser::read_passive(FtpTransaction& tx, std::string_view reply, const AppInput& in) {
  const auto said = tx.kind == CommandKind::passive ? find_port_numbers(reply) : find_extended_passive(reply);
  if (!said) return;
  tx.dynamic_port = said->port;
  tx.is_passive = true;
  data_port_ = DataPort{.port = said->port, .passive = true};
  for (const Transaction* next = TransactionList::next(tx); next != nullptr;
       next = TransactionList::next(*next)) {
    const auto* later = tx_cast<FtpTransaction>(next);
    if (uses_data_connection(*later)) return announce(*later, in);
    if (later->kind != CommandKind::plain) return data_port_.reset();
  }
}

// What a listing is of is no name of a file.
void FtpParser::announce(const FtpTransaction& transfer, const AppInput& in) {
  if (in.announcer == nullptr) return;
  const std::string_view name =
      transfer.kind == CommandKind::transfer ? std::string_view(transfer.command_data) : "";
  in.announcer->announce({.protocol = AppProto::ftp_data,
                          .opened = data_port_->passive ? Direction::to_server : Direction::to_client,
                          .port = data_port_->port,
                          .lifetime_s = kDataConnectionSeconds,
                          .command = std::string(transfer.command),
                          .name = std::string(name.substr(0, kMaxExpectedText)),
                          .carries_file = transfer.kind == CommandKind::transfer});
}

// The oldest transaction without a final reply.
FtpTransaction* FtpParser::awaited() {
  for (; next_reply_ < transactions_.next_id(); ++next_reply_)
    if (auto* tx = tx_cast<FtpTransaction>(transactions_.find(next_reply_))) return tx;
  return nullptr;
}

FtpTransaction& FtpParser::replied_to(const ReplyLine& line) {
  if (!continued_ && line.code == "227") skip_to(CommandKind::passive);
  if (!continued_ && line.code == "229") skip_to(CommandKind::extended_passive);
  if (FtpTransaction* tx = awaited()) return *tx;
  next_reply_ = transactions_.next_id();
  return transactions_.add<FtpTransaction>();
}

// The reply can only be to such a command: if there is one, those before it have got none.
void FtpParser::skip_to(CommandKind kind) {
  const Transaction* tx = awaited();
  while (tx != nullptr && tx_cast<FtpTransaction>(*tx).kind != kind) tx = TransactionList::next(*tx);
  if (tx == nullptr) return;
  for (FtpTransaction* before = awaited(); before != tx; before = awaited()) complete(*before);
}

// Lines without a code are no FTP; they are the answer up to the next command, or up to a line that has a code.
void FtpParser::end_of_lines_without_code() {
  if (FtpTransaction* tx = awaited(); tx != nullptr && tx->reply_received) complete(*tx);
}

void FtpParser::on_reply(const Line& line, const AppInput& in) {
  if (line.text.empty()) return;
  const ReplyLine reply = parse_reply_line(line.text);
  FtpTransaction& tx = replied_to(reply);
  tx.add_reply(reply);
  if (line.is_truncated) {
    tx.reply_truncated = true;
    raise(tx, Event::response_command_too_long);
  }
  transactions_.charge(tx);
  if (continued_) {
    if (!reply.continues && is_code(reply.code, *continued_)) final_reply(tx, reply, in);
  } else if (reply.continues) {
    continued_ = ReplyCode{reply.code[0], reply.code[1], reply.code[2]};
  } else if (!reply.code.empty()) {
    final_reply(tx, reply, in);
  } else {
    tx.reply_received = true;
  }
}

// RFC 959 4.2: behind a preliminary reply (1yz) another one follows.
void FtpParser::final_reply(FtpTransaction& tx, const ReplyLine& line, const AppInput& in) {
  continued_.reset();
  if (line.code.front() == '1') return;
  if ((line.code == "227" && tx.kind == CommandKind::passive) ||
      (line.code == "229" && tx.kind == CommandKind::extended_passive))
    read_passive(tx, line.text, in);
  if (security_ == tx.id) {
    security_.reset();
    holds_commands_ = false;
    if (line.code == "234") {
      outcome_.status = ParseOutcome::Status::change;
      outcome_.next_protocol = AppProto::tls;
      outcome_.check_next = true;
    }
  }
  tx.reply_received = true;
  complete(tx);
}

// What has no answer by now gets none.
void FtpParser::end_of_replies() {
  while (FtpTransaction* tx = awaited()) complete(*tx);
}

void FtpParser::complete(FtpTransaction& tx) {
  tx.progress = {static_cast<std::uint8_t>(ClientState::complete),
                 static_cast<std::uint8_t>(ServerState::complete)};
  next_reply_ = tx.id + 1;
}

}  // namespace weir::ftp
