#include "decoders/app/mime/parser.h"

#include <algorithm>
#include <utility>

#include "decoders/app/mime/header.h"
#include "decoders/text.h"

namespace weir::mime {
namespace {

constexpr std::size_t kLongFieldName = 75;
constexpr std::size_t kLongBoundary = 254;
constexpr std::size_t kMostOfLine = 8192;  // of a header that are kept until its end is there

}  // namespace

std::string_view MimeParser::without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

MimeParser::MimeParser(const MimeSettings& settings, Wishes wishes, std::size_t encoded_depth)
    : settings_(settings), encoded_depth_(encoded_depth) {
  if (wishes.body_md5) md5_.emplace(Hash::md5);
}

void MimeParser::data(Bytes chunk, const MailSink& sink) {
  while (!chunk.empty()) {
    if (state_ == State::header)
      header_bytes(chunk, sink);
    else
      body_bytes(chunk, sink);
  }
  flush_decoded(sink);
}

// --- headers

// Takes up to one line.
void MimeParser::header_bytes(Bytes& chunk, const MailSink& sink) {
  const Piece piece = take_piece(chunk);
  if (std::exchange(in_line_, in_line_ && !piece.ends)) return;  // bytes are missing in front of it
  to_enclosing(piece.all);
  if (piece.ends) count_line(sink.mail);
  const std::size_t most = std::size_t{settings_.header_value_depth} + kMostOfLine;
  if (piece.ends && line_.empty()) return header_line(without_return(piece.text).substr(0, most), sink);
  line_ += piece.text.substr(0, most - std::min(most, line_.size()));
  if (!piece.ends) return;
  const SlabString line = std::exchange(line_, {});
  header_line(without_return(line), sink);
}

void MimeParser::header_line(std::string_view line, const MailSink& sink) {
  if (sink.mail.status == Status::header_ready) sink.mail.status = Status::header_started;
  if (line.empty()) return end_header(sink);
  if (delimiter_line(line, sink)) return;  // where the header has not ended: the part has no body
  const bool continues = line.front() == ' ' || line.front() == '\t';
  if (!continues) end_field(sink);
  if (continues) line = trim_left(line);
  const std::size_t most = std::size_t{settings_.header_value_depth} + kMostOfLine;
  field_cut_ = field_cut_ || line.size() > most - std::min(most, field_.size());
  field_ += line.substr(0, most - std::min(most, field_.size()));
}

void MimeParser::end_field(const MailSink& sink) {
  if (field_.empty()) return;
  const SlabString text = std::exchange(field_, {});
  const bool was_cut = std::exchange(field_cut_, false);
  const auto field = split_field(text);
  if (!field || field->name.empty()) return;
  std::string_view value = field->value;
  if (field->name.size() > kLongFieldName) sink.mail.note(Fault::long_header_name);
  if (was_cut || value.size() > settings_.header_value_depth) {
    sink.mail.note(Fault::long_header_value);
    value = value.substr(0, settings_.header_value_depth);
  }
  if (own_header_ && encoded_depth_ == 0) keep_field(field->name, value, sink.mail);
  // Of fields that a part has twice the first counts, as for most receivers.
  if (equals_nocase(field->name, "content-type") && part_.type.empty()) part_.type = value;
  if (equals_nocase(field->name, "content-disposition") && part_.disposition.empty())
    part_.disposition = value;
  if (equals_nocase(field->name, "content-transfer-encoding") && part_.encoding.empty())
    part_.encoding = value;
}

void MimeParser::keep_field(std::string_view name, std::string_view value, Mail& mail) const {
  const std::size_t bytes = name.size() + value.size();
  if (mail.fields.size() >= kMaxFields || bytes > kMaxFieldBytes - mail.field_bytes) return;
  mail.fields.push_back({SlabString(name), SlabString(value)});
  mail.field_bytes += bytes;
}

void MimeParser::end_header(const MailSink& sink) {
  end_field(sink);
  header_done_ = true;
  own_header_ = false;
  state_ = State::body;
  in_line_ = held_return_ = false;
  held_end_ = {};
  sink.mail.status = Status::body_started;
  begin_part_content(sink);
}

// --- parts

void MimeParser::begin_part_content(const MailSink& sink) {
  const bool in_digest = !levels_.empty() && levels_.back().digest;
  if (part_.type.empty()) part_.type = in_digest ? "message/rfc822" : "text/plain";
  Transfer transfer = transfer_named(main_value(part_.encoding));
  if ((transfer == Transfer::base64 && !settings_.base64) ||
      (transfer == Transfer::quoted_printable && !settings_.quoted_printable))
    transfer = Transfer::identity;
  decoder_.begin(transfer);
  if (is_type(part_.type, "multipart/")) return begin_parts(sink);
  const SlabString name = file_name(sink.mail);
  if (is_type(part_.type, "message/rfc822") || is_type(part_.type, "message/global"))
    return begin_message(name, sink);
  const bool attached = is_type(part_.disposition, "attachment");
  if (!name.empty() || attached) open_file(file_, name, sink);
  const bool text = is_type(part_.type, "text/plain") || is_type(part_.type, "text/html");
  looks_for_urls_ = settings_.extract_urls && text && name.empty() && !attached;
  if (looks_for_urls_) urls_.begin(sink.mail);
  part_ = {};
}

void MimeParser::begin_message(const SlabString& name, const MailSink& sink) {
  const bool encoded = decoder_.transfer() != Transfer::identity;
  part_ = {};
  if (encoded) {
    if (!name.empty()) open_file(file_, name, sink);
    if (encoded_depth_ < kMaxEncodedDepth)
      inner_ = std::make_unique<MimeParser>(settings_, Wishes{}, encoded_depth_ + 1);
    else
      sink.mail.note(Fault::parse_failed);
    return;
  }
  state_ = State::header;
  if (name.empty() || enclosing_.size() >= kMaxDepth) return;
  enclosing_.push_back(std::make_unique<FileWriter>());
  open_file(*enclosing_.back(), name, sink);
}

void MimeParser::begin_parts(const MailSink& sink) {
  const auto boundary = parameter(part_.type, "boundary");
  const bool digest = is_type(part_.type, "multipart/digest");
  part_ = {};
  if (!boundary || boundary->empty()) return sink.mail.note(Fault::malformed_msg);
  if (boundary->size() > kLongBoundary) sink.mail.note(Fault::long_boundary);
  if (levels_.size() >= kMaxDepth) return sink.mail.note(Fault::parse_failed);
  levels_.push_back({"--" + *boundary, digest, enclosing_.size()});
  // What stands before the first part is shown by nobody, but URLs in it are told of.
  looks_for_urls_ = settings_.extract_urls;
  if (looks_for_urls_) urls_.begin(sink.mail);
}

SlabString MimeParser::file_name(Mail& mail) const {
  auto name = parameter(part_.disposition, "filename");
  if (!name || name->empty()) name = parameter(part_.type, "name");
  if (!name) return {};
  if (name->size() > kMaxFileNameBytes) {
    mail.note(Fault::long_filename);
    name->resize(kMaxFileNameBytes);
  }
  return std::move(*name);
}

void MimeParser::open_file(FileWriter& writer, const SlabString& name, const MailSink& sink) {
  if (!name.empty() && sink.mail.attachments.size() < kMaxAttachments) sink.mail.attachments.push_back(name);
  writer.open(sink.files, sink.flow, {.name = name, .window = settings_.window}, sink.opening);
}

void MimeParser::end_part(FileState state, const MailSink& sink) {
  decoder_.finish(decoded_);
  flush_decoded(sink);
  if (decoder_.has_junk())
    sink.mail.note(decoder_.transfer() == Transfer::base64 ? Fault::invalid_base64 : Fault::invalid_qp);
  if (looks_for_urls_) urls_.finish(settings_, sink.mail);
  looks_for_urls_ = false;
  if (inner_) inner_->finish(state == FileState::closed, sink);
  inner_.reset();
  if (file_.is_open()) file_.close(state);
  decoder_.begin(Transfer::identity);
}

void MimeParser::close_enclosing(std::size_t down_to, FileState state) {
  while (enclosing_.size() > down_to) {
    enclosing_.back()->close(state);
    enclosing_.pop_back();
  }
}

void MimeParser::gap(std::uint64_t length) {
  // What follows may be the middle of a line.
  line_.clear();
  line_bytes_ = 0;
  if (state_ == State::header) field_.clear();
  file_.gap(length);
  if (inner_) inner_->gap(length);
  for (const auto& file : enclosing_) file->gap(length);
  decoder_.resynchronise();
  in_line_ = true;
  held_return_ = false;
  held_end_ = {};
}

void MimeParser::finish(bool whole, const MailSink& sink) {
  const FileState state = whole ? FileState::closed : FileState::truncated;
  if (state_ == State::header) {
    if (!line_.empty()) header_line(without_return(std::exchange(line_, {})), sink);
    end_field(sink);
    header_done_ = true;
  } else if (!line_.empty()) {
    const SlabString rest = std::exchange(line_, {});
    if (!delimiter_line(without_return(rest), sink)) line_piece(rest, false, sink);
  }
  if (held_return_ && whole) content("\r", sink);
  end_part(state, sink);
  close_enclosing(0, state);
  if (!whole) return;
  if (!levels_.empty()) sink.mail.note(Fault::malformed_msg);
  if (encoded_depth_ != 0) return;
  if (md5_) sink.mail.body_md5 = hex(md5_->finish().view());
  md5_.reset();
  sink.mail.status = Status::parse_done;
}

}  // namespace weir::mime
