// The bytes of one datagram as its fragments arrive: which interval came from which fragment, and who wins
// where two overlap. Knows nothing of IP headers.
//
// Hosts differ in whom they believe (Novak, "Target-Based Fragmentation Reassembly", 2005), so the rule is a
// parameter. Memory: the bytes that won at least once (copied), at most kMaxKeptBytes, and 28 bytes an
// interval, at most kMaxIntervals. Adding in order is constant time, anywhere else linear in the intervals (a few
// microseconds with all of them there).
#pragma once

#include <cstdint>
#include <vector>

#include "decoders/types.h"

namespace weir::engine {

// "old" is the fragment that came first. Offsets are those of whole fragments, not of what is left of them.
enum class FragmentPolicy : std::uint8_t {
  bsd,        // old if it begins at or before the new one
  bsd_right,  // old if it begins behind the new one
  linux_,     // since 4.20: old, if it has all of the new one; else neither, and the datagram is given up
  old_linux,  // old if it begins before the new one
  first,      // old
  last,       // new
  windows,    // old, unless the new one begins before and ends behind it
  solaris,    // old, unless the new one begins before it and ends with or behind it
};

class FragmentIntervals {
 public:
  // As many as there are offsets in IP, which count in units of eight bytes: no receiver has more.
  static constexpr std::size_t kMaxIntervals = 65536 / 8;
  static constexpr std::size_t kMaxKeptBytes = std::size_t{4} * 65536;  // overwritten bytes included

  enum class Added : std::uint8_t {
    clean,    // nothing was there before
    overlap,  // some of it was there; the policy decided
    full,     // over a limit; nothing was changed
    refuted,  // the receiver gives the whole datagram up, and begins anew with the next fragment
  };
  // Copies what wins of `data`. `begin` + data.size() must be below 2^32. An empty fragment changes nothing.
  Added add(std::uint32_t begin, Bytes data, bool last, FragmentPolicy policy);

  // The last fragment was seen and there is no hole from 0 to the highest byte.
  [[nodiscard]] bool complete() const { return seen_last_ && covered_ == size(); }
  // One past the highest byte.
  [[nodiscard]] std::uint32_t size() const { return intervals_.empty() ? 0 : intervals_.back().end; }
  // Writes size() bytes; holes are left as they are.
  void copy_to(std::uint8_t* out) const;
  [[nodiscard]] std::size_t count() const { return intervals_.size(); }
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct Fragment {
    std::uint32_t begin, end;
  };
  struct Interval {
    std::uint32_t begin, end;  // of the datagram
    Fragment of;               // the whole fragment that it came from
    std::uint32_t at;          // of its first byte in kept_
    bool fresh;                // belongs to the fragment being added
  };
  [[nodiscard]] bool fits_end(const Fragment& fresh, bool last) const;
  static bool new_wins(FragmentPolicy policy, const Fragment& old, const Fragment& fresh);
  void append_fresh(std::uint32_t begin, std::uint32_t end, const Fragment& of, std::uint32_t kept_at);
  void append_part(const Interval& of, std::uint32_t begin, std::uint32_t end);
  void merge(std::size_t first, std::size_t last, const Fragment& fresh, FragmentPolicy policy,
             std::uint32_t kept_at);

  std::vector<Interval> intervals_;  // disjoint, in order
  std::vector<Interval> merged_;     // scratch: what takes the place of the intervals that overlap
  std::vector<std::uint8_t> kept_;
  std::uint32_t covered_ = 0;
  bool seen_last_ = false;
};

}  // namespace weir::engine
