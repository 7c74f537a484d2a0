// Bodies of several parts (RFC 2046) that arrive in chunks, and the files in those of forms (multipart/form-data, RFC 7578).
//
// Bytes are looked at once, and at most a boundary's length of them is held back. Part headers over kMaxPartHeader bytes end
// the reading.
#pragma once

#include <optional>
#include <string>

#include "decoders/app/file_writer.h"
#include "decoders/app/http/settings.h"
#include "decoders/app/http/transaction.h"

namespace weir::http {

inline constexpr std::size_t kMaxBoundary = 256;
inline constexpr std::size_t kMaxPartHeader = 8 * 1024;

class Multipart : public Slabbed {
 public:
  explicit Multipart(std::string_view boundary) : delimiter_("\r\n--" + SlabString(boundary)) {}
  virtual ~Multipart() = default;

  void data(HttpTransaction& tx, Bytes chunk, const FileOpening& files);
  void gap(HttpTransaction& tx, std::uint64_t length, const FileOpening& files);
  // What was held back comes out.
  void finish(HttpTransaction& tx, const FileOpening& files);

 protected:
  // Of a line of part headers without its name; none: there is no such line. `name` in lower case.
  static std::optional<std::string_view> part_header(std::string_view headers, std::string_view name);

 private:
  // `headers` are lines with CRLF between them.
  virtual void begin_part(HttpTransaction& tx, std::string_view headers, const FileOpening& files) = 0;
  virtual void part_bytes(HttpTransaction& tx, Bytes chunk, const FileOpening& files) = 0;
  virtual void part_gap(std::uint64_t length) = 0;
  // The delimiter behind a part, or behind what stands before the first one.
  virtual void end_part(HttpTransaction&) {}
  virtual void header_too_long(HttpTransaction&) {}

  enum class State : std::uint8_t { preamble, after_delimiter, headers, content, done };
  // Each handles what is in pending_ as far as it goes; false: more bytes are needed.
  bool step(HttpTransaction& tx, const FileOpening& files);
  bool skip_to_delimiter(HttpTransaction& tx, const FileOpening& files);
  bool read_headers(HttpTransaction& tx, const FileOpening& files);
  void emit(HttpTransaction& tx, std::size_t size, const FileOpening& files);
  void drop(std::size_t size) { begin_ += size; }
  [[nodiscard]] std::string_view rest() const { return std::string_view(pending_).substr(begin_); }

  SlabString delimiter_;
  State state_ = State::preamble;
  SlabString pending_;
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;  // of the part headers, from begin_ on
  std::size_t skip_ = 0;     // bytes of content that are no content: the line end behind the headers
};

// Every part with a file name becomes a file of the request with a window of its own.
class FormParts final : public Multipart {
 public:
  FormParts(std::string_view boundary, const BodyLimits& limits, FlowFiles& flow_files)
      : Multipart(boundary), limits_(limits), flow_files_(flow_files) {}

  // `whole`: the message says that this was all of it.
  void end(HttpTransaction& tx, bool whole, const FileOpening& files);
  // The one that is being read; null: none.
  [[nodiscard]] const AppFile* file() const { return file_.file(); }

 private:
  void begin_part(HttpTransaction& tx, std::string_view headers, const FileOpening& files) override;
  void part_bytes(HttpTransaction&, Bytes chunk, const FileOpening&) override { file_.append(chunk); }
  void part_gap(std::uint64_t length) override { file_.gap(length); }
  void end_part(HttpTransaction& tx) override;
  void header_too_long(HttpTransaction& tx) override;

  BodyLimits limits_;
  FlowFiles& flow_files_;
  FileWriter file_;
};

}  // namespace weir::http
