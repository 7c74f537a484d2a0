// Responses that carry parts of a file (RFC 9110, 14): where their bytes belong, and the way to who puts them together.
#pragma once

#include <optional>
#include <string_view>

#include "decoders/app/file_writer.h"
#include "decoders/app/http/multipart.h"
#include "decoders/app/http/transaction.h"
#include "decoders/app/part_joiner.h"

namespace weir::http {

struct ContentRange {
  std::uint64_t start = 0, end = 0;  // the first byte and the last
  std::uint64_t file_size = 0;       // 0: not known
  [[nodiscard]] bool is_all() const { return start == 0 && file_size != 0 && end + 1 == file_size; }
};

// "bytes 0-99/1000". None: not of this form, or no range.
std::optional<ContentRange> parse_content_range(std::string_view value);

// Hands bytes of one response on to PartJoiner::join. Parts of one file are those of one URI at one host.
class RangeReader : public Slabbed {
 public:
  RangeReader(const HttpTransaction& tx, std::string_view file_name, const JoinLimits& limits);
  // The next bytes are those of `range`; what is behind its end, or of a file of unknown size, belongs to no file.
  void begin(const ContentRange& range);
  // The file that the bytes complete is one more of the response's.
  void data(HttpTransaction& tx, FlowFiles& flow_files, Bytes chunk, const FileOpening& files);
  void gap(std::uint64_t length) { next_ += std::min(length, left()); }

 private:
  [[nodiscard]] std::uint64_t left() const { return behind_ - next_; }

  SlabString resource_, file_name_;
  const JoinLimits& limits_;
  std::uint64_t file_size_ = 0, next_ = 0, behind_ = 0;
};

// The parts of a multipart/byteranges body.
class RangeParts final : public Multipart {
 public:
  RangeParts(std::string_view boundary, const HttpTransaction& tx, std::string_view file_name,
             const JoinLimits& limits, FlowFiles& flow_files)
      : Multipart(boundary), reader_(tx, file_name, limits), flow_files_(flow_files) {}

 private:
  void begin_part(HttpTransaction& tx, std::string_view headers, const FileOpening& files) override;
  void part_bytes(HttpTransaction& tx, Bytes chunk, const FileOpening& files) override;
  void part_gap(std::uint64_t length) override { reader_.gap(length); }

  RangeReader reader_;
  FlowFiles& flow_files_;
};

}  // namespace weir::http
