// Literals that can only begin at one or a few places near the start of what is searched: `startswith`, `depth`,
// `offset`, a small `dsize`. They are found by looking at these places instead of scanning, whatever their number: each
// place costs one look-up by the two bytes that stand there.
//
// Most rules on packets have such a literal. Immutable after build(); shared by all workers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "decoders/types.h"
#include "rules/values/candidate_set.h"

namespace weir::rules {

class HeadPatterns {
 public:
  static constexpr std::size_t kPlaces = 64;   // where a literal may begin, counted from the start of the stream
  static constexpr std::size_t kShortest = 2;  // bytes; a shorter literal is not taken
  static constexpr std::size_t kMostPlaces = 4;  // a literal that can begin at more places is not taken

  // The places at which a literal of this length can begin: bit i for place i. 0 when it is too short, or can begin too
  // far behind the start or at too many places.
  static std::uint64_t places_of(std::size_t length, PatternBounds bounds);

  // `literal` is lower case when nocase; `places` is not 0. Before build().
  void add(std::string literal, bool nocase, std::uint64_t places, RuleId rule);
  void build();

  [[nodiscard]] bool empty() const { return places_ == 0; }
  // Adds the rules whose literal stands in `data` at one of its places. `offset` is the position of data[0] in its
  // stream.
  void scan(Bytes data, std::uint64_t offset, CandidateSet& out) const;

 private:
  // The first eight bytes are compared as one number: with `fold` set, so that letters without case are lower case,
  // and masked where the literal is shorter.
  struct Entry {
    std::uint64_t value = 0, fold = 0, mask = 0;
    std::uint64_t places = 0;
    RuleId rule = 0;
    bool nocase = false;
    std::string literal;
  };
  static std::uint32_t hash_of(std::uint16_t pair);
  [[nodiscard]] std::size_t slot_of(std::uint32_t hash) const { return hash >> shift_; }
  [[nodiscard]] bool may_hold(std::uint32_t hash) const {
    const std::uint32_t bit = hash >> (32 - kPairBits);
    return ((pairs_[bit / 64] >> (bit % 64)) & 1U) != 0;
  }
  [[nodiscard]] static bool stands_at(const Entry& entry, std::uint64_t head, Bytes data, std::size_t at);

  // One bit for each of the first two bytes of any literal: most places are passed over by these 512 bytes, which stay in
  // the cache, where the table below does not.
  static constexpr unsigned kPairBits = 12;
  std::array<std::uint64_t, (std::size_t{1} << kPairBits) / 64> pairs_{};
  // A hash table: a literal's slot is told by its first two bytes. slot_begin_[s] is the index of the slot's first entry,
  // slot_begin_[s + 1] that behind its last one; slot_places_[s] the places at which any of them can begin.
  std::vector<Entry> entries_;
  std::vector<std::uint64_t> slot_places_;
  std::vector<std::uint32_t> slot_begin_;
  std::uint64_t places_ = 0;  // at which any literal can begin
  unsigned shift_ = 0;        // leaves the top bits of a 32-bit hash, as many as number the slots
};

}  // namespace weir::rules
