// The bytes of one parse() call, and how lines are found in them. A line that is not complete yet is not
// consumed; the scan position says how far it has been looked at, so that no byte is looked at twice.
#pragma once

#include <optional>

#include "decoders/app/file_writer.h"
#include "decoders/app/frame.h"
#include "decoders/app/http/settings.h"
#include "decoders/types.h"

namespace weir::http {

enum class FrameKind : std::uint8_t {
#define FRAME(id, name) id,
#include "decoders/app/http/frames.def"
#undef FRAME
};

struct Line {
  std::size_t size = 0;  // with its end
  std::size_t text = 0;  // without
};

class Feed {
 public:
  Feed(Bytes data, bool eof, const FileOpening& files, const FrameSink& frames)
      : data_(data), eof_(eof), files_(files), frames_(frames) {}
  [[nodiscard]] Bytes rest() const { return data_.subspan(pos_); }
  [[nodiscard]] bool empty() const { return pos_ == data_.size(); }
  [[nodiscard]] bool eof() const { return eof_; }
  [[nodiscard]] const FileOpening& files() const { return files_; }
  [[nodiscard]] std::size_t consumed() const { return pos_; }
  Bytes take(std::size_t n) {
    const Bytes out = data_.subspan(pos_, n);
    pos_ += n;
    return out;
  }
  // A frame that begins, or ends, with the next byte.
  FrameId begin_frame(FrameKind kind, std::uint64_t tx_id) {
    return frames_.begin(kind, rest(), AppFrame::kUnknown, tx_id);
  }
  void end_frame(FrameId id) { frames_.end(id, rest()); }
  [[nodiscard]] bool frames_full() const { return frames_.full(); }

 private:
  Bytes data_;
  std::size_t pos_ = 0;
  bool eof_;
  FileOpening files_;
  FrameSink frames_;
};

// A line that ends with LF (requests, chunk sizes). At the end of the stream what is left is a line.
std::optional<Line> find_line(Bytes rest, std::size_t& scanned, bool eof);

// A line of a response head, where browsers also take a lone CR for an end; CR CR is no end.
std::optional<Line> find_response_line(Bytes rest, std::size_t& scanned, bool eof);

// A chunk's length (RFC 9112, 7.1), leniently: blanks around, junk and extensions behind.
struct ChunkLength {
  bool valid = false;
  bool has_extension = false;
  std::uint64_t value = 0;
};
ChunkLength parse_chunk_length(Bytes line);
// Whether a line's first bytes can still become a chunk length.
bool may_be_chunk_length(Bytes start);

}  // namespace weir::http
