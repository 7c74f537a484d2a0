#include "decoders/app/http/multipart.h"

#include <algorithm>

#include "decoders/app/http/body.h"
#include "decoders/app/http/head.h"
#include "decoders/text.h"

namespace weir::http {
namespace {

}  // namespace

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
    case State::content: return skip_to_delimiter(tx);
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
bool Multipart::skip_to_delimiter(HttpTransaction& tx) {
  const std::size_t at = rest().find(delimiter_);
  if (at == std::string_view::npos) {
    const std::size_t keep = std::min(rest().size(), delimiter_.size() - 1);
    emit(rest().size() - keep);
    return false;
  }
  emit(at);
  skip_ = 0;
  drop(delimiter_.size());
  if (file_.is_empty()) note(tx, Event::multipart_no_filedata);
  file_.close(FileState::closed);
  state_ = State::after_delimiter;
  return true;
}

void Multipart::emit(std::size_t size) {
  const std::size_t skipped = std::min(skip_, size);
  skip_ -= skipped;
  const Bytes part = as_bytes(rest().substr(skipped, size - skipped));
  file_.append(part);
  drop(size);
}

bool Multipart::read_headers(HttpTransaction& tx, const FileOpening& files) {
  const std::string_view text = rest();
  const bool none = text.substr(0, 2) == "\r\n";
  const std::size_t end = none ? 0 : text.find("\r\n\r\n", scanned_);
  if (end == std::string_view::npos) {
    scanned_ = text.size() - std::min<std::size_t>(text.size(), 3);
    if (text.size() > kMaxPartHeader) {
      note(tx, Event::multipart_invalid_header);
      state_ = State::done;
    }
    return false;
  }
  std::optional<SlabString> name;
  std::string_view lines = text.substr(0, end);
  while (!lines.empty()) {
    const std::size_t eol = lines.find("\r\n");
    const std::string_view line = lines.substr(0, eol);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
      note(tx, Event::multipart_invalid_header);
    else if (equals_nocase(trim(line.substr(0, colon)), "content-disposition"))
      name = header_parameter(line.substr(colon + 1), "filename");
    if (eol == std::string_view::npos) break;
    lines.remove_prefix(eol + 2);
  }
  // The line end before a delimiter belongs to it: an empty part may end right here.
  drop(none ? 0 : end + 2);
  scanned_ = 0;
  skip_ = 2;
  state_ = State::content;
  if (name && !name->empty()) {
    if (name->size() > kMaxFileName) note(tx, Event::file_name_too_long);
    file_.open(tx.request.files, flow_files_, {.name = *name, .window = limits_}, files);
  }
  return true;
}

void Multipart::gap(HttpTransaction&, std::uint64_t length) {
  if (state_ == State::content) {
    emit(rest().size());
    file_.gap(length);
  }
}

void Multipart::finish(HttpTransaction& tx, bool whole) {
  if (state_ == State::content) emit(rest().size());
  if (!file_.is_open()) return;
  if (whole) note(tx, Event::multipart_generic_error);  // the body ended inside a part
  file_.close(whole ? FileState::closed : FileState::truncated);
}

}  // namespace weir::http
