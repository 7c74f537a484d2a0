// Files in a multipart/form-data body (RFC 7578) that arrives in chunks.
//
// Every part with a file name becomes a file of the request with a window of its own. Bytes are looked at
// once, and at most a boundary's length of them is held back. Part headers over kMaxPartHeader bytes end the
// reading.
#pragma once

#include <string>

#include "decoders/app/file_writer.h"
#include "decoders/app/http/settings.h"
#include "decoders/app/http/transaction.h"

namespace weir::http {

inline constexpr std::size_t kMaxBoundary = 256;
inline constexpr std::size_t kMaxPartHeader = 8 * 1024;

class Multipart : public Slabbed {
 public:
  Multipart(std::string_view boundary, const BodyLimits& limits, FlowFiles& flow_files)
      : delimiter_("\r\n--" + SlabString(boundary)), limits_(limits), flow_files_(flow_files) {}

  void data(HttpTransaction& tx, Bytes chunk, const FileOpening& files);
  void gap(HttpTransaction& tx, std::uint64_t length);
  void finish(HttpTransaction& tx, bool whole);
  // The one that is being read; null: none.
  [[nodiscard]] const AppFile* file() const { return file_.file(); }

 private:
  enum class State : std::uint8_t { preamble, after_delimiter, headers, content, done };
  // Each handles what is in pending_ as far as it goes; false: more bytes are needed.
  bool step(HttpTransaction& tx, const FileOpening& files);
  bool skip_to_delimiter(HttpTransaction& tx);
  bool read_headers(HttpTransaction& tx, const FileOpening& files);
  void emit(std::size_t size);
  void drop(std::size_t size) { begin_ += size; }
  [[nodiscard]] std::string_view rest() const { return std::string_view(pending_).substr(begin_); }

  SlabString delimiter_;
  BodyLimits limits_;
  FlowFiles& flow_files_;
  State state_ = State::preamble;
  SlabString pending_;
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;  // of the part headers, from begin_ on
  std::size_t skip_ = 0;     // bytes of content that are no content: the line end behind the headers
  FileWriter file_;
};

}  // namespace weir::http
