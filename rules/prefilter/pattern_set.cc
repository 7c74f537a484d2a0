#include "rules/prefilter/pattern_set.h"

#include <algorithm>

#include <hs.h>

namespace weir::rules {

namespace {

constexpr std::size_t kNoPacket = SIZE_MAX;

}  // namespace

struct ScanContext {
  const PatternSet& set;
  CandidateSet& out;
  std::uint64_t offset;
  std::size_t packet_at;  // kNoPacket: only the stream's rules count

  // Of a literal that may stand anywhere the scan may tell once alone, so one before the packet counts, too.
  [[nodiscard]] std::uint64_t in_packet(std::uint64_t end) const {
    return end > packet_at ? end - packet_at : UINT32_MAX;
  }

  void hit(unsigned literal, std::uint64_t end) const noexcept {
    if (std::size_t{literal} + 1 >= set.first_use_.size()) return;  // padding
    for (std::uint32_t i = set.first_use_[literal]; i < set.first_use_[literal + 1]; ++i) {
      const PatternSet::Use& use = set.uses_[i];
      if (use.for_packet && packet_at == kNoPacket) continue;
      const std::uint64_t position = use.for_packet ? in_packet(end) : offset + end;
      if (position >= use.bounds.first && position <= use.bounds.last) out.add(use.rule);
    }
  }
};

namespace {

int on_match(unsigned literal, unsigned long long, unsigned long long end, unsigned, void* context) noexcept {
  static_cast<const ScanContext*>(context)->hit(literal, end);
  return 0;
}

}  // namespace

void PatternSet::scan(Bytes data, std::uint64_t offset, hs_scratch* scratch, CandidateSet& out) const {
  scan_head(data, offset, out);
  if (offset < reach_) scan_database(data, offset, kNoPacket, scratch, out);
}

void PatternSet::scan_with_packet(Bytes data, std::uint64_t offset, std::size_t packet_at,
                                  hs_scratch* scratch, CandidateSet& out) const {
  scan_head(data, offset, out);
  if (offset < reach_ || packet_reach_ > 0) scan_database(data, offset, packet_at, scratch, out);
}

void PatternSet::scan_head(Bytes data, std::uint64_t offset, CandidateSet& out) const {
  if (!head_.empty()) head_.scan(data, offset, out);
}

void PatternSet::scan_database(Bytes data, std::uint64_t offset, std::size_t packet_at, hs_scratch* scratch,
                               CandidateSet& out) const {
  if (database_ == nullptr || data.empty()) return;
  std::uint64_t reach = reach_ == UINT32_MAX ? reach_ : reach_ - std::min<std::uint64_t>(reach_, offset);
  if (packet_at != kNoPacket)
    reach = std::max<std::uint64_t>(reach, std::uint64_t{packet_at} + packet_reach_);
  ScanContext context{*this, out, offset, packet_at};
  const auto length = static_cast<unsigned>(std::min<std::uint64_t>(data.size(), reach));
  const hs_error_t error = hs_scan(database_->handle.get(), reinterpret_cast<const char*>(data.data()),
                                   length, 0, scratch, on_match, &context);
  if (error == HS_SUCCESS) return;
  for (const Use& use : uses_)
    if (!use.for_packet || packet_at != kNoPacket) out.add(use.rule);
}

void PatternSetBuilder::add(Bytes pattern, bool nocase, RuleId rule, PatternBounds bounds) {
  literals_[{std::string(pattern.begin(), pattern.end()), nocase}].push_back({rule, bounds, false});
}

void PatternSetBuilder::add_for_packet(Bytes pattern, bool nocase, RuleId rule, PatternBounds bounds) {
  if (HeadPatterns::places_of(pattern.size(), bounds) != 0) return;
  literals_[{std::string(pattern.begin(), pattern.end()), nocase}].push_back({rule, bounds, true});
}

PatternSet PatternSetBuilder::build(PatternDatabases& databases) const {
  PatternSet out;
  std::vector<Literal> literals;
  for (const auto& [text, uses] : literals_) {
    const std::size_t first_use = out.uses_.size();
    bool anywhere = true;
    for (const PatternSet::Use& use : uses) {
      const std::uint64_t places = HeadPatterns::places_of(text.bytes.size(), use.bounds);
      if (places != 0) {
        out.head_.add(text.bytes, text.nocase, places, use.rule);
        continue;
      }
      anywhere = anywhere && use.bounds.anywhere(text.bytes.size());
      std::uint32_t& reach = use.for_packet ? out.packet_reach_ : out.reach_;
      reach = std::max(reach, use.bounds.last);
      out.uses_.push_back(use);
    }
    if (out.uses_.size() == first_use) continue;
    literals.push_back({text.bytes, text.nocase, anywhere});
    out.first_use_.push_back(static_cast<std::uint32_t>(first_use));
  }
  out.head_.build();
  out.first_use_.push_back(static_cast<std::uint32_t>(out.uses_.size()));
  if (!literals.empty()) out.database_ = databases.get(std::move(literals));
  return out;
}

}  // namespace weir::rules
