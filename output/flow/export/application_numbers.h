// Numbers of applications by their names, as the elements applicationId and applicationName have them (RFC 6759).
//
// A name has the same number in every run (its hash; a name that finds it taken gets the next one), so that what a collector
// remembers of an earlier run is right. Nothing is allocated for a name that is known.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::output {

class ApplicationNumbers {
 public:
  static constexpr std::size_t kMost = 512;                 // names; others have number 0
  static constexpr std::uint32_t kUserDefined = 6U << 24U;  // "classification engine": who has named it

  ApplicationNumbers();
  // 0: for an empty name, or when there is no room.
  std::uint32_t of(std::string_view name);

  struct Entry {
    std::uint32_t number = 0;
    std::string name;
  };
  // In the order of their first use.
  [[nodiscard]] const std::vector<Entry>& all() const { return entries_; }

 private:
  static constexpr std::uint32_t kSelectors = 1U << 24U;
  static constexpr std::size_t kPlaces = 2048;  // of the table: a power of two, with room to spare
  std::uint32_t add(std::string_view name, std::uint32_t hash, std::size_t place);
  [[nodiscard]] bool is_taken(std::uint32_t number) const;

  std::vector<Entry> entries_;
  std::array<std::uint16_t, kPlaces> places_{};  // index into entries_, plus one
};

}  // namespace weir::output
