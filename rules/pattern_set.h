// A set of literals that is searched for in one pass (Hyperscan), and which rules each of them is a sign of.
//
// Immutable after build; shared by all workers, each of which scans with a scratch of its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "decoders/types.h"
#include "rules/pattern_databases.h"

struct hs_scratch;

namespace weir::rules {

using RuleId = std::uint32_t;  // index into the program's rules: the order in which they are evaluated

// Rules that a scan found to be possible, each once. Reused from run to run.
class CandidateSet {
 public:
  explicit CandidateSet(std::size_t rules) : stamp_(rules, 0) {}
  void clear() {
    list_.clear();
    if (++epoch_ == 0) {  // wrapped: stamps of old epochs must not look current
      std::fill(stamp_.begin(), stamp_.end(), 0);
      epoch_ = 1;
    }
  }
  void add(RuleId id) {
    if (stamp_[id] == epoch_) return;
    stamp_[id] = epoch_;
    list_.push_back(id);
  }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  // In order of evaluation.
  const std::vector<RuleId>& sorted();

 private:
  std::vector<RuleId> list_;
  std::vector<std::uint32_t> stamp_;
  std::uint32_t epoch_ = 1;
};

// Where in the stream or buffer a rule's pattern may end: first <= end <= last.
struct PatternBounds {
  std::uint32_t first = 0, last = UINT32_MAX;
};

class PatternSet {
 public:
  PatternSet() = default;
  PatternSet(PatternSet&&) noexcept = default;
  PatternSet& operator=(PatternSet&&) noexcept = default;

  [[nodiscard]] bool empty() const { return database_ == nullptr; }
  // Adds the rules whose pattern stands in `data`. `offset` is the position of data[0] in its stream. A failing scan
  // (which the library's contract rules out for a valid database and scratch) finds every rule of the set possible.
  void scan(Bytes data, std::uint64_t offset, hs_scratch* scratch, CandidateSet& out) const;
  [[nodiscard]] const hs_database* database() const { return database_ != nullptr ? database_->handle.get() : nullptr; }

 private:
  friend class PatternSetBuilder;
  friend struct ScanContext;
  struct Use {
    RuleId rule;
    PatternBounds bounds;
  };
  std::shared_ptr<const PatternDatabase> database_;  // shared by sets with the same literals
  std::vector<std::uint32_t> first_use_;         // per literal, and one behind the last
  std::vector<Use> uses_;
};

// Collects literals and the rules they are a sign of.
class PatternSetBuilder {
 public:
  // `pattern` is not empty, lower case when nocase.
  void add(Bytes pattern, bool nocase, RuleId rule, PatternBounds bounds);
  [[nodiscard]] bool empty() const { return literals_.empty(); }

  // The set; it can be used once `databases` are compiled.
  [[nodiscard]] PatternSet build(PatternDatabases& databases) const;

 private:
  struct Text {
    std::string bytes;
    bool nocase;
    auto operator<=>(const Text&) const = default;
  };
  std::map<Text, std::vector<PatternSet::Use>> literals_;
};

}  // namespace weir::rules
