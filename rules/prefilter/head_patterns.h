// Literals that can only begin at one or a few places near the start of what is searched: `startswith`, `depth`,
// `offset`, a small `dsize`. They are found by looking at these places instead of scanning, whatever their number: each
// place costs one look-up by the two bytes that stand there.
//
// Most rules on packets have such a literal. Immutable after build(); shared by all workers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decoders/types.h"
#include "rules/values/candidate_set.h"

namespace weir::rules {

class HeadPatterns {
 public:
  static constexpr std::size_t kPlaces = 64;   // where a literal may begin, counted from the start of the stream
  static constexpr std::size_t kShortest = 2;  // bytes of a literal
  static constexpr std::size_t kMostPlaces = 4;  // of one literal: all places of all literals are looked at

  // The places at which a literal of this length can begin, bit by bit; 0 when it is not one for this class.
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
  [[nodiscard]] std::size_t slot_of(std::uint16_t pair) const;
  [[nodiscard]] static bool stands_at(const Entry& entry, std::uint64_t head, Bytes data, std::size_t at);

  std::vector<Entry> entries_;               // by slot
  std::vector<std::uint64_t> slot_places_;   // the union of its entries'
  std::vector<std::uint32_t> slot_begin_;    // and one behind the last
  std::uint64_t places_ = 0;                 // of all
  unsigned shift_ = 0;                       // of the hash: 32 less the bits of a slot's number
};

}  // namespace weir::rules
