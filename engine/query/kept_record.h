// A copy of a record with all that it points to, in as few bytes as it says things: for those that many are kept of.
#pragma once

#include <string>

#include "decoders/byte_cursor.h"
#include "decoders/text.h"
#include "output/flow/record_codec.h"

namespace weir::engine {

// Texts are cut to output::kMaxRecordTextBytes.
class KeptRecord {
 public:
  KeptRecord() = default;
  explicit KeptRecord(const flow::Record& record) {
    thread_local std::string room(output::kMaxRecordBytes, '\0');
    auto* const begin = reinterpret_cast<std::uint8_t*>(room.data());
    const auto* const end = output::RecordEncoder().encode(record, begin);
    bytes_.assign(room.data(), static_cast<std::size_t>(end - begin));
  }
  // Writes the record to `record`; its detail is `detail`, or null. Texts are views into this.
  void read(flow::Record& record, flow::Detail& detail) const {
    record = {};
    ByteCursor in(as_bytes(bytes_));
    output::RecordDecoder().decode(in, record, detail);
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

}  // namespace weir::engine
