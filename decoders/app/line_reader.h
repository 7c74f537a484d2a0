// Takes one direction of a stream apart into lines, for parsers of protocols that consist of them (FTP, SMTP ...).
//
// However the stream is cut into calls, the lines are the same. A line ends with LF or CR LF, of which it is shown without.
// Of one that is longer than the limit the beginning is shown, as soon as it is there, and the rest is passed over.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoders/text.h"
#include "decoders/types.h"

namespace weir {

class LineReader {
 public:
  struct Line {
    std::string_view text;  // a view into the stream
    bool is_truncated = false;
  };

  // Takes the next line off `rest`, which is what of the direction has not been consumed. None: more bytes are needed;
  // those that are passed over have been taken off. With `eof` what is left is a line, too. No byte is looked at twice.
  std::optional<Line> next(Bytes& rest, std::size_t longest, bool eof) {
    if (!begins_line(rest)) return std::nullopt;
    // A text of the longest length may be followed by CR and LF.
    const std::size_t reach = std::min(rest.size(), longest + 2);
    const std::size_t end = as_text(rest.first(reach)).find('\n', std::min(scanned_, reach));
    if (end != std::string_view::npos) return take(rest, end, end + 1, longest);
    if (reach == longest + 2) {
      passing_over_ = true;
      return take(rest, reach, longest, longest);
    }
    if (eof && !rest.empty()) return take(rest, rest.size(), rest.size(), longest);
    scanned_ = rest.size();
    return std::nullopt;
  }

  // Passes over what is left of a line whose beginning was shown, or is missing. True: `rest` begins a line, or is empty.
  bool begins_line(Bytes& rest) { return !passing_over_ || pass_over(rest); }
  // Bytes are missing: what comes next may be the middle of a line.
  void resynchronise() {
    passing_over_ = true;
    scanned_ = 0;
  }

 private:
  // True: what follows begins a line.
  bool pass_over(Bytes& rest) {
    const std::size_t end = as_text(rest).find('\n');
    passing_over_ = end == std::string_view::npos;
    rest = rest.subspan(passing_over_ ? rest.size() : end + 1);
    return !passing_over_;
  }
  Line take(Bytes& rest, std::size_t end, std::size_t consumed, std::size_t longest) {
    std::string_view text = as_text(rest.first(end));
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    rest = rest.subspan(consumed);
    scanned_ = 0;
    return {text.substr(0, longest), text.size() > longest};
  }

  std::size_t scanned_ = 0;  // of a line whose end is not there
  bool passing_over_ = false;
};

}  // namespace weir
