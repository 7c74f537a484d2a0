// Records that wait to be written in the order of their begin: packed, some 60 bytes each, not as the structures they come in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "decoders/byte_cursor.h"
#include "decoders/flow/record.h"
#include "output/flow/record_codec.h"

namespace weir::output {

class RecordSorter {
 public:
  // Copies it with all that it points to; texts are cut to kMaxRecordTextBytes.
  void add(const flow::Record& record);
  // Orders what is there by begin; of those that began together, the one that was added first comes first.
  void sort();

  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] TimeUs start(std::size_t place) const { return places_[place].start; }
  // Calls visit(record) for places [from, to), after sort(). The record and its texts live as long as the call.
  template <class Visit>
  void visit(std::size_t from, std::size_t to, const Visit& visit) const {
    RecordDecoder decoder;
    flow::Record record;
    const auto detail = std::make_unique<flow::Detail>();
    for (std::size_t i = from; i < to; ++i) {
      decoder.reset();
      ByteCursor in{bytes_at(places_[i])};
      decoder.decode(in, record, *detail);
      visit(static_cast<const flow::Record&>(record));
    }
  }
  void clear();

 private:
  static constexpr std::size_t kChunkBytes = std::size_t{4} << 20U;
  struct Place {
    TimeUs start;
    std::uint32_t chunk, offset, size;
  };
  [[nodiscard]] Bytes bytes_at(const Place& place) const {
    return {chunks_[place.chunk].get() + place.offset, place.size};
  }

  std::vector<std::unique_ptr<std::uint8_t[]>> chunks_;
  std::size_t used_chunks_ = 0, used_bytes_ = kChunkBytes;  // of the last chunk that is in use
  std::vector<Place> places_;
};

}  // namespace weir::output
