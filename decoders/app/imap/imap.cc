#include "decoders/app/imap/imap.h"

#include <algorithm>
#include <utility>

#include "decoders/app/protocol_ids.h"
#include "decoders/text.h"

namespace weir::imap {

void ImapTransaction::after_detection(Direction d) {
  for (const ShownFile& file : files_[index(d)])
    if (file->content != nullptr && file->content->ready()) file->content->mark_inspected();
}

std::size_t ImapTransaction::held() const {
  std::size_t bytes = tag.capacity() + command.capacity() + status.capacity() + text.capacity() + bytes_ +
                      (arguments.capacity() + lines.capacity()) * sizeof(SlabString);
  if (mail != nullptr) bytes += mail->held();
  for (const FileList& files : files_) bytes += held_by(files);
  return bytes;
}

ImapSettings ImapSettings::from(const Settings& s) {
  ImapSettings out;
  out.mime = mime::MimeSettings::from(s);
  out.max_tx = std::max<std::uint64_t>(s.number("max-tx", out.max_tx), 1);
  return out;
}

ImapParser::ImapParser(const ImapSettings& settings) : settings_(settings) {
  transactions_.set_limits(
      {.open = settings.max_tx, .event = static_cast<std::uint8_t>(Event::too_many_transactions)});
}

ParseOutcome ImapParser::parse(const AppInput& in) {
  outcome_ = {};
  Bytes rest = in.data;
  if (in.direction == Direction::to_client) server_seen_ = true;
  while (outcome_.status == ParseOutcome::Status::ok && !rest.empty() && step(in, rest)) {
  }
  if (in.eof && rest.empty()) end_of_connection(in);
  outcome_.consumed = in.data.size() - rest.size();
  return outcome_;
}

// False: more bytes, or the other side's, are needed.
bool ImapParser::step(const AppInput& in, Bytes& rest) {
  if (compressed_) {
    rest = {};
    return false;
  }
  if (transactions_.batch_full()) {
    outcome_.paused = true;
    return false;
  }
  const bool from_client = in.direction == Direction::to_server;
  if (from_client && is_held(in, rest)) return false;
  Side& side = sides_[index(in.direction)];
  if (side.place == Place::literal) {
    read_literal(in, rest);
    return true;
  }
  const auto line = side.lines.next(rest, kMaxLine, in.eof);
  if (!line) return false;
  if (from_client)
    on_client_line(*line);
  else
    on_server_line(*line);
  // One without a byte has ended.
  if (side.place == Place::literal && side.literal_left == 0 && !literal_waits_) end_literal(in, true);
  return true;
}

bool ImapParser::is_held(const AppInput& in, Bytes rest) {
  if (!security_ && !literal_waits_) return false;
  if (server_seen_ && !in.eof && rest.size() < kMaxHeld) return true;
  security_.reset();
  literal_waits_ = false;
  return false;
}

bool ImapParser::on_gap(Direction direction, std::uint64_t length) {
  Side& side = sides_[index(direction)];
  security_.reset();
  literal_waits_ = authenticates_ = false;
  if (side.place != Place::literal || length > side.literal_left) {
    if (side.place == Place::literal) end_literal({.direction = direction}, false);
    side.place = Place::line;
    side.lines.resynchronise();
    return true;
  }
  if (side.mime) side.mime->gap(length);
  side.literal_left -= length;
  if (side.literal_left == 0) end_literal({.direction = direction}, false);
  return true;
}

// --- literals

void ImapParser::begin_literal(Direction d, std::uint64_t bytes) {
  Side& side = sides_[index(d)];
  side.place = Place::literal;
  side.literal_left = bytes;
}

void ImapParser::begin_mail(Direction d, ImapTransaction& tx, bool whole) {
  Side& side = sides_[index(d)];
  side.mail_of = tx.id;
  side.mail_whole = whole;
  if (!settings_.mime.decode) return;
  tx.under_way[index(d)] = true;
  tx.mail = std::make_unique<mime::Mail>();
  side.mime = std::make_unique<mime::MimeParser>(
      settings_.mime, mime::MimeParser::Wishes{.body_md5 = settings_.mime.body_md5});
}

// A transaction for a mail besides that of the command.
ImapTransaction& ImapParser::mail_of_its_own(const ImapTransaction* command) {
  const SlabString tag = command == nullptr ? SlabString() : command->tag;
  const SlabString name = command == nullptr ? SlabString() : command->command;
  auto& tx = transactions_.add<ImapTransaction>();
  tx.tag = tag;
  tx.command = name;
  tx.progress[index(Direction::to_server)] = static_cast<std::uint8_t>(ClientState::command);
  return tx;
}

ImapTransaction* ImapParser::mail_transaction(Side& side) {
  return side.mail_of ? tx_cast<ImapTransaction>(transactions_.find(*side.mail_of)) : nullptr;
}

mime::MailSink ImapParser::sink(ImapTransaction& tx, const AppInput& in) {
  return {*tx.mail,
          *tx.files(in.direction),
          files_,
          {.time = in.time, .wanted = in.requested->files, .at_once = in.requested->at_once}};
}

void ImapParser::read_literal(const AppInput& in, Bytes& rest) {
  Side& side = sides_[index(in.direction)];
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), side.literal_left));
  if (ImapTransaction* tx = mail_transaction(side); tx != nullptr && side.mime) {
    side.mime->data(rest.first(n), sink(*tx, in));
    transactions_.charge(*tx);
  }
  rest = rest.subspan(n);
  side.literal_left -= n;
  if (side.literal_left == 0) end_literal(in, true);
}

// `whole`: all of it has come.
void ImapParser::end_literal(const AppInput& in, bool whole) {
  Side& side = sides_[index(in.direction)];
  side.place = Place::continued;
  side.literal_left = 0;
  ImapTransaction* const tx = mail_transaction(side);
  side.mail_of.reset();
  const auto mime = std::exchange(side.mime, nullptr);
  if (tx == nullptr) return;
  tx->under_way = {};
  if (mime) mime->finish(whole && side.mail_whole, sink(*tx, in));
  if (in.direction == Direction::to_client || command_ != tx->id) return complete(*tx);
  transactions_.charge(*tx);
}

void ImapParser::complete(ImapTransaction& tx) {
  tx.progress = {static_cast<std::uint8_t>(ClientState::complete),
                 static_cast<std::uint8_t>(ServerState::complete)};
  tx.under_way = {};
  outcome_.flush_stream_inspection = true;
  transactions_.charge(tx);
}

// What has no response by now gets none.
void ImapParser::end_of_connection(const AppInput& in) {
  Side& side = sides_[index(in.direction)];
  if (side.place == Place::literal) end_literal(in, false);
  if (in.direction == Direction::to_server) return;
  while (ImapTransaction* tx = oldest_open()) complete(*tx);
}

}  // namespace weir::imap
