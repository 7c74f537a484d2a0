#include "decoders/app/smtp/smtp.h"

#include <algorithm>
#include <utility>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

namespace weir::smtp {
namespace {

constexpr std::uint8_t kTlsHandshake = 0x16;  // the first byte of a record

}  // namespace

SmtpSettings SmtpSettings::from(const Settings& s) {
  SmtpSettings out;
  out.mime = mime::MimeSettings::from(s);
  out.raw_extraction = s.flag("raw-extraction", out.raw_extraction);
  if (out.raw_extraction) out.mime.decode = false;
  out.max_tx = std::max<std::uint64_t>(s.number("max-tx", out.max_tx), 1);
  return out;
}

SmtpParser::SmtpParser(const SmtpSettings& settings) : settings_(settings) {
  transactions_.set_limits(
      {.open = settings.max_tx, .event = static_cast<std::uint8_t>(Event::too_many_transactions)});
}

bool SmtpParser::begin_midway() {
  greeted_ = lost_track_ = true;
  return false;
}

ParseOutcome SmtpParser::parse(const AppInput& in) {
  outcome_ = {};
  Bytes rest = in.data;
  if (in.direction == Direction::to_client) server_seen_ = true;
  while (outcome_.status == ParseOutcome::Status::ok && !rest.empty() && step(in, rest))
    if (is_other_ && client_seen_) outcome_.status = ParseOutcome::Status::error;
  if (in.eof && rest.empty() && in.direction == Direction::to_server && in_mail_) close_mail(false, in);
  if (SmtpTransaction* t = existing()) transactions_.charge(*t);
  outcome_.consumed = in.data.size() - rest.size();
  return outcome_;
}

// False: more bytes, or the other side's, are needed.
bool SmtpParser::step(const AppInput& in, Bytes& rest) {
  const bool from_client = in.direction == Direction::to_server;
  const bool in_lines = !from_client || mode_ == Mode::commands;
  if (transactions_.batch_full() || (in_lines && in.frames.full())) {
    outcome_.paused = true;
    return false;
  }
  if (from_client && is_held(in, rest)) return false;
  if (!from_client) return read_line(in, rest);
  if (mode_ == Mode::data) {
    read_data(in, rest);
    return true;
  }
  if (mode_ == Mode::chunk) {
    read_chunk(in, rest);
    return true;
  }
  return read_line(in, rest);
}

void SmtpParser::change_to_tls() {
  outcome_.status = ParseOutcome::Status::change;
  outcome_.next_protocol = AppProto::tls;
  outcome_.check_next = true;
}

// STARTTLS may have been agreed to. A client that goes on in the clear is read on; TLS may still follow.
bool SmtpParser::changes_to_tls(Bytes rest) {
  if (rest.front() == kTlsHandshake) {
    change_to_tls();
    return true;
  }
  if (!std::exchange(tls_missing_told_, true)) raise(Event::failed_protocol_change);
  return false;
}

bool SmtpParser::is_held(const AppInput& in, Bytes rest) {
  if (waits_ == Waits::no) return false;
  sent_behind_ = true;
  if (server_seen_ && !in.eof && rest.size() < kMaxHeld) return true;
  if (waits_ == Waits::for_tls) tls_follows_ = true;
  if (waits_ == Waits::for_data) begin_data();
  waits_ = Waits::no;
  return false;
}

bool SmtpParser::read_line(const AppInput& in, Bytes& rest) {
  LineReader& lines = lines_[index(in.direction)];
  if (!lines.begins_line(rest) || rest.empty()) return false;
  if (tls_follows_ && changes_to_tls(rest)) return false;
  const Bytes before = rest;
  const auto line = lines.next(rest, kMaxLine, in.eof);
  if (!line) return false;
  const Bytes bytes = before.first(before.size() - rest.size());  // with its end
  if (in.direction == Direction::to_server) {
    on_command(*line, in, bytes);
  } else {
    FrameSink frames = in.frames;
    frames.begin(FrameKind::response_line, bytes, bytes.size(), current_.value_or(AppFrame::kUnknown));
    on_reply_line(*line);
  }
  return true;
}

bool SmtpParser::on_gap(Direction direction, std::uint64_t length) {
  lose_track();
  if (direction == Direction::to_client || mode_ == Mode::commands) {
    lines_[index(direction)].resynchronise();
    return true;
  }
  has_gap_ = true;
  const std::uint64_t of_mail = mode_ == Mode::chunk ? std::min(length, chunk_left_) : length;
  raw_.gap(of_mail);
  if (mime_) mime_->gap(of_mail);
  dots_.resynchronise();
  if (mode_ == Mode::data) return true;
  chunk_left_ -= of_mail;
  if (chunk_left_ != 0) return true;
  mode_ = Mode::commands;
  if (length > of_mail) lines_[index(direction)].resynchronise();
  if (last_chunk_) end_mail(false, {});
  return true;
}

SmtpTransaction* SmtpParser::existing() {
  return current_ ? tx_cast<SmtpTransaction>(transactions_.find(*current_)) : nullptr;
}

SmtpTransaction& SmtpParser::tx() {
  if (SmtpTransaction* t = existing(); t != nullptr && !t->is_complete() && !t->ended()) return *t;
  auto& t = transactions_.add<SmtpTransaction>();
  current_ = t.id;
  t.helo = helo_;
  if (helo_) t.reach(ClientState::helo);
  return t;
}

void SmtpParser::complete(SmtpTransaction& t) {
  t.progress = {static_cast<std::uint8_t>(ClientState::complete),
                static_cast<std::uint8_t>(ServerState::complete)};
  t.under_way = {};
  outcome_.flush_stream_inspection = true;
  transactions_.charge(t);
}

// --- commands

void SmtpParser::on_command(const Line& line, const AppInput& in, Bytes bytes) {
  client_seen_ = true;
  if (resets_) reset();
  SmtpTransaction& t = tx();
  FrameSink frames = in.frames;
  frames.begin(FrameKind::command_line, bytes, bytes.size(), t.id);
  if (line.is_truncated) {
    raise(Event::truncated_line);
    raise(Event::max_command_line_len_exceeded);
  }
  if (authenticates_) {
    frames.begin(FrameKind::command_line, bytes, line.text.size(), t.id);
    authenticates_ = false;
    return;
  }
  const Command command = parse_command(line.text);
  await_reply(command.kind);
  run_command(command, t, in);
}

void SmtpParser::run_command(const Command& command, SmtpTransaction& t, const AppInput& in) {
  switch (command.kind) {
    case CommandKind::plain:
    case CommandKind::auth:
    case CommandKind::xclient:
    case CommandKind::message: break;
    case CommandKind::helo: return on_helo(command.argument, t);
    case CommandKind::mail: return on_mail(command.argument, t);
    case CommandKind::rcpt: return on_rcpt(command.argument, t);
    case CommandKind::bdat: return begin_chunk(command, t, in);
    case CommandKind::data:
      begin_mail(t, in);
      waits_ = Waits::for_data;
      break;
    case CommandKind::rset: resets_ = true; break;
    case CommandKind::starttls: waits_ = Waits::for_tls; break;
  }
  sent_behind_ = false;
}

// The mail that was begun is none any more.
void SmtpParser::reset() {
  resets_ = false;
  if (in_mail_) return end_mail(false, {});
  complete(tx());
}

void SmtpParser::on_helo(std::string_view argument, SmtpTransaction& t) {
  if (helo_) return t.raise(static_cast<std::uint8_t>(Event::duplicate_fields));
  helo_ = SlabString(take_word(argument));
  t.helo = helo_;
  t.reach(ClientState::helo);
}

void SmtpParser::on_mail(std::string_view argument, SmtpTransaction& t) {
  const auto path = parse_path(argument, "FROM");
  if (!path) return t.raise(static_cast<std::uint8_t>(Event::unparsable_content));
  if (t.mail_from) return t.raise(static_cast<std::uint8_t>(Event::duplicate_fields));
  t.mail_from = SlabString(*path);
  t.reach(ClientState::mail);
}

void SmtpParser::on_rcpt(std::string_view argument, SmtpTransaction& t) {
  const auto path = parse_path(argument, "TO");
  if (!path) return t.raise(static_cast<std::uint8_t>(Event::unparsable_content));
  if (t.rcpt_to.size() < kMaxRecipients) t.rcpt_to.emplace_back(*path);
}

void SmtpParser::await_reply(CommandKind kind) {
  if (lost_track_) return;
  if (awaited_.size() - first_awaited_ >= kMaxAwaited) return lose_track();
  awaited_.push_back(kind);
}

}  // namespace weir::smtp
