// Records as bytes, and back: what the journal keeps.
//
// A record takes as many bytes as it says things: what is zero is not written, numbers are varints, times are differences to the
// record before. So records are read from the first of a block on, in their order, by a reader that starts where the writer did.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoders/byte_cursor.h"
#include "decoders/flow/record.h"

namespace weir::output {

// Texts of a record are cut to this.
inline constexpr std::size_t kMaxRecordTextBytes = 512;
// No record is longer.
inline constexpr std::size_t kMaxRecordBytes = 16384;

class RecordEncoder {
 public:
  // The next record is the first of a block.
  void reset() { *this = RecordEncoder{}; }
  // Writes to `to`, which has room for kMaxRecordBytes, and returns the place behind it.
  std::uint8_t* encode(const flow::Record& record, std::uint8_t* to);

 private:
  flow::Exporter exporter_;
  TimeUs first_ = 0;
  bool has_exporter_ = false;
};

class RecordDecoder {
 public:
  void reset() { *this = RecordDecoder{}; }
  // Reads the next record. Its texts are views into what `in` reads, its detail is `detail`, or null. False: the bytes are no
  // record, and `in` has failed.
  bool decode(ByteCursor& in, flow::Record& record, flow::Detail& detail);

 private:
  flow::Exporter exporter_;
  TimeUs first_ = 0;
};

}  // namespace weir::output
