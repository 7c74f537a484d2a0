#include "rules/pattern_set.h"

#include <algorithm>
#include <stdexcept>

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
  const hs_error_t error = hs_scan(database_.get(), reinterpret_cast<const char*>(data.data()), length, 0, scratch,
                                   on_match, &context);
  if (error == HS_SUCCESS) return;
  for (const Use& use : uses_) out.add(use.rule);
}

void PatternSetBuilder::add(Bytes pattern, bool nocase, RuleId rule, PatternBounds bounds) {
  Literal literal{std::string(pattern.begin(), pattern.end()), nocase};
  literals_[std::move(literal)].push_back({rule, bounds});
}

PatternSet PatternSetBuilder::build(Databases& known) const {
  PatternSet out;
  if (literals_.empty()) return out;
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  std::vector<unsigned> flags, ids;
  std::string key;
  for (const auto& [literal, uses] : literals_) {
    const bool anywhere = std::all_of(uses.begin(), uses.end(), [&](const PatternSet::Use& u) {
      return u.bounds.last == UINT32_MAX && u.bounds.first <= literal.bytes.size();
    });
    unsigned f = literal.nocase ? HS_FLAG_CASELESS : 0U;
    if (anywhere) f |= HS_FLAG_SINGLEMATCH;  // where it stands does not matter: once is enough
    texts.push_back(literal.bytes.data());
    lengths.push_back(literal.bytes.size());
    flags.push_back(f);
    ids.push_back(static_cast<unsigned>(ids.size()));
    out.first_use_.push_back(static_cast<std::uint32_t>(out.uses_.size()));
    out.uses_.insert(out.uses_.end(), uses.begin(), uses.end());
    key.append(std::to_string(literal.bytes.size())).push_back(static_cast<char>('a' + f));
    key.append(literal.bytes);
  }
  out.first_use_.push_back(static_cast<std::uint32_t>(out.uses_.size()));
  auto& shared = known[key];
  if (shared == nullptr) {
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    const hs_error_t code =
        hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), lengths.data(), static_cast<unsigned>(texts.size()),
                             HS_MODE_BLOCK, nullptr, &database, &error);
    if (code != HS_SUCCESS) {
      std::string why = error != nullptr ? error->message : "hs_compile_lit_multi failed";
      hs_free_compile_error(error);
      throw std::runtime_error("compiling patterns: " + why);
    }
    shared = std::shared_ptr<const hs_database>(database, [](const hs_database* d) {
      hs_free_database(const_cast<hs_database*>(d));
    });
  }
  out.database_ = shared;
  return out;
}

}  // namespace weir::rules
