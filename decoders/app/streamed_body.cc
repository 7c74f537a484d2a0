#include "decoders/app/streamed_body.h"

#include <algorithm>

namespace weir {

void StreamedBody::append(Bytes chunk) {
  size_ += chunk.size();
  std::size_t keep = chunk.size();
  if (limits_.limit != 0) keep = std::min<std::uint64_t>(keep, limits_.limit - std::min(limits_.limit, kept_));
  window_.insert(window_.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(keep));
  kept_ += keep;
}

bool StreamedBody::ready() const {
  if (complete_) return !shown_complete_;
  if (limits_.limit != 0 && kept_ >= limits_.limit) return inspected_ < kept_;
  return kept_ > inspected_ && kept_ - inspected_ >= limits_.inspect_min_size;
}

BodyView StreamedBody::view() const { return {window_, window_offset_, complete_ || (limits_.limit != 0 && kept_ >= limits_.limit)}; }

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
