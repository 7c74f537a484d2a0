// The part of SmtpParser that takes the content of mails.
#include <algorithm>
#include <array>
#include <utility>

#include "decoders/app/protocol_ids.h"
#include "decoders/app/smtp/smtp.h"

namespace weir::smtp {
namespace {

using mime::Fault;

constexpr std::array<std::pair<Fault, Event>, mime::kFaultKinds> kMailEvents{{
    {Fault::parse_failed, Event::mime_parse_failed},
    {Fault::malformed_msg, Event::mime_malformed_msg},
    {Fault::invalid_base64, Event::mime_invalid_base64},
    {Fault::invalid_qp, Event::mime_invalid_qp},
    {Fault::long_header_name, Event::mime_long_header_name},
    {Fault::long_header_value, Event::mime_long_header_value},
    {Fault::long_line, Event::mime_long_line},
    {Fault::long_enc_line, Event::mime_long_enc_line},
    {Fault::long_boundary, Event::mime_long_boundary},
    {Fault::long_filename, Event::mime_long_filename},
}};

}  // namespace

FileOpening SmtpParser::opening(const AppInput& in) {
  return {.time = in.time, .wanted = in.requested->files, .at_once = in.requested->at_once};
}

// DATA, or the first BDAT, has been sent.
void SmtpParser::begin_mail(SmtpTransaction& t, const AppInput& in) {
  t.reach(ClientState::data);
  has_gap_ = data_frame_told_ = false;
  told_faults_ = 0;
  if (!settings_.mime.decode) return;
  t.mail = std::make_unique<mime::Mail>();
  const bool md5 = settings_.mime.body_md5 || in.requested->buffers_of(AppProto::smtp);
  mime_ = std::make_unique<mime::MimeParser>(settings_.mime, mime::MimeParser::Wishes{.body_md5 = md5});
}

void SmtpParser::begin_data() {
  mode_ = Mode::data;
  in_mail_ = true;
  dots_.begin();
  tx().under_way[index(Direction::to_server)] = true;
}

void SmtpParser::begin_chunk(const Command& command, SmtpTransaction& t, const AppInput& in) {
  const auto chunk = parse_chunk(command.argument);
  if (!chunk || (most_bytes_ != 0 && chunk->bytes > most_bytes_))
    t.raise(static_cast<std::uint8_t>(Event::bdat_chunk_len_exceeded));
  if (!chunk) return;
  if (!in_mail_) begin_mail(t, in);
  in_mail_ = true;
  t.under_way[index(Direction::to_server)] = true;
  chunk_left_ = chunk->bytes;
  last_chunk_ = chunk->last;
  mode_ = Mode::chunk;
  if (chunk_left_ != 0) return;
  mode_ = Mode::commands;
  if (last_chunk_) end_mail(true, in);
}

void SmtpParser::read_data(const AppInput& in, Bytes& rest) {
  SmtpTransaction& t = tx();
  FrameSink frames = in.frames;
  if (!std::exchange(data_frame_told_, true))
    data_frame_ = frames.begin(FrameKind::data, rest, AppFrame::kUnknown, t.id);
  while (!rest.empty()) {
    const mime::DotReader::Part part = dots_.next(rest);
    if (!part.content.empty()) mail_bytes(part.content, t, in);
    if (!part.ended) continue;
    frames.end(data_frame_, rest);
    return end_mail(true, in);
  }
  raise_faults(t);
}

void SmtpParser::read_chunk(const AppInput& in, Bytes& rest) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), chunk_left_));
  SmtpTransaction& t = tx();
  mail_bytes(rest.first(n), t, in);
  raise_faults(t);
  rest = rest.subspan(n);
  chunk_left_ -= n;
  if (chunk_left_ != 0) return;
  mode_ = Mode::commands;
  if (last_chunk_) end_mail(true, in);
}

void SmtpParser::mail_bytes(Bytes bytes, SmtpTransaction& t, const AppInput& in) {
  if (settings_.raw_extraction) {
    if (!raw_.is_open() && t.files(Direction::to_server)->empty())
      raw_.open(*t.files(Direction::to_server), files_,
                {.name = kRawFileName, .window = settings_.mime.window}, opening(in));
    raw_.append(bytes);
  }
  if (!mime_ || !t.mail) return;
  mime_->data(bytes, {*t.mail, *t.files(Direction::to_server), files_, opening(in)});
  if (mime_->header_done()) t.reach(ClientState::headers);
}

// `whole`: its end has been seen.
void SmtpParser::end_mail(bool whole, const AppInput& in) {
  close_mail(whole, in);
  complete(tx());
}

void SmtpParser::close_mail(bool whole, const AppInput& in) {
  SmtpTransaction& t = tx();
  raw_.close(whole ? FileState::closed : FileState::truncated);
  if (mime_ && t.mail) {
    mime_->finish(whole, {*t.mail, *t.files(Direction::to_server), files_, opening(in)});
    raise_faults(t);
  }
  mime_.reset();
  mode_ = Mode::commands;
  in_mail_ = false;
}

void SmtpParser::raise_faults(SmtpTransaction& t) {
  if (t.mail == nullptr) return;
  const auto found = t.mail->faults();
  for (; told_faults_ < found.size(); ++told_faults_)
    for (const auto& [fault, event] : kMailEvents)
      if (fault == found[told_faults_]) t.raise(static_cast<std::uint8_t>(event));
}

}  // namespace weir::smtp
