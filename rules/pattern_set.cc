#include "rules/pattern_set.h"

#include <algorithm>

#include <hs.h>

namespace weir::rules {

const std::vector<RuleId>& CandidateSet::sorted() {
  if (list_.size() > 1) std::sort(list_.begin(), list_.end());
  return list_;
}

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
  if (empty() || data.empty()) return;
  ScanContext context{*this, out, offset};
  const auto length = static_cast<unsigned>(std::min<std::size_t>(data.size(), UINT32_MAX));
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
  if (literals_.empty()) return out;
  std::vector<Literal> literals;
  literals.reserve(literals_.size());
  for (const auto& [text, uses] : literals_) {
    const bool anywhere = std::all_of(uses.begin(), uses.end(), [&](const PatternSet::Use& u) {
      return u.bounds.last == UINT32_MAX && u.bounds.first <= text.bytes.size();
    });
    literals.push_back({text.bytes, text.nocase, anywhere});
    out.first_use_.push_back(static_cast<std::uint32_t>(out.uses_.size()));
    out.uses_.insert(out.uses_.end(), uses.begin(), uses.end());
  }
  out.first_use_.push_back(static_cast<std::uint32_t>(out.uses_.size()));
  out.database_ = databases.get(std::move(literals));
  return out;
}

}  // namespace weir::rules
