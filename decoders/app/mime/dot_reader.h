// Takes a mail out of a stream in which a dot alone on a line ends it (SMTP's DATA, POP3's RETR: RFC 5321, 4.5.2; RFC 1939, 3).
#pragma once

#include <cstdint>

#include "decoders/types.h"

namespace weir::mime {

// The dots that were put in front of lines are left out, and a dot alone on a line ends the mail, whether lines end with CR LF or
// with LF. Whatever the bytes are cut into, what comes out is the same.
class DotReader {
 public:
  struct Part {
    Bytes content;  // a view into the bytes, or one CR that is constant
    bool ended = false;
  };
  // Takes the next bytes off `rest`, at least one of which there must be.
  Part next(Bytes& rest);
  // A mail begins.
  void begin() { at_ = At::line_start; }
  // Bytes are missing: what comes next may be the middle of a line.
  void resynchronise() { at_ = At::in_line; }

 private:
  enum class At : std::uint8_t { line_start, dot, dot_return, in_line };
  At at_ = At::line_start;
};

}  // namespace weir::mime
