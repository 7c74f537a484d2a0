#include "decoders/app/streamed_body.h"

#include <algorithm>

namespace weir {

void StreamedBody::append(Bytes chunk) {
  size_ += chunk.size();
  while (!chunk.empty() && !full()) {
    const Bytes piece = limits_.limit == 0 || room() >= chunk.size() ? chunk : chunk.first(room());
    window_.insert(window_.end(), piece.begin(), piece.end());
    kept_ += piece.size();
    chunk = chunk.subspan(piece.size());
    if (limits_.limit != 0) count_repetitions();
  }
}

void StreamedBody::count_repetitions() {
  for (; checked_ + kRepeatBlock <= kept_; checked_ += kRepeatBlock) {
    if (checked_ < window_offset_ + kRepeatDistance) continue;
    const Bytes block = Bytes{window_}.subspan(checked_ - window_offset_, kRepeatBlock);
    const Bytes before = Bytes{window_}.subspan(checked_ - window_offset_ - kRepeatDistance, kRepeatBlock);
    if (std::equal(block.begin(), block.end(), before.begin())) repeated_ += kRepeatBlock;
  }
}

bool StreamedBody::ready() const {
  if (complete_) return !shown_complete_;
  if (full()) return inspected_ < kept_;
  return kept_ > inspected_ && kept_ - inspected_ >= limits_.inspect_min_size;
}

BodyView StreamedBody::view() const {
  return {window_, window_offset_, complete_ || full()};
}

void StreamedBody::mark_inspected() {
  inspected_ = kept_;
  if (complete_) shown_complete_ = true;
  if (window_.size() <= limits_.inspect_window) return;
  const std::size_t drop = window_.size() - limits_.inspect_window;
  window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(drop));
  window_offset_ += drop;
  if (window_.capacity() / 2 >= window_.size()) window_.shrink_to_fit();
}

}  // namespace weir
