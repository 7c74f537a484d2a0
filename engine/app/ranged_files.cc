#include "engine/app/ranged_files.h"

#include <type_traits>

#include <xxhash.h>

#include "engine/flow/flow_key.h"

namespace weir::engine {
namespace {

constexpr TimeUs kTimeoutUnit = 1'000'000;   // a second
constexpr std::uint64_t kEntryBytes = 2048;  // of a file besides what its writer keeps, about
static_assert(std::has_unique_object_representations_v<PartEnds>);  // so that its bytes can be hashed

}  // namespace

std::size_t RangedFiles::HashKey::operator()(const Key& key) const {
  return static_cast<std::size_t>(XXH3_64bits_withSeed(&key.ends, sizeof key.ends, process_hash_seed()) ^
                                  key.resource_low);
}

RangedFiles::Entry::Entry(const Key& k, const FilePart& part, const JoinLimits& limits,
                          const FileOpening& opening)
    : key(k), file_size(part.file_size), files(static_cast<std::size_t>(limits.memcap)) {
  writer.open(shown, files, {.name = part.name, .window = limits.window, .size = part.file_size}, opening);
}

RangedFiles::Joined RangedFiles::join(const PartEnds& ends, const FilePart& part, const JoinLimits& limits,
                                      const FileOpening& opening) {
  Joined out;
  if (limits.memcap == 0 || part.bytes.empty()) return out;
  const XXH128_hash_t resource =
      XXH3_128bits_withSeed(part.resource.data(), part.resource.size(), process_hash_seed());
  const std::lock_guard lock(lock_);
  while (!entries_.empty() &&
         entries_.front().last + TimeUs{limits.timeout_s} * kTimeoutUnit < opening.time) {
    let_go(entries_.begin());
    ++out.given_up;
  }
  const auto entry = find_or_add({ends, resource.low64, resource.high64}, part, limits, opening, out);
  entry->last = opening.time;
  entry->writer.piece(part.offset, part.bytes);
  charge(*entry);
  if (entry->file().has_gaps) {  // no more could wait
    let_go(entry);
    ++out.given_up;
  } else if (entry->writer.is_whole()) {
    entry->writer.close(FileState::closed);
    out.file = entry->shown.front().file;
    let_go(entry);
  }
  while (used_ > limits.memcap) {
    let_go(entries_.begin());
    ++out.given_up;
  }
  return out;
}

// A resource that has another size now is another file.
RangedFiles::Entries::iterator RangedFiles::find_or_add(const Key& key, const FilePart& part,
                                                        const JoinLimits& limits, const FileOpening& opening,
                                                        Joined& out) {
  auto known = by_key_.find(key);
  if (known != by_key_.end() && known->second->file_size == part.file_size) {
    entries_.splice(entries_.end(), entries_, known->second);
    return known->second;
  }
  if (known != by_key_.end() || entries_.size() >= kMaxFiles) {
    let_go(known != by_key_.end() ? known->second : entries_.begin());
    ++out.given_up;
  }
  entries_.emplace_back(key, part, limits, opening);
  by_key_.emplace(key, std::prev(entries_.end()));
  return std::prev(entries_.end());
}

void RangedFiles::let_go(Entries::iterator entry) {
  used_ -= entry->charged;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

void RangedFiles::charge(Entry& entry) {
  used_ -= entry.charged;
  entry.charged = kEntryBytes + entry.files.budget()->used() + entry.file().own_content->held();
  used_ += entry.charged;
}

std::size_t RangedFiles::size() const {
  const std::lock_guard lock(lock_);
  return entries_.size();
}

std::uint64_t RangedFiles::used() const {
  const std::lock_guard lock(lock_);
  return used_;
}

}  // namespace weir::engine
