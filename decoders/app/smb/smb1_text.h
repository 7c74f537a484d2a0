// Texts in messages of SMB 1, one behind the other: in UTF-16, at even offsets of the message, or in bytes.
#pragma once

#include "decoders/byte_cursor.h"
#include "decoders/slab.h"
#include "decoders/types.h"

namespace weir::smb::smb1 {

// Texts come out as UTF-8 where they were UTF-16, and at most kMaxName bytes as sent of each.
class TextReader {
 public:
  // `from` is a part of `message`.
  TextReader(Bytes message, Bytes from, bool is_unicode);

  void skip(std::size_t n) { in_.skip(n); }
  // What of the next n bytes is there.
  Bytes take_available(std::size_t n);
  [[nodiscard]] bool failed() const { return in_.failed(); }
  // Up to the zero that ends it; all that is left where there is none.
  SlabString next();
  // The same, in bytes whatever the message says.
  SlabString next_ascii();
  // One of so many bytes, as far as they are there. A zero in it ends it.
  SlabString next(std::size_t length);

 private:
  void align();

  ByteCursor in_;
  bool begins_odd_, is_unicode_;
};

}  // namespace weir::smb::smb1
