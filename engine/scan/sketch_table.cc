#include "engine/scan/sketch_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/scan/scan_hash.h"

namespace weir::engine {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kMostTargets = 128;  // sources with more are as good as each other

}  // namespace

SketchTable::SketchTable(std::uint64_t seed, std::size_t sources)
    : seed_(seed), most_sources_(std::max<std::size_t>(sources, 2)), slots_(kFirstSlots) {}

const SourceSketch* SketchTable::note(const ScanContact& c) {
  constexpr std::uint8_t kNoProbe = contact_flag::established | contact_flag::stream;
  const bool answered = (c.flags & contact_flag::answered) != 0 && (c.flags & contact_flag::half_open) == 0;
  if (!answered && (c.flags & kNoProbe) != 0) return nullptr;
  SourceSketch& sketch = sketch_of(*c.source);
  sketch.note(scan_hash(*c.target, c.port, c.protocol, seed_),
              answered ? SourceSketch::answered : SourceSketch::tried);
  return answered ? nullptr : &sketch;
}

void SketchTable::clear() {
  std::vector<Slot>(kFirstSlots).swap(slots_);
  used_ = 0;
}

std::size_t SketchTable::place_of(const IpAddress& source) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t place = scan_hash(source, seed_) & mask;
  while (slots_[place].address.family != 0 && slots_[place].address != source) place = (place + 1) & mask;
  return place;
}

SourceSketch& SketchTable::sketch_of(const IpAddress& source) {
  std::size_t place = place_of(source);
  if (slots_[place].address.family == 0) {
    if (used_ == most_sources_) forget_small();
    if (used_ * 4 >= slots_.size() * 3) resize(slots_.size() * 2);
    place = place_of(source);
    slots_[place].address = source;
    ++used_;
  }
  return slots_[place].sketch;
}

void SketchTable::resize(std::size_t size) {
  std::vector<Slot> old(size);
  old.swap(slots_);
  for (Slot& slot : old)
    if (slot.address.family != 0) slots_[place_of(slot.address)] = std::move(slot);
}

void SketchTable::forget_small() {
  std::array<std::size_t, kMostTargets + 1> with{};  // sources by their targets without an answer
  const auto size_of = [](const Slot& slot) {
    return std::min<std::size_t>(slot.sketch.unanswered(), kMostTargets);
  };
  for (const Slot& slot : slots_)
    if (slot.address.family != 0) ++with[size_of(slot)];
  std::size_t gone = 0, below = 0;
  while (below <= kMostTargets && gone < used_ / 2) gone += with[below++];
  for (Slot& slot : slots_)
    if (slot.address.family != 0 && size_of(slot) < below) slot = Slot{};
  left_out_ += gone;
  used_ -= gone;
  resize(slots_.size());
}

void SketchTable::merge(SketchTable& other) {
  for (Slot& slot : other.slots_) {
    if (slot.address.family != 0) sketch_of(slot.address).merge(slot.sketch);
    slot = Slot{};
  }
  left_out_ += std::exchange(other.left_out_, 0);
  other.used_ = 0;
}

}  // namespace weir::engine
