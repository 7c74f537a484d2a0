#include "output/flow/store/record_sorter.h"

#include <algorithm>

namespace weir::output {

void RecordSorter::add(const flow::Record& record) {
  if (used_bytes_ + kMaxRecordBytes > kChunkBytes) {
    if (used_chunks_ == chunks_.size())
      chunks_.push_back(std::unique_ptr<std::uint8_t[]>(new std::uint8_t[kChunkBytes]));
    ++used_chunks_;
    used_bytes_ = 0;
  }
  std::uint8_t* const begin = chunks_[used_chunks_ - 1].get() + used_bytes_;
  RecordEncoder encoder;  // each record is read without those before it
  const auto size = static_cast<std::uint32_t>(encoder.encode(record, begin) - begin);
  places_.push_back({times_of(record).first, static_cast<std::uint32_t>(used_chunks_ - 1),
                     static_cast<std::uint32_t>(used_bytes_), size});
  used_bytes_ += size;
}

void RecordSorter::sort() {
  const auto is_before = [](const Place& a, const Place& b) { return a.start < b.start; };
  if (!std::is_sorted(places_.begin(), places_.end(), is_before))
    std::stable_sort(places_.begin(), places_.end(), is_before);
}

void RecordSorter::clear() {
  places_.clear();
  used_chunks_ = 0;
  used_bytes_ = kChunkBytes;
}

}  // namespace weir::output
