#include "rules/prefilter/pattern_set.h"

#include <algorithm>

#include <hs.h>

namespace weir::rules {

struct ScanContext {
  const PatternSet& set;
  CandidateSet& out;
  std::uint64_t offset;

  void hit(unsigned literal, std::uint64_t end) const noexcept {
    if (std::size_t{literal} + 1 >= set.first_use_.size()) return;  // padding
    const std::uint64_t position = offset + end;
    for (std::uint32_t i = set.first_use_[literal]; i < set.first_use_[literal + 1]; ++i) {
      const PatternSet::Use& use = set.uses_[i];
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
  if (!head_.empty()) head_.scan(data, offset, out);
  if (database_ != nullptr && !data.empty() && offset < reach_) scan_database(data, offset, scratch, out);
}

void PatternSet::scan_database(Bytes data, std::uint64_t offset, hs_scratch* scratch, CandidateSet& out) const {
  ScanContext context{*this, out, offset};
  const std::uint64_t reach = reach_ == UINT32_MAX ? reach_ : reach_ - offset;
  const auto length = static_cast<unsigned>(std::min<std::uint64_t>(data.size(), reach));
  const hs_error_t error = hs_scan(database_->handle.get(), reinterpret_cast<const char*>(data.data()), length, 0, scratch,
                                   on_match, &context);
  if (error == HS_SUCCESS) return;
  for (const Use& use : uses_) out.add(use.rule);
}

void PatternSetBuilder::add(Bytes pattern, bool nocase, RuleId rule, PatternBounds bounds) {
  literals_[{std::string(pattern.begin(), pattern.end()), nocase}].push_back({rule, bounds});
}

PatternSet PatternSetBuilder::build(PatternDatabases& databases) const {
  PatternSet out;
  std::vector<Literal> literals;
  for (const auto& [text, uses] : literals_) {
    const std::size_t first_use = out.uses_.size();
    bool anywhere = true;
    for (const PatternSet::Use& use : uses) {
      if (const std::uint64_t places = HeadPatterns::places_of(text.bytes.size(), use.bounds)) {
        out.head_.add(text.bytes, text.nocase, places, use.rule);
        continue;
      }
      anywhere = anywhere && use.bounds.last == UINT32_MAX && use.bounds.first <= text.bytes.size();
      out.reach_ = std::max(out.reach_, use.bounds.last);
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
