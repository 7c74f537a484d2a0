#include "engine/tcp/tcp_stream.h"

#include <algorithm>
#include <new>
#include <string>

namespace weir::engine {
namespace {

// No reader: nothing is worth keeping.
constexpr std::uint64_t kNowhere = UINT64_MAX;

}  // namespace

TcpStream::TcpStream(const StreamSettings& settings, MemoryBudget& budget, Direction direction) {
  settings_ = &settings;
  budget_ = &budget;
  depth_ = settings.depth_bytes == 0 ? UINT64_MAX : settings.depth_bytes;
  chunk_size_ = direction == Direction::to_server ? settings.chunk_to_server : settings.chunk_to_client;
  raw_disabled_ = !settings.raw;
  if (settings.other_readings != 0) message_bytes_ = kMessageBytes[index(direction)];
}

TcpStream::TcpStream(const TcpStream& other) : TcpStreamState(other), pieces_(other.pieces_) {
  behind_.resize(other.behind_.size());
  bool whole = head_.hold_copy_of(other.head_, *budget_) && opening_.hold_copy_of(other.opening_, *budget_);
  for (std::size_t i = 0; i < behind_.size() && whole; ++i)
    whole = behind_[i].hold_copy_of(other.behind_[i], *budget_);
  if (whole) return;
  release();
  throw std::bad_alloc();
}

void TcpStream::release() {
  opening_.release(*budget_);
  head_.release(*budget_);
  for (Region& region : behind_) region.release(*budget_);
  behind_.clear();
  pieces_.clear();
  pieces_begin_ = 0;
}

std::int64_t TcpStream::offset_of(std::uint32_t sequence) const {
  const std::uint64_t near = std::max(acked_, head_.end());
  const std::int64_t offset =
      static_cast<std::int64_t>(near) + seq_distance(base_seq_ + static_cast<std::uint32_t>(near), sequence);
  return left_out_count_ == 0 ? offset : offset + left_out_from(sequence);
}

// Below it readers may see what is there; it may lie beyond all data.
std::uint64_t TcpStream::end_of_shown() const {
  std::uint64_t limit = settings_->inline_mode || finished_ ? UINT64_MAX : acked_;
  if (end_known_) limit = std::min(limit, end_);
  return std::min(limit, depth_);
}

const TcpStream::Region* TcpStream::region_at(std::uint64_t offset) const {
  if (offset >= head_.offset && offset < head_.end()) return &head_;
  if (behind_.empty()) return nullptr;
  auto after = std::upper_bound(behind_.begin(), behind_.end(), offset,
                                [](std::uint64_t o, const Region& r) { return o < r.offset; });
  if (after == behind_.begin()) return nullptr;
  --after;
  return offset < after->end() ? &*after : nullptr;
}

// Where the hole at `offset` ends: at the next stored byte.
std::uint64_t TcpStream::hole_end(std::uint64_t offset) const {
  if (!head_.empty() && head_.offset > offset) return head_.offset;
  const auto after = std::upper_bound(behind_.begin(), behind_.end(), offset,
                                      [](std::uint64_t o, const Region& r) { return o < r.end(); });
  return after == behind_.end() ? UINT64_MAX : std::max(after->offset, offset);
}

std::uint64_t TcpStream::certain_end() const {
  std::uint64_t limit = std::min(acked_, depth_);
  if (end_known_) limit = std::min(limit, end_);
  return limit;
}

// A hole is lost when the receiver has confirmed what we hold behind it. With nothing behind, what fills it
// may only be captured late; the same `offset` then says that nothing is lost. In the end it is enough that the receiver
// has confirmed some of the hole: it got what we did not, and more than we have seen it confirm.
std::uint64_t TcpStream::lost_until(std::uint64_t offset) const {
  const std::uint64_t next = hole_end(offset);
  if (next == UINT64_MAX) return offset;
  const std::uint64_t certain = certain_end();
  const std::uint64_t shown = finished_ && certain > offset ? end_of_shown() : certain;
  return next <= shown ? next : offset;
}

// The receiver has everything up to the FIN, and all that we have lies before `offset`.
bool TcpStream::lacks_only_its_end(std::uint64_t offset) const {
  return fin_ends_app_ && acked_ >= end_ && region_at(offset) == nullptr && hole_end(offset) == UINT64_MAX;
}

bool TcpStream::over_at(std::uint64_t offset, bool fin_counts) const {
  const bool ends_here = end_known_ && (offset >= end_ || lacks_only_its_end(offset));
  if (ends_here && (fin_counts || finished_ || settings_->inline_mode)) return true;
  if (offset >= closed_at_) return true;
  if (depth_reached_ && offset >= depth_) return true;
  return finished_ && region_at(offset) == nullptr && lost_until(offset) == offset;
}

TcpStream::Chunk TcpStream::app_chunk() const {
  Chunk out;
  if (app_disabled_) return out;
  const Region* const region = region_at(app_pos_);
  const std::uint64_t end = region == nullptr ? app_pos_ : std::min(region->end(), end_of_shown());
  if (end > app_pos_) {
    out.kind = Chunk::Kind::data;
    out.data = {region->data() + (app_pos_ - region->offset), static_cast<std::size_t>(end - app_pos_)};
  }
  if (region == nullptr || end == region->end()) out.gap = lost_until(end) - end;
  if (out.kind == Chunk::Kind::none && out.gap != 0) out.kind = Chunk::Kind::gap;
  out.eof = out.gap == 0 && over_at(end, fin_ends_app_);
  return out;
}

void TcpStream::consume_app(std::uint64_t n) {
  if (n == 0 || app_disabled_) return;
  const bool is_gap = region_at(app_pos_) == nullptr;
  if (is_gap) has_gap_ = true;
  app_pos_ += n;
  if ((is_gap || app_pos_ > whole_until_) && whole_until_ != 0) cut_message();
  trim();
}

std::uint64_t TcpStream::raw_begin() const {
  if (settings_->inline_mode) return fresh_.begin < fresh_.end ? fresh_.begin : UINT64_MAX;
  if (region_at(raw_pos_) != nullptr) return raw_pos_;
  const std::uint64_t next = hole_end(raw_pos_);
  if (next == UINT64_MAX) return raw_pos_;
  return next <= certain_end() || finished_ ? next : raw_pos_;
}

// Where the bytes begin that stream rules see again together with those at `from`.
std::uint64_t TcpStream::raw_look_back(std::uint64_t from) const {
  const std::uint64_t bytes =
      settings_->inline_mode ? std::max<std::uint64_t>(chunk_size_, kLookBack) : kLookBack;
  return from - std::min(from, bytes);
}

bool TcpStream::has_raw_chunk() const {
  const std::uint64_t begin = raw_begin();
  const Region* const region = region_at(begin);
  if (region == nullptr) return false;
  const std::uint64_t end = std::min(region->end(), end_of_shown());
  if (end <= begin) return false;
  if (settings_->inline_mode || raw_triggered_ || finished_ || end - begin >= chunk_size_) return true;
  return over_at(end, fin_ends_raw_) || (end == region->end() && lost_until(end) > end);
}

TcpStream::RawChunk TcpStream::raw_chunk() const {
  RawChunk out;
  const std::uint64_t fresh = raw_begin();
  const Region* const region = region_at(fresh);
  if (raw_disabled_ || region == nullptr) return out;
  const std::uint64_t end = std::min(region->end(), end_of_shown());
  if (end <= fresh) return out;
  const std::uint64_t from = std::max(region->offset, raw_look_back(fresh));
  out.data = {region->data() + (from - region->offset), static_cast<std::size_t>(end - from)};
  out.offset = from;
  out.new_offset = static_cast<std::size_t>(fresh - from);
  out.eof = over_at(end, fin_ends_raw_);
  return out;
}

bool TcpStream::more_behind_raw_chunk() const {
  const Region* const region = region_at(raw_begin());
  return region != nullptr && hole_end(region->end()) != UINT64_MAX;
}

void TcpStream::mark_raw_inspected() {
  raw_triggered_ = false;
  if (settings_->inline_mode) return mark_inline_inspected();
  const std::uint64_t begin = raw_begin();
  const Region* const region = region_at(begin);
  if (region == nullptr) return;
  raw_pos_ = std::max(raw_pos_, std::min(region->end(), end_of_shown()));
  trim();
  end_when_inspected();
}

// Inline, each segment is looked at when it comes, so nothing waits: the position only says what may be let
// go.
void TcpStream::mark_inline_inspected() {
  fresh_ = {};
  for (std::uint64_t before = UINT64_MAX; before != raw_pos_;) {
    before = raw_pos_;
    if (const Region* const region = region_at(raw_pos_)) raw_pos_ = region->end();
    raw_pos_ = lost_until(raw_pos_);
  }
  trim();
  end_when_inspected();
}

void TcpStream::disable_app() {
  app_disabled_ = true;
  forget_message();
  trim();
}

void TcpStream::disable_raw() {
  raw_disabled_ = true;
  trim();
}

void TcpStream::disable_reassembly() {
  raw_disabled_ = true;
  disable_app();
}

void TcpStream::stop_storing() {
  closed_at_ = head_.end();
  for (Region& region : behind_) region.release(*budget_);
  behind_.clear();
  raw_triggered_ = true;
  disable_app();
  end_when_inspected();
}

void TcpStream::end_when_inspected() {
  if (raw_pos_ >= closed_at_) disable_reassembly();
}

std::uint64_t TcpStream::floor() {
  std::uint64_t floor = app_disabled_ ? kNowhere : app_pos_;
  if (budget_->tight()) {
    forget_message();
    return std::min({floor, raw_disabled_ ? kNowhere : raw_pos_, held_});
  }
  // Inline what its receiver may yet take from another copy is compared with this one.
  if (settings_->inline_mode && !reassembly_disabled())
    floor = std::min({floor, acked_, raw_disabled_ ? kNowhere : again_from_});
  return std::min({floor, raw_disabled_ ? kNowhere : raw_look_back(raw_pos_), keep_});
}

void TcpStream::trim() {
  const std::uint64_t keep = floor();
  if (keep == kNowhere) {
    const std::uint64_t end = head_.end();
    release();
    head_.offset = end;
    return;
  }
  while (keep >= head_.end()) {
    head_.release(*budget_);
    if (behind_.empty() || keep < behind_.front().offset) {
      head_.offset = std::max(head_.offset, keep);
      return;
    }
    head_ = behind_.front();
    behind_.erase(behind_.begin());
  }
  if (keep > head_.offset) head_.drop_front(keep - head_.offset, *budget_);
}

Bytes TcpStream::kept(std::uint64_t offset, std::uint64_t length) const {
  const Region* const region = region_at(offset);
  if (region == nullptr) return {};
  const std::uint64_t n = std::min(length, region->end() - offset);
  return {region->data() + (offset - region->offset), static_cast<std::size_t>(n)};
}

std::uint64_t TcpStream::next_kept(std::uint64_t offset) const {
  return region_at(offset) != nullptr ? offset : hole_end(offset);
}

void TcpStream::copy_kept(std::vector<std::uint8_t>& out, std::size_t limit, std::uint64_t begin,
                          std::uint64_t end) const {
  out.clear();
  const auto add = [&out, limit](const std::uint8_t* bytes, std::size_t n) {
    out.insert(out.end(), bytes, bytes + std::min(n, limit - out.size()));
  };
  std::uint64_t at = std::max(begin, head_.offset);
  while (out.size() < limit && at < end) {
    if (const Region* const region = region_at(at)) {
      const std::uint64_t stop = std::min(region->end(), end);
      add(region->data() + (at - region->offset), static_cast<std::size_t>(stop - at));
      at = stop;
      continue;
    }
    const std::uint64_t next = std::min(hole_end(at), end);
    if (next == UINT64_MAX) return;
    std::string note{"["};
    note.append(std::to_string(next - at)).append(" bytes missing]");
    add(reinterpret_cast<const std::uint8_t*>(note.data()), note.size());
    at = next;
  }
}

bool TcpStream::take_app_update() {
  if (app_disabled_) return false;
  const Region* const region = region_at(app_pos_);
  std::uint64_t end = region == nullptr ? app_pos_ : std::min(region->end(), end_of_shown());
  if (region == nullptr || end == region->end()) end = lost_until(end);
  const bool over = over_at(end, fin_ends_app_);
  const bool news = (end > app_told_ && end > app_pos_) || (over && !app_end_told_);
  app_told_ = std::max(app_told_, end);
  app_end_told_ = over;
  return news;
}

}  // namespace weir::engine
