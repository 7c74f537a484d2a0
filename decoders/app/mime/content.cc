// The part of MimeParser that takes bodies apart into lines, delimiters and content.
#include <algorithm>
#include <utility>

#include "decoders/app/mime/parser.h"
#include "decoders/text.h"

namespace weir::mime {
namespace {

constexpr std::uint64_t kLongLine = 998 + 2;        // with its end: RFC 5322, 2.1.1
constexpr std::uint64_t kLongEncodedLine = 76 + 2;  // RFC 2045, 6.7 and 6.8
constexpr std::size_t kMostOfDelimiter = 8192;      // with blanks behind it
constexpr std::size_t kDecodedBatch = 16384;        // bytes that are given on together

// What may stand behind a boundary: "--" if it is the last one, and blanks.
bool may_follow_boundary(std::string_view rest) {
  if (rest.starts_with("--")) rest.remove_prefix(2);
  return rest == "-" || trim(rest).empty();
}

}  // namespace

MimeParser::Piece MimeParser::take_piece(Bytes& chunk) {
  const std::string_view text = as_text(chunk);
  const std::size_t end = text.find('\n');
  const bool ends = end != std::string_view::npos;
  const Piece out{chunk.first(ends ? end + 1 : chunk.size()), text.substr(0, end), ends};
  if (md5_ && header_done_) md5_->add(out.all);
  line_bytes_ += out.all.size();
  chunk = chunk.subspan(out.all.size());
  return out;
}

// At the end of each.
void MimeParser::count_line(Mail& mail) {
  const std::uint64_t bytes = std::exchange(line_bytes_, 0);
  if (bytes > kLongLine) mail.note(Fault::long_line);
  const bool encoded = state_ == State::body && decoder_.transfer() != Transfer::identity;
  if (encoded && bytes > kLongEncodedLine) mail.note(Fault::long_enc_line);
}

// Takes up to one line.
void MimeParser::body_bytes(Bytes& chunk, const MailSink& sink) {
  const Piece piece = take_piece(chunk);
  if (piece.ends) count_line(sink.mail);
  if (!in_line_ && waits_for_delimiter(piece, sink)) return;
  line_piece(piece.text, piece.ends, sink);
}

// At the beginning of a line: it is a delimiter, or the piece has been kept to tell whether it is one. False: it is none, and
// what was kept of it is given on.
bool MimeParser::waits_for_delimiter(const Piece& piece, const MailSink& sink) {
  if (line_.empty() && (piece.ends || !may_be_delimiter(piece.text)))
    return piece.ends && piece.text.size() < kMostOfDelimiter &&
           delimiter_line(without_return(piece.text), sink);
  const std::size_t kept = line_.size();
  line_ += piece.text.substr(0, kMostOfDelimiter - std::min(kMostOfDelimiter, kept));
  const bool possible = may_be_delimiter(without_return(line_)) && line_.size() < kMostOfDelimiter;
  if (possible && !piece.ends) return true;
  SlabString line = std::exchange(line_, {});
  if (possible && delimiter_line(without_return(line), sink)) return true;
  line.resize(kept);
  line_piece(line, false, sink);
  return false;
}

// The next bytes of a line that is no delimiter. The line end before them is content now; their own waits.
void MimeParser::line_piece(std::string_view text, bool ends, const MailSink& sink) {
  if (text.empty() && !ends) return;
  if (!held_end_.empty()) content(std::exchange(held_end_, {}), sink);
  bool is_return = text.empty() && std::exchange(held_return_, false);
  if (std::exchange(held_return_, false)) content("\r", sink);
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
    is_return = true;
  }
  if (!text.empty()) content(text, sink);
  held_return_ = is_return && !ends;
  in_line_ = !ends;
  if (ends) held_end_ = is_return ? "\r\n" : "\n";
}

bool MimeParser::may_be_delimiter(std::string_view line) const {
  return std::any_of(levels_.begin(), levels_.end(), [&](const Level& level) {
    const std::size_t common = std::min(line.size(), level.delimiter.size());
    return line.substr(0, common) == std::string_view(level.delimiter).substr(0, common) &&
           may_follow_boundary(line.substr(common));
  });
}

// The innermost level counts; one further out ends those within it.
bool MimeParser::delimiter_line(std::string_view line, const MailSink& sink) {
  if (!line.starts_with("--")) return false;
  const auto level = std::find_if(levels_.rbegin(), levels_.rend(), [&](const Level& l) {
    return line.starts_with(std::string_view(l.delimiter)) && line.substr(l.delimiter.size()) != "-" &&
           may_follow_boundary(line.substr(l.delimiter.size()));
  });
  if (level == levels_.rend()) return false;
  const bool last = line.substr(level->delimiter.size()).starts_with("--");
  end_part(FileState::closed, sink);
  close_enclosing(level->files, FileState::closed);
  levels_.erase(level.base(), levels_.end());
  const std::string_view end = held_end_.empty() ? "\r\n" : held_end_;
  for (const std::string_view bytes : {held_end_, line}) to_enclosing(as_bytes(bytes));
  if (!last) to_enclosing(as_bytes(end));
  held_end_ = last ? end : "";
  in_line_ = held_return_ = false;
  field_.clear();
  part_ = {};
  state_ = last ? State::between : State::header;
  if (!last) return true;
  levels_.pop_back();
  sink.mail.status = Status::body_end_bound;
  return true;
}

void MimeParser::content(std::string_view piece, const MailSink& sink) {
  to_enclosing(as_bytes(piece));
  if (state_ != State::body) return;
  if (decoder_.transfer() == Transfer::identity) return decoded(as_bytes(piece), sink);
  decoder_.decode(as_bytes(piece), decoded_);
  if (decoded_.size() >= kDecodedBatch) flush_decoded(sink);
}

void MimeParser::to_enclosing(Bytes bytes) {
  for (const auto& file : enclosing_) file->append(bytes);
}

void MimeParser::decoded(Bytes bytes, const MailSink& sink) {
  if (file_.is_open()) file_.append(bytes);
  if (looks_for_urls_) urls_.text(bytes, settings_, sink.mail);
  if (inner_) inner_->data(bytes, sink);
}

void MimeParser::flush_decoded(const MailSink& sink) {
  decoded(as_bytes(decoded_), sink);
  decoded_.clear();
}

}  // namespace weir::mime
