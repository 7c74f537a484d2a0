#include "decoders/app/http/multipart.h"

#include <algorithm>

#include "decoders/app/http/body.h"
#include "decoders/app/http/head.h"
#include "decoders/text.h"

namespace weir::http {
void Multipart::data(HttpTransaction& tx, Bytes chunk, const FileOpening& files) {
  if (state_ == State::done) return;
  if (state_ == State::preamble && pending_.empty())
    pending_ = "\r\n";  // the first delimiter may begin the body
  pending_.append(as_text(chunk));
  while (state_ != State::done && step(tx, files)) {
  }
  pending_.erase(0, begin_);
  begin_ = 0;
}

bool Multipart::step(HttpTransaction& tx, const FileOpening& files) {
  switch (state_) {
    case State::preamble:
    case State::content: return skip_to_delimiter(tx, files);
    case State::after_delimiter: {
      if (rest().size() < 2) return false;
      if (rest().substr(0, 2) == "--") {
        state_ = State::done;
        return true;
      }
      const std::size_t line = rest().find('\n');
      if (line == std::string_view::npos) {
        if (rest().size() > kMaxPartHeader) state_ = State::done;
        return false;
      }
      drop(line + 1);
      state_ = State::headers;
      return true;
    }
    case State::headers: return read_headers(tx, files);
    case State::done: break;
  }
  return false;
}

// Content up to the delimiter; bytes that may be the start of one are held back.
bool Multipart::skip_to_delimiter(HttpTransaction& tx, const FileOpening& files) {
  const std::size_t at = rest().find(delimiter_);
  if (at == std::string_view::npos) {
    const std::size_t keep = std::min(rest().size(), delimiter_.size() - 1);
    emit(tx, rest().size() - keep, files);
    return false;
  }
  emit(tx, at, files);
  skip_ = 0;
  drop(delimiter_.size());
  end_part(tx);
  state_ = State::after_delimiter;
  return true;
}

// What stands before the first part is no content.
void Multipart::emit(HttpTransaction& tx, std::size_t size, const FileOpening& files) {
  const std::size_t skipped = std::min(skip_, size);
  skip_ -= skipped;
  if (state_ == State::content) part_bytes(tx, as_bytes(rest().substr(skipped, size - skipped)), files);
  drop(size);
}

bool Multipart::read_headers(HttpTransaction& tx, const FileOpening& files) {
  const std::string_view text = rest();
  const bool none = text.substr(0, 2) == "\r\n";
  const std::size_t end = none ? 0 : text.find("\r\n\r\n", scanned_);
  if (end == std::string_view::npos) {
    scanned_ = text.size() - std::min<std::size_t>(text.size(), 3);
    if (text.size() > kMaxPartHeader) {
      header_too_long(tx);
      state_ = State::done;
    }
    return false;
  }
  begin_part(tx, text.substr(0, end), files);
  // The line end before a delimiter belongs to it: an empty part may end right here.
  drop(none ? 0 : end + 2);
  scanned_ = 0;
  skip_ = 2;
  state_ = State::content;
  return true;
}

std::optional<std::string_view> Multipart::part_header(std::string_view headers, std::string_view name) {
  std::optional<std::string_view> value;
  for (std::string_view lines = headers; !lines.empty();) {
    const std::size_t eol = lines.find("\r\n");
    const std::string_view line = lines.substr(0, eol);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_nocase(trim(line.substr(0, colon)), name))
      value = line.substr(colon + 1);
    if (eol == std::string_view::npos) break;
    lines.remove_prefix(eol + 2);
  }
  return value;
}

void Multipart::gap(HttpTransaction& tx, std::uint64_t length, const FileOpening& files) {
  if (state_ != State::content) return;
  emit(tx, rest().size(), files);
  part_gap(length);
}

void Multipart::finish(HttpTransaction& tx, const FileOpening& files) {
  if (state_ == State::content) emit(tx, rest().size(), files);
}

void FormParts::begin_part(HttpTransaction& tx, std::string_view headers, const FileOpening& files) {
  for (std::string_view lines = headers; !lines.empty();) {
    const std::size_t eol = lines.find("\r\n");
    if (lines.substr(0, eol).find(':') == std::string_view::npos) note(tx, Event::multipart_invalid_header);
    if (eol == std::string_view::npos) break;
    lines.remove_prefix(eol + 2);
  }
  const auto disposition = part_header(headers, "content-disposition");
  const auto name = disposition ? header_parameter(*disposition, "filename") : std::nullopt;
  if (!name || name->empty()) return;
  if (name->size() > kMaxFileName) note(tx, Event::file_name_too_long);
  file_.open(tx.request.files, flow_files_, {.name = *name, .window = limits_}, files);
}

void FormParts::end_part(HttpTransaction& tx) {
  if (file_.is_empty()) note(tx, Event::multipart_no_filedata);
  file_.close(FileState::closed);
}

void FormParts::header_too_long(HttpTransaction& tx) {
  note(tx, Event::multipart_invalid_header);
}

void FormParts::end(HttpTransaction& tx, bool whole, const FileOpening& files) {
  finish(tx, files);
  if (!file_.is_open()) return;
  if (whole) note(tx, Event::multipart_generic_error);  // the body ended inside a part
  file_.close(whole ? FileState::closed : FileState::truncated);
}

}  // namespace weir::http
