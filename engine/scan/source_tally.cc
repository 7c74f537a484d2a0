#include "engine/scan/source_tally.h"

#include <algorithm>
#include <utility>

#include "engine/scan/scan_hash.h"

namespace weir::engine {
namespace {

constexpr std::size_t kFirstTargets = 16;

std::uint64_t hash_of(const TriedTarget& t, std::uint64_t seed) {
  return scan_hash({.bytes = t.host, .family = 0}, t.port, t.protocol, seed);
}

bool is_same(const TriedTarget& a, const TriedTarget& b) {
  return a.port == b.port && a.protocol == b.protocol && a.host == b.host;
}

void add_try(TriedTarget& target, const ScanContact& c, std::uint16_t exporter) {
  if (target.attempts == 0) {
    target.exporter = exporter;
    target.method = c.method;
    target.first = c.first;
    target.last = c.last;
  }
  if (target.exporter == exporter) ++target.attempts;
  target.first = std::min(target.first, c.first);
  target.last = std::max(target.last, c.last);
}

}  // namespace

void SourceTally::note(const ScanContact& c, std::uint16_t exporter, std::uint64_t seed, TargetBudget& budget,
                       std::size_t most) {
  const bool tried = (c.flags & contact_flag::tried) != 0;
  if (TriedTarget* const target = find_or_add(c, seed, budget, most)) {
    if (tried) add_try(*target, c, exporter);
    target->flags |= c.flags;
    return;
  }
  if (estimate_ == nullptr) begin_estimate(seed);
  constexpr std::uint8_t kSpoken = contact_flag::answered | contact_flag::established | contact_flag::stream;
  if (tried && (c.flags & kSpoken) == 0)
    add_to_estimate({.host = c.target->bytes, .port = c.port, .protocol = c.protocol}, seed);
}

TriedTarget* SourceTally::find_or_add(const ScanContact& c, std::uint64_t seed, TargetBudget& budget,
                                      std::size_t most) {
  const TriedTarget wanted{.host = c.target->bytes, .port = c.port, .protocol = c.protocol};
  const std::uint64_t hash = hash_of(wanted, seed);
  for (;;) {
    if (!slots_.empty()) {
      const std::size_t mask = slots_.size() - 1;
      std::size_t place = hash & mask;
      while (slots_[place].flags != 0 && !is_same(slots_[place], wanted)) place = (place + 1) & mask;
      if (slots_[place].flags != 0) return &slots_[place];
      if ((used_ + 1) * 4 <= slots_.size() * 3) {
        ++used_;
        slots_[place] = wanted;
        return &slots_[place];
      }
    }
    if (!grow(seed, budget, most)) return nullptr;
  }
}

bool SourceTally::grow(std::uint64_t seed, TargetBudget& budget, std::size_t most) {
  const std::size_t size = std::max(kFirstTargets, slots_.size() * 2);
  if (size > most || !budget.take(size)) return false;
  std::vector<TriedTarget> old(size);
  old.swap(slots_);
  for (const TriedTarget& target : old) {
    if (target.flags == 0) continue;
    std::size_t place = hash_of(target, seed) & (size - 1);
    while (slots_[place].flags != 0) place = (place + 1) & (size - 1);
    slots_[place] = target;
  }
  budget.give_back(old.size());
  return true;
}

void SourceTally::begin_estimate(std::uint64_t seed) {
  estimate_ = std::make_unique<Estimate>();
  for (const TriedTarget& target : slots_)
    if ((target.flags & (contact_flag::tried | contact_flag::established)) == contact_flag::tried)
      add_to_estimate(target, seed);
}

void SourceTally::add_to_estimate(const TriedTarget& target, std::uint64_t seed) {
  estimate_->hosts.add(scan_hash({.bytes = target.host, .family = 0}, seed));
  estimate_->ports.add(scan_hash((std::uint64_t{target.port} << 8U) | target.protocol, seed));
}

void SourceTally::clear(TargetBudget& budget) {
  budget.give_back(slots_.size());
  *this = SourceTally{};
}

std::vector<const TriedTarget*> SourceTally::targets() const {
  std::vector<const TriedTarget*> out;
  out.reserve(used_);
  for (const TriedTarget& target : slots_)
    if (target.flags != 0) out.push_back(&target);
  return out;
}

}  // namespace weir::engine
