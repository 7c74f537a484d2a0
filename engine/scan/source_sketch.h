// What one source tried, as a sample: of all its targets those whose hash ends in `level` zeros, at most kMost, each with whether it
// was tried and whether it answered. So the number of targets without an answer is known well where there are many of them, among
// however many that answered; up to kMost targets it is exact. (Adaptive sampling: Flajolet, 1990.)
// 16 bytes, and up to 1 KB on the heap from the second target on.
#pragma once

#include <cstdint>
#include <memory>

namespace weir::engine {

class SourceSketch {
 public:
  enum Seen : std::uint32_t { tried = 1, answered = 2 };

  // `target` is its hash.
  void note(std::uint64_t target, Seen seen) {
    put(static_cast<std::uint32_t>(target >> kShift) << 2U | static_cast<std::uint32_t>(seen));
  }
  void merge(const SourceSketch& other);

  // Targets that were tried and did not answer: about so many.
  [[nodiscard]] std::uint64_t unanswered() const { return sampled_unanswered() << level_; }
  // The same of the sample: one or two may wait for an answer, and stand for many more.
  [[nodiscard]] std::uint64_t sampled_unanswered() const;

 private:
  static constexpr unsigned kHashBits = 30, kShift = 64 - kHashBits;
  static constexpr unsigned kFirstCells = 3,
                            kMostCells = 8;  // as powers of two; a half of them is used at most
  static constexpr std::uint8_t kTopLevel = 20;

  // A target: its hash above two bits of Seen; 0: none.
  void put(std::uint32_t target);
  // Whether it was new.
  bool put_into_cells(std::uint32_t target);
  [[nodiscard]] bool is_sampled(std::uint32_t target) const {
    return ((target >> 2U) & ((std::uint32_t{1} << level_) - 1)) == 0;
  }
  void rebuild(std::uint8_t cell_bits);
  template <class Visit>
  void for_each(const Visit& visit) const;

  std::unique_ptr<std::uint32_t[]> cells_;  // open addressing; null: the only target is only_
  std::uint32_t only_ = 0;
  std::uint8_t level_ = 0, cell_bits_ = 0, used_ = 0;
};

}  // namespace weir::engine
