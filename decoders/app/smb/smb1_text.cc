#include "decoders/app/smb/smb1_text.h"

#include <algorithm>

#include "decoders/app/smb/transaction.h"
#include "decoders/text.h"
#include "decoders/utf16.h"

namespace weir::smb::smb1 {

TextReader::TextReader(Bytes message, Bytes from, bool is_unicode)
    : in_(from), begins_odd_((from.data() - message.data()) % 2 != 0), is_unicode_(is_unicode) {}

Bytes TextReader::take_available(std::size_t n) {
  return in_.take(std::min(n, in_.remaining()));
}

void TextReader::align() {
  if ((in_.offset() % 2 != 0) != begins_odd_ && !in_.empty()) in_.skip(1);
}

SlabString TextReader::next_ascii() {
  const std::string_view rest = as_text(in_.peek(in_.remaining()));
  const std::string_view found = rest.substr(0, rest.find('\0'));
  take_available(found.size() + 1);
  return SlabString{found.substr(0, kMaxName)};
}

SlabString TextReader::next() {
  if (!is_unicode_) return next_ascii();
  align();
  const Bytes rest = in_.peek(in_.remaining());
  std::size_t end = 0;
  while (end + 1 < rest.size() && (rest[end] != 0 || rest[end + 1] != 0)) end += 2;
  take_available(end + 2);
  return utf8_of_utf16le(rest.first(std::min(end, kMaxName)));
}

SlabString TextReader::next(std::size_t length) {
  if (is_unicode_) align();
  const Bytes found = take_available(length);
  if (is_unicode_) return TextReader(found, found, true).next();
  return TextReader(found, found, false).next_ascii();
}

}  // namespace weir::smb::smb1
