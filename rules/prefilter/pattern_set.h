// A set of literals that is searched for in one pass, and which rules each of them is a sign of. Literals that can only
// stand near the start are looked up there (HeadPatterns); the others are scanned for with Hyperscan.
//
// Rules on a packet's payload and rules on its stream often look at the same bytes: a segment that continues its stream. A set
// of the stream's rules therefore knows the packet's, too, so that one scan does for both.
//
// Immutable after build; shared by all workers, each of which scans with a scratch of its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "decoders/types.h"
#include "rules/prefilter/head_patterns.h"
#include "rules/prefilter/pattern_databases.h"
#include "rules/values/candidate_set.h"

struct hs_scratch;

namespace weir::rules {

class PatternSet {
 public:
  PatternSet() = default;
  PatternSet(PatternSet&&) noexcept = default;
  PatternSet& operator=(PatternSet&&) noexcept = default;

  [[nodiscard]] bool empty() const { return database_ == nullptr && head_.empty(); }
  // Adds the rules whose pattern stands in `data`. `scratch` may be null without a database. `offset` is the position of data[0] in its stream. A failing scan
  // (which the library's contract rules out for a valid database and scratch) finds every rule of the set possible.
  void scan(Bytes data, std::uint64_t offset, hs_scratch* scratch, CandidateSet& out) const;
  // The same for data of which data[packet_at] and what follows is a packet's payload: adds also the rules that are there for
  // packets (PatternSetBuilder::add_for_packet). May add a packet's rule of which the pattern begins before the packet.
  void scan_with_packet(Bytes data, std::uint64_t offset, std::size_t packet_at, hs_scratch* scratch,
                        CandidateSet& out) const;
  // Adds only the rules whose pattern stands near the start, which no scan is needed for.
  void scan_head(Bytes data, std::uint64_t offset, CandidateSet& out) const;
  [[nodiscard]] const hs_database* database() const { return database_ != nullptr ? database_->handle.get() : nullptr; }

 private:
  friend class PatternSetBuilder;
  friend struct ScanContext;
  struct Use {
    RuleId rule;
    PatternBounds bounds;
    bool for_packet;  // its bounds count from the start of the packet's payload
  };
  void scan_database(Bytes data, std::uint64_t offset, std::size_t packet_at, hs_scratch* scratch,
                     CandidateSet& out) const;

  HeadPatterns head_;
  PatternDatabasePtr database_;  // shared by sets with the same literals; null: all are in head_
  // No literal of the database counts that ends behind it: in the stream, in the packet.
  std::uint32_t reach_ = 0, packet_reach_ = 0;
  std::vector<std::uint32_t> first_use_;         // per literal, and one behind the last
  std::vector<Use> uses_;
};

// Collects literals and the rules they are a sign of.
class PatternSetBuilder {
 public:
  // `pattern` is not empty, lower case when nocase.
  void add(Bytes pattern, bool nocase, RuleId rule, PatternBounds bounds);
  // A rule on the payload of packets, which only scan_with_packet() looks for; not where its pattern can only stand near the start.
  void add_for_packet(Bytes pattern, bool nocase, RuleId rule, PatternBounds bounds);
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
