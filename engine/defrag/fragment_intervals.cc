#include "engine/defrag/fragment_intervals.h"

#include <algorithm>
#include <cstring>

namespace weir::engine {

bool FragmentIntervals::new_wins(FragmentPolicy policy, const Fragment& old, const Fragment& fresh) {
  switch (policy) {
    case FragmentPolicy::bsd: return old.begin > fresh.begin;
    case FragmentPolicy::bsd_right: return old.begin <= fresh.begin;
    case FragmentPolicy::old_linux: return old.begin >= fresh.begin;
    case FragmentPolicy::linux_:
    case FragmentPolicy::first: return false;
    case FragmentPolicy::last: return true;
    case FragmentPolicy::windows: return fresh.begin < old.begin && fresh.end > old.end;
    case FragmentPolicy::solaris: return fresh.begin < old.begin && fresh.end >= old.end;
  }
  return false;
}

void FragmentIntervals::append_fresh(std::uint32_t begin, std::uint32_t end, const Fragment& of,
                                     std::uint32_t kept_at) {
  if (begin == end) return;
  if (!merged_.empty() && merged_.back().fresh && merged_.back().end == begin) {
    merged_.back().end = end;
    return;
  }
  merged_.push_back({begin, end, of, kept_at + (begin - of.begin), true});
}

void FragmentIntervals::append_part(const Interval& of, std::uint32_t begin, std::uint32_t end) {
  if (begin == end) return;
  merged_.push_back({begin, end, of.of, of.at + (begin - of.begin), false});
}

// Fills merged_ with what takes the place of intervals [first, last), all of which overlap the fresh
// fragment.
void FragmentIntervals::merge(std::size_t first, std::size_t last, const Fragment& fresh,
                              FragmentPolicy policy, std::uint32_t kept_at) {
  merged_.clear();
  std::uint32_t done = fresh.begin;  // of the fresh fragment
  for (std::size_t i = first; i < last; ++i) {
    const Interval& old = intervals_[i];
    const std::uint32_t begin = std::max(old.begin, fresh.begin), end = std::min(old.end, fresh.end);
    append_fresh(done, begin, fresh, kept_at);
    if (new_wins(policy, old.of, fresh)) {
      append_part(old, old.begin, begin);
      append_fresh(begin, end, fresh, kept_at);
      append_part(old, end, old.end);
    } else {
      append_part(old, old.begin, old.end);
    }
    done = end;
  }
  append_fresh(done, fresh.end, fresh, kept_at);
}

// The last fragment ends the datagram: nothing lies behind it, and there is one end only.
bool FragmentIntervals::fits_end(const Fragment& fresh, bool last) const {
  if (last) return fresh.end >= size() && (!seen_last_ || fresh.end == size());
  return !seen_last_ || fresh.end <= size();
}

FragmentIntervals::Added FragmentIntervals::add(std::uint32_t begin, Bytes data, bool last,
                                                FragmentPolicy policy) {
  const bool strict = policy == FragmentPolicy::linux_;
  if (data.empty()) return strict ? Added::refuted : Added::clean;
  if (kept_.size() + data.size() > kMaxKeptBytes) return Added::full;
  const Fragment fresh{begin, begin + static_cast<std::uint32_t>(data.size())};
  const auto kept_at = static_cast<std::uint32_t>(kept_.size());
  if (strict && !fits_end(fresh, last)) return Added::refuted;
  if (begin >= size()) {  // in order, or behind a hole
    if (intervals_.size() >= kMaxIntervals) return Added::full;
    kept_.insert(kept_.end(), data.begin(), data.end());
    intervals_.push_back({fresh.begin, fresh.end, fresh, kept_at, false});
    covered_ += fresh.end - fresh.begin;
    seen_last_ |= last;
    return Added::clean;
  }
  const auto from = std::partition_point(intervals_.begin(), intervals_.end(),
                                         [&](const Interval& i) { return i.end <= fresh.begin; });
  const auto to =
      std::partition_point(from, intervals_.end(), [&](const Interval& i) { return i.begin < fresh.end; });
  const auto first = static_cast<std::size_t>(from - intervals_.begin());
  const auto past = static_cast<std::size_t>(to - intervals_.begin());
  if (strict && first != past) {
    std::uint32_t there = 0;  // bytes of it
    for (std::size_t i = first; i < past; ++i)
      there += std::min(intervals_[i].end, fresh.end) - std::max(intervals_[i].begin, fresh.begin);
    if (there != fresh.end - fresh.begin) return Added::refuted;
    seen_last_ |= last;
    return Added::overlap;
  }
  merge(first, past, fresh, policy, kept_at);
  const std::size_t after = intervals_.size() - (past - first) + merged_.size();
  if (after > kMaxIntervals) return Added::full;

  if (after > intervals_.capacity()) intervals_.reserve(std::max(after, 2 * intervals_.capacity()));
  std::uint32_t before = 0, now = 0;
  const bool won = std::any_of(merged_.begin(), merged_.end(), [](const Interval& i) { return i.fresh; });
  if (won) kept_.insert(kept_.end(), data.begin(), data.end());
  for (std::size_t i = first; i < past; ++i) before += intervals_[i].end - intervals_[i].begin;
  for (Interval& i : merged_) {
    now += i.end - i.begin;
    i.fresh = false;
  }
  covered_ += now - before;
  const auto place = intervals_.begin() + static_cast<std::ptrdiff_t>(first);
  intervals_.insert(intervals_.erase(place, place + static_cast<std::ptrdiff_t>(past - first)), merged_.begin(),
                    merged_.end());
  seen_last_ |= last;
  return first != past ? Added::overlap : Added::clean;
}

void FragmentIntervals::copy_to(std::uint8_t* out) const {
  for (const Interval& i : intervals_) std::memcpy(out + i.begin, kept_.data() + i.at, i.end - i.begin);
}

std::size_t FragmentIntervals::memory_bytes() const {
  return kept_.capacity() + (intervals_.capacity() + merged_.capacity()) * sizeof(Interval);
}

}  // namespace weir::engine
